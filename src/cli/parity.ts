// clip-tfjs parity: where this program and a recorded run part, and by how much.
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Recording } from '../parity/recording.ts';
import type { Subject } from '../parity/run.ts';
import { BACKENDS, checkFigurePath, loadModel } from './options.ts';
import { registerParityCompare } from './parity-compare.ts';
import {
  type NamedReport,
  printReports,
  type ReportOptions,
  withRecording,
  withReport,
} from './parity-options.ts';
import { registerParityRecord } from './parity-record.ts';
import { note, progressBar, UsageError } from './terminal.ts';

interface Options extends ReportOptions {
  model?: string;
  reference?: string;
  backend: string[];
}

export function registerParity(program: Command): void {
  const command = program
    .command('parity')
    .summary('where this program and another part, layer by layer')
    .description(
      'Runs a model on the inputs of a recorded run, and holds every value to the recording: layers, gradients, ' +
        'a short training, tokens, pixels. Exit status 1 when one is over its bar.',
    )
    .option('--model <name|path>', "a model (default: the recording's own weights, else mini)")
    .option('--reference <file>', 'a recording (default: what PyTorch computes with mini)')
    .addOption(
      new Option('--backend <list>', `what computes: some of ${BACKENDS.join(',')}`)
        .argParser(readBackends)
        .default(['auto'], 'auto'),
    );
  withReport(command)
    .addHelpText(
      'after',
      `
Examples:
  clip-tfjs parity --backend wasm,cpu --figure error.png
  clip-tfjs parity --model ViT-B-32.pt --reference pytorch.safetensors
  clip-tfjs parity record --model ViT-B-32.pt --out ours.safetensors
  clip-tfjs parity compare theirs.safetensors ours.safetensors`,
    )
    .action(run);
  registerParityRecord(command);
  registerParityCompare(command);
}

function readBackends(text: string): string[] {
  const backends = text.split(',');
  const unknown = backends.find((backend) => !BACKENDS.includes(backend));
  if (unknown === undefined) return backends;
  throw new InvalidArgumentError(`expected some of ${BACKENDS.join(',')}, got ${unknown || 'nothing'}.`);
}

async function run(options: Options): Promise<void> {
  checkFigurePath(options.figure);
  const { MINI, MINI_REFERENCE } = await import('../tasks/load.node.ts');
  if (options.reference === undefined && options.model !== undefined && options.model !== MINI) {
    throw new UsageError(`parity of ${options.model}: expected --reference FILE, a recording of its run`);
  }
  const path = options.reference ?? MINI_REFERENCE;
  await withRecording(path, async (reference) => {
    const reports: NamedReport[] = [];
    let model = '';
    for (const backend of options.backend) {
      const subject = await loadSubject(options.model, reference, path, backend);
      model = subject.name;
      reports.push({ backend: subject.backend, report: await reportOn(subject, reference, options) });
      subject.release();
    }
    await printReports(reports, options, { model, reference: path });
  });
}

interface NamedSubject extends Subject {
  name: string;
  backend: string;
  /** Whether its weights are the recording's, and so nothing to compare. */
  isOwn: boolean;
  release(): void;
}

/** The model that was named; else that of the recording's own weights; else the embedded one. */
async function loadSubject(
  name: string | undefined,
  reference: Recording,
  path: string,
  backend: string,
): Promise<NamedSubject> {
  const { hasOwnModel, ownModel } = await import('../parity/own-model.ts');
  const { MINI, mergesBeside } = await import('../tasks/load.node.ts');
  if (name !== undefined || !hasOwnModel(reference)) {
    const { model, tokenizer, release, ...loaded } = await loadModel({ model: name ?? MINI, backend });
    return { model, tokenizer, release, name: loaded.name, backend: loaded.backend, isOwn: false };
  }
  const { startEngine } = await import('../backend/engines.node.ts');
  const { releaseModel } = await import('../checkpoint/state-dict.ts');
  const engine = await startEngine(backend);
  note(`engine: ${engine}`);
  const bar = progressBar('loading the recorded weights');
  try {
    const { model, tokenizer } = await ownModel(reference, path, await mergesBeside(path), bar.update);
    const release = (): void => releaseModel(model);
    return { model, tokenizer, release, name: "the recording's own model", backend: engine, isOwn: true };
  } finally {
    bar.stop();
  }
}

async function reportOn(
  subject: NamedSubject,
  reference: Recording,
  { bar: bars, parts: asked }: Options,
): Promise<NamedReport['report']> {
  const { parityOf } = await import('../parity/parity.ts');
  const { partsOf } = await import('../parity/record.ts');
  const { decodePicture } = await import('../data/pictures/decode.node.ts');
  const parts = new Set(asked ?? partsOf(reference));
  if (subject.isOwn) parts.delete('param');
  const bar = progressBar('computing');
  try {
    return await parityOf(subject, reference, { parts, bars, decodePicture, onProgress: bar.update });
  } finally {
    bar.stop();
  }
}
