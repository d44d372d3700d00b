// A model's files in another program's form, written whole or not at all.
import { existsSync, rmSync } from 'node:fs';
import { mkdtemp, readFile, rename, rmdir, stat } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import type { SchemeName } from '../checkpoint/schemes/scheme.ts';
import { countOf } from '../checkpoint/stored-tensor.ts';
import { writeSafetensors } from '../checkpoint/write-safetensors.node.ts';
import { writeFileAtomic } from '../data/bytes/write-file.node.ts';
import { makeFolder, onStop } from '../disk.node.ts';
import { ClipError } from '../errors.ts';
import { type ConvertedType, convertCheckpoint } from './convert.ts';
import { type FileSettings, withModel } from './load.node.ts';

export interface ConvertOptions extends FileSettings {
  /** Whose names, and whose files beside the weights. */
  to: SchemeName;
  /** Every weight's type; as they are in the file where none is named. */
  dtype?: ConvertedType | undefined;
  /** Replace files that are there. */
  force?: boolean | undefined;
  /** Called with the bytes of weights written so far and in all. */
  onProgress?: ((done: number, total: number) => void) | undefined;
  /** Called with what the user should know. */
  onNote?: ((note: string) => void) | undefined;
}

export interface Converted {
  /** The weights' file. */
  path: string;
  /** All files, the weights' first. */
  files: string[];
  parameters: number;
  /** Of the weights' file. */
  bytes: number;
}

/** What each program calls the weights in a folder. */
const WEIGHTS: Readonly<Record<SchemeName, string>> = {
  openai: 'model.safetensors',
  open_clip: 'open_clip_model.safetensors',
  hf: 'model.safetensors',
};

/**
 * Writes the model that a name or path stands for as safetensors. `target` is a file when it ends in `.safetensors`, else
 * a folder, made where it is missing. Throws ClipError, and leaves everything as it was, for a model that cannot be read
 * or has no such form, and for files that are there already unless `force` says so.
 */
export async function convert(
  nameOrPath: string,
  target: string,
  { to, dtype, force, onProgress, onNote, ...settings }: ConvertOptions,
): Promise<Converted> {
  const isFile = target.endsWith('.safetensors');
  if (isFile && to === 'hf') {
    throw new ClipError("Hugging Face's form is a folder of files", {
      expected: 'the name of a folder',
      got: target,
    });
  }
  const folder = isFile ? dirname(target) : target;
  const weights = isFile ? basename(target) : WEIGHTS[to];
  return withModel(nameOrPath, settings, async (clip, { merges }) => {
    const { tensors, metadata, texts } = convertCheckpoint(clip, to, { dtype, merges });
    for (const note of clip.notes) onNote?.(note);
    const names = [...texts.keys(), weights]; // the weights last: where they are, all is there
    if (force !== true) await refuseOthers(folder, weights, texts);

    const made = await makeFolder(folder).catch((error: Error) => {
      throw new ClipError(`cannot make the folder ${folder}: ${error.message}`, {}, { cause: error });
    });
    const total = tensors.reduce((sum, { byteLength }) => sum + byteLength, 0);
    let done = 0;
    const counted = tensors.map((tensor) => ({
      ...tensor,
      readBytes: async (): Promise<Uint8Array> => {
        const bytes = await tensor.readBytes();
        done += bytes.length;
        onProgress?.(done, total);
        return bytes;
      },
    }));
    let staging: string | undefined;
    const clean = (): void => {
      if (staging) rmSync(staging, { recursive: true, force: true });
    };
    const forget = onStop(clean);
    try {
      staging = await mkdtemp(join(folder, '.clip-tfjs-')).catch((error: Error) => {
        const hint = 'is it yours, and is there room?';
        throw new ClipError(`cannot write in ${folder}: ${error.message}`, { hint }, { cause: error });
      });
      await writeSafetensors(join(staging, weights), counted, metadata);
      for (const [name, text] of texts)
        await writeFileAtomic(join(staging, name), new TextEncoder().encode(text));
      for (const name of names) await rename(join(staging, name), join(folder, name));
    } catch (error) {
      clean();
      if (made !== undefined) await removeEmpty(folder, made);
      throw error;
    } finally {
      clean();
      forget();
    }
    const files = names.reverse().map((name) => join(folder, name));
    const parameters = tensors.reduce((sum, { shape }) => sum + countOf(shape), 0);
    return { path: files[0]!, files, parameters, bytes: (await stat(files[0]!)).size };
  });
}

/** A file that is there is somebody's; one with the very same text may stay. */
async function refuseOthers(
  folder: string,
  weights: string,
  texts: ReadonlyMap<string, string>,
): Promise<void> {
  for (const name of [weights, ...texts.keys()]) {
    const path = join(folder, name);
    if (!existsSync(path)) continue;
    if (texts.has(name) && (await readFile(path, 'utf8').catch(() => '')) === texts.get(name)) continue;
    throw new ClipError(`${path} is there already`, { hint: '--force replaces it; or name another place' });
  }
}

/** Takes back the folders that were made, from `folder` up to `made`, as far as nobody has put anything there. */
async function removeEmpty(folder: string, made: string): Promise<void> {
  for (let at = resolve(folder); at.length >= made.length; at = dirname(at)) {
    if (
      !(await rmdir(at).then(
        () => true,
        () => false,
      ))
    )
      return;
  }
}
