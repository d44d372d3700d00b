// A model by name or path: `load()`, `load('ViT-B/32')`, `load('path/to/checkpoint.pt')`, `load('a/folder')`.
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startEngine } from '../backend/engines.node.ts';
import { isAdapter, withAdapter } from '../checkpoint/adapter.ts';
import { openCheckpoint } from '../checkpoint/checkpoint.ts';
import { type ClipCheckpoint, clipCheckpoint, type ModelSettings } from '../checkpoint/clip-checkpoint.ts';
import { downloadPublished } from '../checkpoint/download/download.node.ts';
import { type ModelFiles, withModelFiles } from '../checkpoint/model-files.node.ts';
import { availableModels, OPENAI_MODELS } from '../checkpoint/openai-models.ts';
import type { Checkpoint } from '../checkpoint/stored-tensor.ts';
import { openFile } from '../data/bytes/file-source.node.ts';
import { ClipError } from '../errors.ts';
import { loadCheckpoint } from './load.ts';
import type { LoadedModel } from './loaded-model.ts';
import { OPENAI_SIZE } from './tokenizer-files.ts';

/** The model that comes with this package, trained here on Shapes-100; every default is this one. */
export const MINI = 'mini';
/** Another one, trained there from other numbers and with smaller patches: it judges what was made through the first. */
export const JUDGE = 'judge';
/** Those that come with this package. */
export const EMBEDDED: readonly string[] = [MINI, JUDGE];
/** What PyTorch computes with it, recorded by scripts/reference.py. */
export const MINI_REFERENCE: string = fileURLToPath(
  new URL('../../weights/mini/reference.safetensors', import.meta.url),
);

/** A model's settings, with what only a path can give. */
export interface FileSettings extends ModelSettings {
  /** The path of a LoRA adapter that `clip-tfjs finetune` wrote: it is merged into the weights as they are read. */
  adapter?: string | undefined;
}

export interface LoadOptions extends FileSettings {
  /** The engine: `auto` (default), `cuda`, `native`, `webgpu`, `wasm` or `cpu`. */
  backend?: string;
  /** Threads of `native` and `wasm`, 1 … 1024. Default: OMP_NUM_THREADS, else the processors that this process may use. */
  threads?: number | undefined;
  /** Fetch one of OpenAI's models where it is not here yet, as `clip.load` does in Python. Default: throw. */
  download?: boolean;
  /** Called with the bytes of weights read so far and in all. */
  onProgress?: (done: number, total: number) => void;
  /** Called with what the user should know: what was assumed, weights that are no numbers. Default: console.warn. */
  onNote?: (note: string) => void;
}

/**
 * Loads an embedded model (`mini`, `judge`), one of OpenAI's by name, from `~/.cache/clip` or `weights/`, or any checkpoint by
 * path, onto an engine: a file, or a folder with a configuration beside the weights. A `merges.txt` there is its
 * vocabulary. Throws ClipError for a name that is neither, a file that is no CLIP, or an engine that is not here.
 */
export async function load(nameOrPath: string = MINI, options: LoadOptions = {}): Promise<LoadedModel> {
  const { backend, threads, download, onProgress, onNote = console.warn, ...settings } = options;
  if (download && isMissing(nameOrPath)) await downloadPublished(nameOrPath, { onNote });
  return withModel(nameOrPath, settings, (checkpoint, { file, merges }) =>
    loadCheckpoint(checkpoint, file, {
      name: nameOrPath,
      startEngine: () => startEngine(backend, { threads, onNote }),
      merges,
      onProgress,
      onNote,
    }),
  );
}

