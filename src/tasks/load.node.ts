// A model by name or path: `load('ViT-B/32')`, `load('path/to/checkpoint.pt')`.
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { startEngine } from '../backend/engines.node.ts';
import { availableModels, OPENAI_MODELS } from '../checkpoint/openai-models.ts';
import { type FileSource, openFile } from '../data/file-source.node.ts';
import { ClipError } from '../errors.ts';
import { type LoadProgress, loadFrom } from './load.ts';
import type { LoadedModel } from './loaded-model.ts';

export interface LoadOptions {
  /** The engine: `auto` (default), `cuda`, `native`, `wasm` or `cpu`. */
  backend?: string;
  onProgress?: LoadProgress;
}

/**
 * Loads one of OpenAI's models by name, from `~/.cache/clip` or `weights/`, or any checkpoint by path, onto an engine.
 * Throws ClipError for a name that is neither, a file that is no CLIP, or an engine that is not here.
 */
export async function load(
  nameOrPath: string,
  { backend, onProgress }: LoadOptions = {},
): Promise<LoadedModel> {
  return withModelFile(nameOrPath, (file) =>
    loadFrom(file, nameOrPath, () => startEngine(backend), onProgress),
  );
}

/** Opens the checkpoint that a name or path stands for, and closes it after `use`. */
export async function withModelFile<T>(
  nameOrPath: string,
  use: (file: FileSource) => Promise<T>,
): Promise<T> {
  const file = await openFile(findModel(nameOrPath));
  try {
    return await use(file);
  } finally {
    await file.close();
  }
}

/** Where a model of OpenAI's is looked for: OpenAI's own cache, and `weights/` below the current folder. */
export function modelPaths(file: string): string[] {
  return [join(homedir(), '.cache', 'clip', file), join('weights', file)];
}

function findModel(nameOrPath: string): string {
  const known = OPENAI_MODELS.find(({ name }) => name === nameOrPath);
  if (!known) {
    if (existsSync(nameOrPath)) return nameOrPath;
    throw new ClipError(`no model ${nameOrPath}`, {
      expected: `a checkpoint's path, or one of ${availableModels().join(', ')}`,
      got: 'no such file and no such name',
    });
  }
  const paths = modelPaths(known.file);
  const found = paths.find((path) => existsSync(path));
  if (found) return found;
  throw new ClipError(`the weights of ${nameOrPath} are not here`, {
    expected: paths.join(' or '),
    got: 'no such file',
    hint: `fetch ${known.url}`,
  });
}
