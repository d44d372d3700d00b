// Features on disk, with what each row is the feature of: numpy's .npy and a list beside it, or safetensors with both.
import { existsSync, rmSync } from 'node:fs';
import { mkdtemp, rename } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { narrowToHalf } from '../checkpoint/half.ts';
import { writeSafetensors } from '../checkpoint/write-safetensors.node.ts';
import { writeFileAtomic } from '../data/bytes/write-file.node.ts';
import { npyHeader } from '../data/npy.ts';
import { checkRoom, checkWritable, freeBytes, onStop } from '../disk.node.ts';
import { ClipError } from '../errors.ts';

/** What a row is the feature of: a picture, with its class where it has one, or a text. */
export type FeatureRow = { picture: string; label?: string } | { text: string };

export interface Features {
  /** [n, E], row after row. */
  features: Float32Array;
  /** [n] */
  rows: readonly FeatureRow[];
  /** Of the model they come from. */
  model: string;
  /** Whether each row has length 1. */
  normalized: boolean;
}

export type FeatureType = 'f32' | 'f16';

/** The files that go with `out`, the list of rows last; a .safetensors file holds its own. */
export function featureFiles(out: string): string[] {
  if (out.endsWith('.safetensors')) return [out];
  if (out.endsWith('.npy')) return [out, `${out.slice(0, -'.npy'.length)}.rows.jsonl`];
  throw new ClipError(out, { expected: 'a name that ends in .npy or .safetensors', got: 'another ending' });
}

/**
 * Throws ClipError, before anything is computed, for a name that says no format, a file that is there already unless
 * `force` says so, a folder that nothing can be written to, and a disk without room for `count` numbers.
 */
export async function checkFeatureFiles(
  out: string,
  { count, dtype, force }: { count: number; dtype: FeatureType; force: boolean },
): Promise<void> {
  const taken = featureFiles(out).find((file) => existsSync(file));
  if (taken !== undefined && !force) {
    throw new ClipError(`${taken} is there already`, { hint: '--force replaces it; or give another --out' });
  }
  const folder = dirname(out);
  await checkWritable(folder, 'give another --out');
  const bytes = count * (dtype === 'f16' ? 2 : 4);
  checkRoom(folder, bytes, await freeBytes(folder), 'for the features', 'free some, or give another --out');
}

/** Features that come piece by piece, for those that no memory holds together. */
export interface FeatureStream {
  /** [n, E] */
  shape: readonly [number, number];
  /** The rows, some at a time, in order; called once. */
  pieces(): AsyncIterable<Float32Array>;
  /** n of them, in order; gone through once. */
  rows: Iterable<FeatureRow>;
  /** As in Features. */
  model: string;
  normalized: boolean;
}

/**
 * Writes the files of `featureFiles`, all or none, replacing those that are there. A .npy is [n, E], and beside it has a
 * JSON object for each row, one a line. A .safetensors has the tensor `features` [n, E], and in its metadata `rows`, a JSON
 * array of those objects, `model` and `normalized`. Throws ClipError where they cannot be written, and for numbers that
 * half precision cannot hold.
 */
export function saveFeatures(out: string, saved: Features, dtype: FeatureType): Promise<void> {
  const { features, ...said } = saved;
  const count = saved.rows.length;
  const shape = [count, count === 0 ? 0 : features.length / count] as const;
  return saveStream(out, { ...said, shape, pieces: () => inTurn(features) }, dtype);
}

/** The same of features that come piece by piece. A .npy is written as they come; a .safetensors is put together first. */
export async function saveStream(out: string, saved: FeatureStream, dtype: FeatureType): Promise<void> {
  const { shape, rows, model, normalized } = saved;
  const files = featureFiles(out);
  const staging = await mkdtemp(join(dirname(out), '.clip-tfjs-')).catch((error: Error) => {
    throw new ClipError(
      `${out} cannot be written: ${error.message}`,
      { hint: 'is the folder yours?' },
      { cause: error },
    );
  });
  const clean = (): void => rmSync(staging, { recursive: true, force: true });
  const forget = onStop(clean);
  try {
    const [main, list] = files.map((file) => join(staging, basename(file)));
    if (list === undefined) {
      const metadata = { rows: JSON.stringify([...rows]), model, normalized: String(normalized) };
      const tensor = {
        name: 'features',
        dtype: dtype === 'f32' ? 'F32' : 'F16',
        shape,
        readBytes: () => together(bytesOf(saved, dtype)),
      } as const;
      await writeSafetensors(main!, [tensor], new Map(Object.entries(metadata)));
    } else {
      await writeFileAtomic(main!, npyChunks(saved, dtype));
      await writeFileAtomic(list, jsonLines(rows));
    }
    // The list first: where the features are, all is there.
    for (const file of files.toReversed()) await rename(join(staging, basename(file)), file);
  } finally {
    clean();
    forget();
  }
}

async function* npyChunks(saved: FeatureStream, dtype: FeatureType): AsyncGenerator<Uint8Array> {
  yield npyHeader(dtype === 'f32' ? '<f4' : '<f2', saved.shape);
  yield* bytesOf(saved, dtype);
}

async function* bytesOf({ pieces }: FeatureStream, dtype: FeatureType): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces()) {
    const { buffer, byteOffset, byteLength } = dtype === 'f32' ? piece : halves(piece);
    yield new Uint8Array(buffer, byteOffset, byteLength);
  }
}

async function together(chunks: AsyncIterable<Uint8Array>): Promise<Uint8Array> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return all.length === 1 ? all[0]! : Buffer.concat(all);
}

function halves(features: Float32Array): Uint16Array {
  const { halves, overflowed } = narrowToHalf(features);
  if (overflowed === undefined) return halves;
  const hint = '--dtype f32 keeps them';
  throw new ClipError('features do not fit half precision', {
    expected: 'numbers below 65,520',
    got: overflowed,
    hint,
  });
}

async function* inTurn<T>(...pieces: T[]): AsyncGenerator<T> {
  yield* pieces;
}

const LINES = 10_000; // in a chunk

async function* jsonLines(rows: Iterable<FeatureRow>): AsyncGenerator<Uint8Array> {
  const encoder = new TextEncoder();
  let lines: string[] = [];
  for (const row of rows) {
    lines.push(`${JSON.stringify(row)}\n`);
    if (lines.length < LINES) continue;
    yield encoder.encode(lines.join(''));
    lines = [];
  }
  yield encoder.encode(lines.join(''));
}