/** Opens what a name or path stands for, as a CLIP and as it is, and closes it after `use`. */
export async function withModel<T>(
  nameOrPath: string,
  { adapter, ...settings }: FileSettings,
  use: (checkpoint: ClipCheckpoint, files: ModelFiles) => Promise<T>,
): Promise<T> {
  const useMerged = (clip: ClipCheckpoint, files: ModelFiles): Promise<T> =>
    adapter === undefined ? use(clip, files) : withAdapterFile(clip, adapter, (merged) => use(merged, files));
  const path = findModel(nameOrPath);
  const published = OPENAI_MODELS.find(({ name }) => name === nameOrPath);
  let isOpen = false;
  try {
    return await withModelFiles(path, (files) => {
      isOpen = true;
      const { checkpoint, file, configs } = files;
      refuseOtherKinds(checkpoint, file);
      if (!published) {
        const clip = clipCheckpoint(checkpoint, file, configs, settings);
        return useMerged({ ...clip, notes: [...clip.notes, ...assumedVocabulary(clip, files)] }, files);
      }
      // A known model needs no file that tells of it; its folder is one that many models share.
      const { vision_heads, transformer_heads, activation } = published.config;
      const known = { vision_heads, transformer_heads, activation, ...settings };
      const clip = clipCheckpoint(checkpoint, file, new Map(), known);
      return useMerged(clip, { ...files, merges: undefined });
    });
  } catch (error) {
    if (!EMBEDDED.includes(nameOrPath) || isOpen) throw error;
    // It cannot be fetched again as another file can: the error says how to get it back.
    const got = (error as Error).message;
    const what = `the embedded model${nameOrPath === MINI ? '' : ` ${nameOrPath}`} is damaged`;
    throw new ClipError(what, { got, hint: howToGet(nameOrPath) }, { cause: error });
  }
}

/** What a state dict cannot say, as one out of open_clip's trainer: texts come out as others under a wrong vocabulary. */
function assumedVocabulary({ format, config }: ClipCheckpoint, { file, merges }: ModelFiles): string[] {
  if (format !== 'pytorch' || merges !== undefined || config.vocab_size === OPENAI_SIZE) return [];
  return [
    `${file} does not say its vocabulary of ${config.vocab_size}, nor does a merges.txt beside it: taken as the beginning of OpenAI's`,
  ];
}

/** Opens the adapter at `path`, and closes it after `use` of the model that has it in its weights. */
async function withAdapterFile<T>(
  clip: ClipCheckpoint,
  path: string,
  use: (merged: ClipCheckpoint) => Promise<T>,
): Promise<T> {
  const source = await openFile(path);
  try {
    return await use(await withAdapter(clip, await openCheckpoint(source), path));
  } finally {
    await source.close();
  }
}

/** What a training wrote that goes beside a model, given as a model. */
function refuseOtherKinds(checkpoint: Checkpoint, file: string): void {
  if (isAdapter(checkpoint)) {
    throw new ClipError(`${file} is an adapter and no model`, {
      hint: 'name the model it was trained on, and --adapter with this file',
    });
  }
  if (checkpoint.metadata.has('labels')) {
    throw new ClipError(`${file} is a head and no model`, {
      hint: `${checkpoint.metadata.has('vqa') ? 'vqa takes' : 'classify and eval take'} it as --head, beside the model it was learned on`,
    });
  }
}

/** Whether this is the name of one of OpenAI's models whose weights are not here. */
export function isMissing(name: string): boolean {
  return availableModels().includes(name) && !modelPaths(name).some((path) => existsSync(path));
}

/** Where a model that has a name is looked for, the likeliest place first. */
export function modelPaths(name: string): string[] {
  if (EMBEDDED.includes(name)) {
    return [fileURLToPath(new URL(`../../weights/${name}/model.safetensors`, import.meta.url))];
  }
  const { file } = OPENAI_MODELS.find((model) => model.name === name)!;
  return [join(homedir(), '.cache', 'clip', file), join('weights', file)];
}

function findModel(nameOrPath: string): string {
  const names = [...EMBEDDED, ...availableModels()];
  if (!names.includes(nameOrPath)) {
    if (existsSync(nameOrPath)) return nameOrPath;
    throw new ClipError(`no model ${nameOrPath}`, {
      expected: `a checkpoint's path, or one of ${names.join(', ')}`,
      got: 'no such file and no such name',
    });
  }
  const paths = modelPaths(nameOrPath);
  const found = paths.find((path) => existsSync(path));
  if (found) return found;
  throw new ClipError(`the weights of ${nameOrPath} are not here`, {
    expected: paths.join(' or '),
    got: 'no such file',
    hint: howToGet(nameOrPath),
  });
}

function howToGet(name: string): string {
  if (!EMBEDDED.includes(name)) return `clip-tfjs download ${name} fetches them`;
  const again = name === MINI ? ', or npm run train:mini' : '';
  return `they come with the package: install it again, or git checkout weights/${name}${again}`;
}
