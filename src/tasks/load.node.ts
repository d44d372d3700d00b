// A model by name or path: `load()`, `load('ViT-B/32')`, `load('path/to/checkpoint.pt')`.
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { startEngine } from '../backend/engines.node.ts';
import { openCheckpoint } from '../checkpoint/checkpoint.ts';
import { availableModels, OPENAI_MODELS } from '../checkpoint/openai-models.ts';
import { type FileSource, openFile } from '../data/bytes/file-source.node.ts';
import { ClipError } from '../errors.ts';
import { loadFrom } from './load.ts';
import type { LoadedModel } from './loaded-model.ts';

/** The model that comes with this package, trained here on Shapes-100; every default is this one. */
export const MINI = 'mini';
const MINI_FILE = fileURLToPath(new URL('../../weights/mini/model.safetensors', import.meta.url));
/** What PyTorch computes with it, recorded by scripts/reference.py. */
export const MINI_REFERENCE: string = fileURLToPath(
  new URL('../../weights/mini/reference.safetensors', import.meta.url),
);

export interface LoadOptions {
  /** The engine: `auto` (default), `cuda`, `native`, `wasm` or `cpu`. */
  backend?: string;
  /** Called with the bytes of weights read so far and in all. */
  onProgress?: (done: number, total: number) => void;
}

/**
 * Loads the embedded model (`mini`), one of OpenAI's by name, from `~/.cache/clip` or `weights/`, or any checkpoint by
 * path, onto an engine. A `merges.txt` beside a checkpoint is its vocabulary. Throws ClipError for a name that is
 * neither, a file that is no CLIP, or an engine that is not here.
 */
export async function load(nameOrPath: string = MINI, options: LoadOptions = {}): Promise<LoadedModel> {
  const start = () => startEngine(options.backend);
  return withModelFile(nameOrPath, (file, merges) =>
    loadFrom(file, { name: nameOrPath, startEngine: start, merges, onProgress: options.onProgress }),
  );
}

/** Opens the checkpoint that a name or path stands for, with the merges beside it, and closes it after `use`. */
export async function withModelFile<T>(
  nameOrPath: string,
  use: (file: FileSource, merges: string | undefined) => Promise<T>,
): Promise<T> {
  const path = findModel(nameOrPath);
  const file = await openFile(path);
  try {
    if (nameOrPath === MINI) await checkMini(file);
    return await use(file, await mergesBeside(path));
  } finally {
    await file.close();
  }
}

/** The vocabulary that lies beside a file, where one does. */
export async function mergesBeside(path: string): Promise<string | undefined> {
  const merges = join(dirname(path), 'merges.txt');
  return existsSync(merges) ? readFile(merges, 'utf8') : undefined;
}

/** The embedded model cannot be fetched again as another file can: its error says how to get it back. */
async function checkMini(file: FileSource): Promise<void> {
  await openCheckpoint(file).catch((error: Error) => {
    throw new ClipError(
      'the embedded model is damaged',
      { got: error.message, hint: howToGet(MINI) },
      { cause: error },
    );
  });
}

/** Where a model that has a name is looked for, the likeliest place first. */
export function modelPaths(name: string): string[] {
  if (name === MINI) return [MINI_FILE];
  const { file } = OPENAI_MODELS.find((model) => model.name === name)!;
  return [join(homedir(), '.cache', 'clip', file), join('weights', file)];
}

function findModel(nameOrPath: string): string {
  const names = [MINI, ...availableModels()];
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
  const published = OPENAI_MODELS.find((model) => model.name === name);
  if (published) return `fetch ${published.url}`;
  return 'they come with the package: install it again, or git checkout weights/mini, or npm run train:mini';
}
