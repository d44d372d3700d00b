// What belongs to a model on disk: a file, or a folder as Hugging Face and open_clip lay it out; several files with an
// index; the configuration and the vocabulary beside the weights.
import { existsSync, statSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { type FileSource, openFile } from '../data/bytes/file-source.node.ts';
import { ClipError } from '../errors.ts';
import { openCheckpoint } from './checkpoint.ts';
import { CONFIG_FILES } from './clip-checkpoint.ts';
import { openShards } from './shards.ts';
import type { Checkpoint } from './stored-tensor.ts';

export interface ModelFiles {
  checkpoint: Checkpoint;
  /** The weights' file, for errors. */
  file: string;
  /** The texts of the configuration files beside it, by name. */
  configs: ReadonlyMap<string, string>;
  /** A vocabulary beside it: merges, one pair a line. */
  merges: string | undefined;
}

/** Where weights are looked for in a folder, the best first: one file before several, safetensors before a pickle. */
const WEIGHTS = [
  'model.safetensors',
  'model.safetensors.index.json',
  'open_clip_model.safetensors',
  'pytorch_model.bin',
  'pytorch_model.bin.index.json',
  'open_clip_pytorch_model.bin',
];

/** No text beside a model comes near; OpenAI's merges have 0.5 MB. */
const LARGEST_TEXT = 2 ** 24;

/** Opens the model at `path`, a file, an index or a folder, and closes it after `use`. Throws ClipError. */
export async function withModelFiles<T>(path: string, use: (files: ModelFiles) => Promise<T>): Promise<T> {
  const weights = (await isFolder(path)) ? await weightsIn(path) : path;
  const folder = dirname(weights);
  const open: FileSource[] = [];
  const openOne = async (name: string): Promise<Checkpoint> => {
    const source = await openFile(join(folder, name));
    open.push(source);
    return openCheckpoint(source);
  };
  try {
    const name = basename(weights);
    refuseShard(folder, name);
    const checkpoint = name.endsWith('.index.json')
      ? await openShards(await readText(weights), name, openOne)
      : await openOne(name);
    const configs = new Map<string, string>();
    for (const config of CONFIG_FILES) {
      if (existsSync(join(folder, config))) configs.set(config, await readText(join(folder, config)));
    }
    return await use({ checkpoint, file: name, configs, merges: await mergesBeside(weights) });
  } finally {
    for (const source of open) await source.close();
  }
}

/** The vocabulary that lies beside a file, where one does. */
export async function mergesBeside(path: string): Promise<string | undefined> {
  const merges = join(dirname(path), 'merges.txt');
  return existsSync(merges) ? readText(merges) : undefined;
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true;
}

/** The known names first; else the one file whose name ends as a checkpoint's does. */
async function weightsIn(folder: string): Promise<string> {
  const known = WEIGHTS.find((name) => existsSync(join(folder, name)));
  if (known) return join(folder, known);
  const others = (await readdir(folder)).filter((name) => /\.(safetensors|pt|pth|bin)$/.test(name));
  if (others.length === 1) return join(folder, others[0]!);
  throw new ClipError(`the folder ${folder}`, {
    expected: `${WEIGHTS.join(', ')}, or one other checkpoint`,
    got: others.length === 0 ? 'none' : `${others.length}: ${others.slice(0, 3).join(', ')} …`,
    hint: others.length === 0 ? undefined : 'name the file',
  });
}

/** One file of several is no model. */
function refuseShard(folder: string, name: string): void {
  const [, stem, ending] = /^(.+)-\d{5}-of-\d{5}(\.\w+)$/.exec(name) ?? [];
  if (stem === undefined) return;
  throw new ClipError(`${name} is one file of several`, {
    expected: 'the folder or its index',
    hint: `name ${join(folder, `${stem}${ending}.index.json`)}`,
  });
}

async function readText(path: string): Promise<string> {
  const info = statSync(path);
  if (!info.isFile() || info.size > LARGEST_TEXT) {
    const got = info.isFile() ? `${info.size} bytes` : 'something else';
    throw new ClipError(path, { expected: `a text file of at most ${LARGEST_TEXT} bytes`, got });
  }
  const bytes = await readFile(path);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new ClipError(path, { expected: 'text in UTF-8', got: 'other bytes' }, { cause: error });
  }
}
