// clip-tfjs parity record: our run in a file, for another program to be held to.
import { basename } from 'node:path';
import type { Command } from 'commander';
import type { Run } from '../parity/compare-key.ts';
import type { Part } from '../parity/keys.ts';
import type { Recording } from '../parity/recording.ts';
import { wholeNumber } from './numbers.ts';
import { type EngineOptions, type SettingsOptions, withEngine, withSettings } from './options.ts';
import { withParts, withRecording } from './parity-options.ts';
import { loadSubject, type NamedSubject } from './parity-subject.ts';
import { note, printLine, progressBar, UsageError } from './terminal.ts';

interface Options extends SettingsOptions, EngineOptions {
  model?: string;
  out: string;
  reference?: string;
  image?: string[];
  text?: string[];
  pairs: number;
  seed: number;
  parts?: Part[];
}

/** The weights are left out: whoever compares has the checkpoint. */
const PARTS: readonly Part[] = ['tap', 'grad', 'train', 'tokens', 'pixels'];

export function registerParityRecord(parity: Command): void {
  const command = parity
    .command('record')
    .summary("this program's run in a file")
    .description('Runs a model and writes every value to a recording, for another program to be held to.')
    .requiredOption('--out <file>', 'the recording, a safetensors file')
    .option('--reference <file>', 'take inputs, parts and the training from this recording')
    .option('--image <files...>', 'pictures to run the model on, instead of noise')
    .option('--text <texts...>', 'texts to run the model on, instead of random ids')
    .option('--pairs <n>', 'how much noise: pictures and texts', wholeNumber(2), 2)
    .option('--seed <n>', 'of the noise', wholeNumber(0), 0);
  withParts(command).option(
    '--model <name|path>',
    "a model (default: the reference's own weights, else mini)",
  );
  withEngine(withSettings(command))
    .addHelpText(
      'after',
      `
Examples:
  clip-tfjs parity record --out ours.safetensors
  clip-tfjs parity record --model ViT-B-32.pt --image cat.png --text "a cat" --out ours.safetensors --parts tap`,
    )
    .action(run);
}

async function run(options: Options, command: Command): Promise<void> {
  const version = command.parent?.parent?.version() ?? '';
  const { reference, image, text } = options;
  if (reference !== undefined && (image ?? text) !== undefined) {
    throw new UsageError('--reference brings its own inputs: expected it without --image and --text');
  }
  if (reference === undefined) {
    const subject = await loadSubject(options);
    return record(subject, await chooseInputs(subject, options), PARTS, options, version);
  }
  const { partsOf } = await import('../parity/record.ts');
  await withRecording(reference, async (recording) => {
    const subject = await loadSubject(options, { recording, path: reference });
    await record(subject, recording, partsOf(recording), options, version);
  });
}

async function chooseInputs(
  subject: NamedSubject,
  { image, text, pairs, seed }: Options,
): Promise<Recording> {
  const { inputsFrom, seededInputs } = await import('../parity/inputs.ts');
  if (!image && !text) return seededInputs(subject.model.config, pairs, seed);
  const { decodePicture, readPictureFile } = await import('../data/pictures/decode.node.ts');
  const files: Uint8Array[] = [];
  for (const path of image ?? []) files.push(await readPictureFile(path));
  return inputsFrom(subject, files, text ?? [], decodePicture);
}

async function record(
  subject: NamedSubject,
  inputs: Recording,
  defaults: Iterable<Part>,
  { parts = [...defaults], out }: Options,
  version: string,
): Promise<void> {
  const { recordRun } = await import('../parity/record.ts');
  const { decodePicture } = await import('../data/pictures/decode.node.ts');
  const { writeSafetensors } = await import('../checkpoint/write-safetensors.node.ts');
  const bar = progressBar('computing');
  try {
    const recorded = await recordRun(subject, inputs, { parts, decodePicture, onProgress: bar.update });
    bar.stop();
    sayAbsent(recorded, parts);
    const metadata = new Map([...inputs.metadata, ...aboutRun(subject, out, version)]);
    await writeSafetensors(out, recorded.tensors.values(), metadata);
    printLine(`${out}: ${recorded.tensors.size} tensors`);
  } finally {
    bar.stop();
  }
}

/** What was asked for and could not be computed. */
function sayAbsent(recorded: Run, parts: readonly Part[]): void {
  for (const [part, key] of [
    ['tap', 'tap.logits_per_image'],
    ['grad', 'grad.logit_scale'],
    ['train', 'train.loss'],
  ] as const) {
    if (parts.includes(part) && !recorded.tensors.has(key)) note(`no ${key}: ${recorded.whyAbsent?.(key)}`);
  }
}

function aboutRun({ name, backend, model }: NamedSubject, out: string, version: string): [string, string][] {
  const { vision_heads, transformer_heads, activation } = model.config;
  return [
    ['case', basename(out).replace(/\.safetensors$/, '')],
    ['config', JSON.stringify({ vision_heads, transformer_heads, activation })],
    ['versions', JSON.stringify({ 'clip-tfjs': version, backend, model: name })],
  ];
}
