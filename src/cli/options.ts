// Options that several commands share, and what is made of them.
import { readFile } from 'node:fs/promises';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { LabelledPictures } from '../data/sets/labelled.ts';
import { ClipError } from '../errors.ts';
import type { ActivationName } from '../model/layers.ts';
import type { FileSettings } from '../tasks/load.node.ts';
import type { LoadedModel } from '../tasks/loaded-model.ts';
import type { ZeroShotHead } from '../tasks/zero-shot.ts';
import { offerDownload } from './download.ts';
import { wholeNumber } from './numbers.ts';
import { note, progressBar, UsageError } from './terminal.ts';

export interface ModelOptions extends SettingsOptions, EngineOptions {
  model: string;
}

export function withModel(command: Command): Command {
  command.option('--model <name|path>', "a name that clip-tfjs models lists, or a checkpoint's path", 'mini');
  return withSettings(withEngine(command));
}

/** What may be said of a model whose files do not say it. */
export interface SettingsOptions {
  activation?: ActivationName;
  heads?: [vision: number, text: number];
  resolution?: number;
  adapter?: string;
}

export function withSettings(command: Command): Command {
  return command
    .addOption(
      new Option('--activation <name>', "the model's, where its files do not say").choices([
        'quick_gelu',
        'gelu',
      ]),
    )
    .option('--heads <vision,text>', "the model's, where its files do not say", twoCounts)
    .option(
      '--resolution <pixels>',
      'another one than the model has: positions are interpolated',
      wholeNumber(1),
    )
    .option(
      '--adapter <file>',
      'a LoRA adapter to merge into the weights, from finetune --method lora',
      once,
    );
}

export function settingsOf({ activation, heads, resolution, adapter }: SettingsOptions): FileSettings {
  return {
    ...(adapter !== undefined && { adapter }),
    ...(activation && { activation }),
    ...(heads && { vision_heads: heads[0], transformer_heads: heads[1] }),
    ...(resolution !== undefined && { resolution }),
  };
}

function twoCounts(value: string): [number, number] {
  const counts = value.split(',').map(Number);
  if (counts.length === 2 && counts.every((count) => Number.isSafeInteger(count) && count > 0)) {
    return counts as [number, number];
  }
  throw new InvalidArgumentError('expected two whole numbers, as in 16,12.');
}

export const BACKENDS: readonly string[] = ['auto', 'cuda', 'native', 'webgpu', 'wasm', 'cpu'];

/** What computes, and with how many threads. */
export interface EngineOptions {
  backend: string;
  threads?: number;
}

export function withEngine(command: Command): Command {
  const backend = new Option('--backend <engine>', 'what computes').choices(BACKENDS).default('auto');
  return withThreads(command.addOption(backend));
}

export function withThreads(command: Command): Command {
  const all = 'OMP_NUM_THREADS, else the processors this process may use';
  return command.option('--threads <n>', `of native and wasm (default: ${all})`, wholeNumber(1));
}

/** Loads the model with a bar, and says on which engine. */
export async function loadModel({
  model,
  backend,
  threads,
  ...settings
}: ModelOptions): Promise<LoadedModel> {
  const { load } = await import('../tasks/load.node.ts');
  await offerDownload(model);
  const bar = progressBar(`loading ${model}`);
  try {
    const loaded = await load(model, {
      ...settingsOf(settings),
      backend,
      threads,
      onProgress: bar.update,
      onNote: note,
    });
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

export async function openDataset({ dataset, data }: DatasetOptions): Promise<LabelledPictures> {
  if (dataset === 'cifar100') {
    const { CIFAR100_PLACE, openCifar100 } = await import('../data/cifar.node.ts');
    return openCifar100(data ?? CIFAR100_PLACE);
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
  return withTemplates(command).option(
    '--truncate',
    'cut texts over the context length instead of refusing them',
  );
}

export function withTemplates(command: Command): Command {
  return command
    .option('--template <text>', 'a prompt with {} for the label; several are ensembled', collect)
    .option('--templates <file|cifar>', 'prompts to ensemble, one a line; cifar: the 18 OpenAI used');
}

/** Labels with the prompts around them, checked before a model is loaded for them. */
export interface Prompts {
  labels: readonly string[];
  templates: readonly string[];
  truncate: boolean;
}

export async function readPrompts(labels: readonly string[], options: PromptOptions): Promise<Prompts> {
  const { checkLabels } = await import('../tasks/prompts.ts');
  const templates = await readTemplates(options);
  checkLabels(labels);
  return { labels, templates, truncate: options.truncate === true };
}

/** The classifier that the prompts make. */
export async function makeHead(
  loaded: LoadedModel,
  { labels, templates, truncate }: Prompts,
): Promise<ZeroShotHead> {
  const { zeroShotHead } = await import('../tasks/zero-shot.ts');
  const bar = progressBar('encoding labels');
  try {
    const onProgress = (done: number) => bar.update(done, labels.length);
    return await zeroShotHead(loaded, labels, { templates, truncate, onProgress });
  } finally {
    bar.stop();
  }
}

/** The prompts that were asked for, checked; the default one where none were. */
export async function readTemplates(options: PromptOptions): Promise<readonly string[]> {
  const { checkTemplates, DEFAULT_TEMPLATE, TEMPLATE_SETS } = await import('../tasks/prompts.ts');
  const { template, templates } = options;
  if (templates && template) throw new UsageError('--template and --templates: give one of the two');
  const asked = templates ? (TEMPLATE_SETS.get(templates) ?? (await readLines(templates))) : template;
  const found = asked ?? [DEFAULT_TEMPLATE];
  checkTemplates(found);
  return found;
}

/** A UTF-8 file's lines, without the empty ones at its end. */
export async function readLines(path: string): Promise<string[]> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    const got =
      error.code === 'ENOENT' ? 'no such file' : error.code === 'EISDIR' ? 'a folder' : error.message;
    throw new ClipError(path, { expected: 'a text file', got, hint: 'one entry a line' });
  });
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).trimEnd().split(/\r?\n/);
  } catch (error) {
    throw new ClipError(path, { expected: 'text in UTF-8', got: 'other bytes' }, { cause: error });
  }
}

/** Refuses a figure's path that does not say what is written there. */
export function checkFigurePath(path: string | undefined): void {
  if (path !== undefined && !/\.png$/i.test(path)) {
    throw new UsageError(`--figure writes a PNG file: expected a name that ends in .png, got ${path}`);
  }
}

function once(value: string, before?: string): string {
  if (before === undefined) return value;
  throw new InvalidArgumentError('one at a time: convert --adapter writes a model that has the first in it.');
}

/** For an option that may be repeated. */
export function collect(value: string, before: string[] = []): string[] {
  return [...before, value];
}
