// clip-tfjs parity: where this program and a recorded run part, and by how much.
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { Recording } from '../parity/recording.ts';
import { BACKENDS, checkFigurePath, type SettingsOptions, withSettings, withThreads } from './options.ts';
import { registerParityCompare } from './parity-compare.ts';
import {
  type NamedReport,
  printReports,
  type ReportOptions,
  withRecording,
  withReport,
} from './parity-options.ts';
import { registerParityRecord } from './parity-record.ts';
import { loadSubject, type NamedSubject } from './parity-subject.ts';
import { progressBar, UsageError } from './terminal.ts';

interface Options extends ReportOptions, SettingsOptions {
  model?: string;
  reference?: string;
  backend: string[];
  threads?: number;
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
  withReport(withSettings(withThreads(command)))
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
      const subject = await loadSubject({ ...options, backend }, { recording: reference, path });
      model = subject.name;
      reports.push({ backend: subject.backend, report: await reportOn(subject, reference, options) });
      subject.release();
    }
    await printReports(reports, options, { model, reference: path });
  });
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
  const bar = progressBar('computing and comparing');
  try {
    return await parityOf(subject, reference, { parts, bars, decodePicture, onProgress: bar.update });
  } finally {
    bar.stop();
  }
}
