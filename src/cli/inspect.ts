// clip-tfjs inspect: what is in a checkpoint, and what its layers compute for a picture or a text.
import type { Command } from 'commander';
import type { CheckpointSummary, Share } from '../tasks/describe.ts';
import { offerDownload } from './download.ts';
import {
  type EngineOptions,
  loadModel,
  type SettingsOptions,
  settingsOf,
  withEngine,
  withSettings,
} from './options.ts';
import { note, printJson, printLine } from './terminal.ts';

interface Options extends SettingsOptions, EngineOptions {
  image?: string;
  text?: string;
  json?: boolean;
}

export function registerInspect(program: Command): void {
  const command = program
    .command('inspect')
    .summary('what is in a checkpoint')
    .description(
      'The configuration, how many numbers and bytes each module has, and every tensor; with a picture or a text, every value on its way.',
    )
    .argument(
      '[model]',
      "a name that clip-tfjs models lists, or a checkpoint's path: a file or a folder",
      'mini',
    )
    .option('--image <file>', 'send this picture through the model')
    .option('--text <text>', 'send this text through the model');
  withEngine(withSettings(command))
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  clip-tfjs inspect ViT-B-32.pt --text "a photo of a cat"')
    .action(run);
}

async function run(model: string, options: Options): Promise<void> {
  await offerDownload(model);
  const { describeClip } = await import('../tasks/describe.ts');
  const { withModel } = await import('../tasks/load.node.ts');
  const summary = await withModel(model, settingsOf(options), async (clip, { checkpoint }) =>
    describeClip(clip, checkpoint.tensors),
  );
  if (summary.differences) note(`does not fit a model of this configuration: ${summary.differences}`);
  for (const line of summary.notes) note(line);
  const sends = options.image !== undefined || options.text !== undefined;
  const taps = sends ? await runTaps(model, options) : undefined;
  if (options.json) printJson({ ...summary, ...(taps && { taps }) });
  else printSummary(summary);
  if (options.json || !taps) return;
  printLine();
  for (const { name, shape, mean, std, min, max } of taps) {
    const numbers = [mean, std, min, max].map((value) => value.toPrecision(4)).join(' ');
    printLine(`${name} [${shape.join(', ')}] mean, std, min, max ${numbers}`);
  }
}

/** A module that is printed: one of the towers' blocks or stages, or what stands beside them; not what is inside. */
const PRINTED = /^(visual\.)?[^.]+(\.resblocks\.\d+|\.\d+)?$/;

function printSummary({
  config,
  known,
  scheme,
  format,
  dtypes,
  modules,
  parameters,
  differences,
}: CheckpointSummary): void {
  const names = { openai: "OpenAI's", hf: "Hugging Face's", open_clip: "open_clip's" }[scheme];
  const fits = differences ? 'not all fit' : known === null ? 'all fit' : `all fit ${known}`;
  printLine(`model: ${known ?? 'none that is published'}`);
  printLine(`names: ${names}, ${fits}`);
  printLine(`file: ${format}, ${dtypes.map((share) => `${share.dtype} ${sizeOf(share)}`).join('; ')}`);
  for (const [name, value] of Object.entries(config)) printLine(`${name}: ${value}`);
  printLine();
  const shown = modules.filter(({ name }) => PRINTED.test(name));
  const width = Math.max(...shown.map(({ name }) => name.length));
  for (const module of shown) printLine(`${module.name.padEnd(width)}  ${sizeOf(module)}`);
  printLine();
  for (const { name, shape, dtype } of parameters) printLine(`${name} [${shape.join(', ')}] ${dtype}`);
}

function sizeOf({ parameters, bytes }: Share): string {
  return `${parameters.toLocaleString('en')} numbers, ${bytes.toLocaleString('en')} bytes`;
}

async function runTaps(model: string, options: Options) {
  const { image, text } = options;
  const loaded = await loadModel({ model, ...options });
  const { inspectValues } = await import('../tasks/inspect.ts');
  const { readPicture } = await import('../data/pictures/decode.node.ts');
  return inspectValues(loaded, { picture: image === undefined ? undefined : await readPicture(image), text });
}
