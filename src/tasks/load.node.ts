// A model ready for use: `load('ViT-B/32')` or `load('path/to/checkpoint')`. Stands beside OpenAI's clip.load.
import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { startEngine } from '../backend/engines.node.ts';
import { type Checkpoint, openCheckpoint } from '../checkpoint/checkpoint.ts';
import { availableModels, OPENAI_MODELS } from '../checkpoint/openai-models.ts';
import { loadStateDict } from '../checkpoint/state-dict.ts';
import { openFile } from '../data/file-source.node.ts';
import { ClipError } from '../errors.ts';
import { CLIP } from '../model/clip.ts';
import { type CLIPConfig, inferConfig } from '../model/config.ts';
import { LoadedModel } from './loaded-model.ts';

export interface LoadOptions {
  /** The engine: `auto` (default), `cuda`, `native`, `wasm` or `cpu`. */
  backend?: string;
  /** Called after each tensor with the bytes read so far and in all. */
  onProgress?: (done: number, total: number) => void;
}

/**
 * Loads one of OpenAI's models by name, from `~/.cache/clip` or `weights/`, or any checkpoint by path, onto an engine.
 * Nothing in the file is executed. Throws ClipError for a name that is neither, a file that is no CLIP, or an engine
 * that is not here.
 */
export async function load(nameOrPath: string, options: LoadOptions = {}): Promise<LoadedModel> {
  return withCheckpoint(nameOrPath, async (checkpoint) => {
    const model = new CLIP(configOf(checkpoint));
    const backend = await startEngine(options.backend);
    await loadStateDict(model, checkpoint, options.onProgress);
    return new LoadedModel(nameOrPath, backend, model);
  });
}

export interface CheckpointSummary {
  config: CLIPConfig;
  /** Every tensor in the file's order; shapes are PyTorch's. */
  parameters: { name: string; shape: readonly number[]; dtype: string }[];
}

/** What is in a checkpoint, read from its header alone. `nameOrPath` and errors as for `load`. */
export async function describeCheckpoint(nameOrPath: string): Promise<CheckpointSummary> {
  return withCheckpoint(nameOrPath, async (checkpoint) => {
    const parameters = [...checkpoint.tensors.values()].map(({ name, shape, dtype }) => ({ name, shape, dtype }));
    return { config: configOf(checkpoint), parameters };
  });
}

async function withCheckpoint<T>(nameOrPath: string, use: (checkpoint: Checkpoint) => Promise<T>): Promise<T> {
  const file = await openFile(findModel(nameOrPath));
  try {
    return await use(await openCheckpoint(file));
  } finally {
    await file.close();
  }
}

function configOf({ tensors }: Checkpoint): CLIPConfig {
  return inferConfig(new Map([...tensors].map(([name, { shape }]) => [name, shape])));
}

/** Where a model of OpenAI's is looked for: OpenAI's own cache, and `weights/` below the current folder. */
export function modelPaths(file: string): string[] {
  return [join(homedir(), '.cache', 'clip', file), join('weights', file)];
}

/** The path of a checkpoint given by path or by one of OpenAI's names. */
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
