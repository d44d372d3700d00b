// clip-tfjs inspect: what is in a checkpoint, and what its layers compute for a picture or a text.
import type { Command } from 'commander';
import { backendOption, loadModel } from './options.ts';
import { note, printJson, printLine } from './terminal.ts';

interface Options {
  image?: string;
  text?: string;
  backend: string;
  json?: boolean;
}

export function registerInspect(program: Command): void {
  program
    .command('inspect')
    .summary('what is in a checkpoint')
    .description('The configuration and every parameter; with a picture or a text, every value on its way.')
    .argument('[model]', "a name that clip-tfjs models lists, or a checkpoint's path", 'mini')
    .option('--image <file>', 'send this picture through the model')
    .option('--text <text>', 'send this text through the model')
    .addOption(backendOption())
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExample:\n  clip-tfjs inspect ViT-B-32.pt --text "a photo of a cat"')
    .action(run);
}

async function run(model: string, options: Options): Promise<void> {
  const { describeCheckpoint } = await import('../tasks/load.ts');
  const { withModelFile } = await import('../tasks/load.node.ts');
  const { config, parameters, differences } = await withModelFile(model, (file) => describeCheckpoint(file));
  if (differences) note(`does not fit a model of this configuration: ${differences}`);
  const taps =
    options.image !== undefined || options.text !== undefined ? await runTaps(model, options) : undefined;
  if (options.json) {
    printJson({ config, parameters, ...(taps && { taps }) });
    return;
  }
  for (const [name, value] of Object.entries(config)) printLine(`${name}: ${value}`);
  printLine();
  for (const { name, shape, dtype } of parameters) printLine(`${name} [${shape.join(', ')}] ${dtype}`);
  if (!taps) return;
  printLine();
  for (const { name, shape, mean, std, min, max } of taps) {
    const numbers = [mean, std, min, max].map((value) => value.toPrecision(4)).join(' ');
    printLine(`${name} [${shape.join(', ')}] mean, std, min, max ${numbers}`);
  }
}

async function runTaps(model: string, { image, text, backend }: Options) {
  const loaded = await loadModel({ model, backend });
  const { inspectValues } = await import('../tasks/inspect.ts');
  const { readPicture } = await import('../data/pictures/decode.node.ts');
  return inspectValues(loaded, { picture: image === undefined ? undefined : await readPicture(image), text });
}
