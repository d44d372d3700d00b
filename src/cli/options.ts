// Options that several commands share, and what is made of them.
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';
import type { LabelledPictures } from '../tasks/evaluate.ts';
import type { LoadedModel } from '../tasks/loaded-model.ts';
import type { ZeroShotHead } from '../tasks/zero-shot.ts';
import { note, progressBar, UsageError } from './terminal.ts';

export interface ModelOptions {
  model: string;
  backend: string;
}

export function withModel(command: Command): Command {
  return command
    .option('--model <name|path>', "a name that clip-tfjs models lists, or a checkpoint's path", 'mini')
    .option('--backend <engine>', 'auto, cuda, native, wasm or cpu', 'auto');
}

/** Loads the model with a bar, and says on which engine. */
export async function loadModel({ model, backend }: ModelOptions): Promise<LoadedModel> {
  const { load } = await import('../tasks/load.node.ts');
  const bar = progressBar(`loading ${model}`);
  try {
    const loaded = await load(model, { backend, onProgress: bar.update });
    bar.stop();
    note(`engine: ${loaded.backend}`);
    return loaded;
  } finally {
    bar.stop();
  }
}

export interface DatasetOptions {
  dataset?: string;
  data?: string;
}

export function withDataset(command: Command): Command {
  return command
    .option('--dataset <name>', 'shapes or cifar100: the test split')
    .option('--data <path>', 'where cifar100 is: a folder, or cifar-100-python.tar.gz (default: ~/.cache)');
}

export interface Dataset extends LabelledPictures {
  readonly fineNames: readonly string[];
}

/** Where torchvision, asked as OpenAI's example asks it, keeps its data sets. */
const DATA_FOLDER = join(homedir(), '.cache');

export async function openDataset({ dataset, data = DATA_FOLDER }: DatasetOptions): Promise<Dataset> {
  if (dataset === 'cifar100') {
    const { openCifar100 } = await import('../data/cifar.node.ts');
    return openCifar100(data);
  }
  if (dataset === 'shapes') {
    const { shapesTest } = await import('../data/shapes/shapes.ts');
    return shapesTest();
  }
  throw new UsageError(`no data set ${dataset}: expected --dataset shapes or --dataset cifar100`);
}

export interface PromptOptions {
  template?: string[];
  templates?: string;
  truncate?: boolean;
}

export function withPrompts(command: Command): Command {
  return command
    .option('--template <text>', 'a prompt with {} for the label; several are ensembled', collect)
    .option('--templates <file|cifar>', 'prompts to ensemble, one a line; cifar: the 18 OpenAI used')
    .option('--truncate', 'cut texts over the context length instead of refusing them');
}

/** The classifier that `labels` and the prompt options make. */
export async function makeHead(
  loaded: LoadedModel,
  labels: readonly string[],
  options: PromptOptions,
): Promise<ZeroShotHead> {
  const { zeroShotHead } = await import('../tasks/zero-shot.ts');
  const templates = await readTemplates(options);
  const bar = progressBar('encoding labels');
  try {
    const onProgress = (done: number) => bar.update(done, labels.length);
    return await zeroShotHead(loaded, labels, {
      ...(templates && { templates }),
      truncate: options.truncate,
      onProgress,
    });
  } finally {
    bar.stop();
  }
}

async function readTemplates({ template, templates }: PromptOptions): Promise<readonly string[] | undefined> {
  if (!templates) return template;
  if (template) throw new UsageError('--template and --templates: give one of the two');
  const { TEMPLATE_SETS } = await import('../tasks/templates.ts');
  return TEMPLATE_SETS.get(templates) ?? readLines(templates);
}

/** A text file's lines, without the empty ones at its end. */
export function readLines(path: string): string[] {
  return readFileSync(path, 'utf8').replace(/\s+$/, '').split(/\r?\n/);
}

export function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}

/** A whole number of at least `least`, as commander's argument parser. */
export function wholeNumber(least: number): (value: string) => number {
  return (value) => {
    if (!/^-?\d+$/.test(value) || Number(value) < least) {
      throw new InvalidArgumentError(`expected a whole number of at least ${least}.`);
    }
    return Number(value);
  };
}
