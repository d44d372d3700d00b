// CIFAR-100, and any data set in its layout: `meta` with the names, `test` and `train` with pictures and labels, each a
// Python pickle. Stands beside torchvision.datasets.CIFAR100. https://www.cs.toronto.edu/~kriz/cifar.html
import { ClipError } from '../errors.ts';
import { ByteReader } from './bytes/byte-reader.ts';
import { type ByteSource, chunksOf } from './bytes/byte-source.ts';
import { decompress } from './bytes/gunzip.ts';
import { readTarMembers } from './bytes/tar.ts';
import { NumpyArray, numpyGlobals } from './pickle/numpy.ts';
import { unpickle } from './pickle/unpickle.ts';
import { describeValue, type PickleValue } from './pickle/values.ts';

const SIDE = 32;
const PLANE = SIDE * SIDE;

export type CifarSplit = 'test' | 'train';

/** The files of the data set: the labels' names, and the splits. */
export const CIFAR_MEMBERS = ['meta', 'test', 'train'] as const;

/** A picture as the rest of the program takes it: bytes [32, 32, 3], row by row. */
export interface CifarPicture {
  mode: 'RGB';
  width: number;
  height: number;
  data: Uint8Array;
}

/** One split: `count` pictures, each with a fine label (0…99) and a coarse one (0…19), and the labels' names. */
export interface Cifar100 {
  readonly split: CifarSplit;
  readonly count: number;
  readonly fineNames: readonly string[];
  readonly coarseNames: readonly string[];
  readonly fineLabels: readonly number[];
  readonly coarseLabels: readonly number[];
  /** Picture `index`, 0…count−1; throws outside. */
  image(index: number): CifarPicture;
}

/**
 * Reads one split straight from `cifar-100-python.tar.gz` (or the same, not compressed). Unpacking stops as soon as
 * `meta` and the split are found.
 */
export async function readCifar100Archive(source: ByteSource, split: CifarSplit = 'test'): Promise<Cifar100> {
  const name = source.name ?? 'the archive';
  const magic = await source.read(0, Math.min(2, source.size));
  const packed = magic[0] === 0x1f && magic[1] === 0x8b;
  const chunks = packed ? decompress(chunksOf(source), 'gzip', name) : chunksOf(source);
  const reader = new ByteReader(chunks, name);
  try {
    const keys = ['meta', split] as const;
    const there = new Set<string>();
    const members = await readTarMembers(
      reader,
      keys,
      (path) => {
        const member = CIFAR_MEMBERS.find((name) => name === path.split('/').at(-1));
        if (member) there.add(member);
        return keys.find((key) => key === member);
      },
      name,
    );
    const [meta, pictures] = keys.map((key) => {
      const member = members.get(key);
      if (member) return member;
      throw new ClipError(`${name} has no member "${key}"`, {
        got: [...there].sort().join(', ') || 'none of its files',
        hint: 'expected the layout of cifar-100-python.tar.gz: meta, test, train',
      });
    });
    return parseCifar100(meta!, pictures!, split);
  } finally {
    await reader.close();
  }
}

/** Reads one split from the bytes of its file and of `meta`. The pictures stay views of `pictures`. */
export function parseCifar100(meta: Uint8Array, pictures: Uint8Array, split: CifarSplit): Cifar100 {
  const names = readDict(meta, 'meta');
  const fineNames = texts(names, 'fine_label_names', 'meta');
  const coarseNames = texts(names, 'coarse_label_names', 'meta');

  const content = readDict(pictures, split);
  const data = pixelRows(content.get('data'), split);
  const count = data.length / (3 * PLANE);
  const fineLabels = labels(content, 'fine_labels', count, fineNames.length, split);
  const coarseLabels = labels(content, 'coarse_labels', count, coarseNames.length, split);
  return {
    split,
    count,
    fineNames,
    coarseNames,
    fineLabels,
    coarseLabels,
    image: (index) => picture(data, index, count),
  };
}

function picture(data: Uint8Array, index: number, count: number): CifarPicture {
  if (!Number.isInteger(index) || index < 0 || index >= count) {
    throw new ClipError('picture index', { expected: `0…${count - 1}`, got: index });
  }
  const row = data.subarray(index * 3 * PLANE, (index + 1) * 3 * PLANE); // [3, 32, 32]
  const pixels = new Uint8Array(3 * PLANE); // [32, 32, 3]
  for (let i = 0; i < PLANE; i++) {
    for (let channel = 0; channel < 3; channel++) pixels[3 * i + channel] = row[channel * PLANE + i]!;
  }
  return { mode: 'RGB', width: SIDE, height: SIDE, data: pixels };
}

function readDict(bytes: Uint8Array, name: string): Map<PickleValue, PickleValue> {
  const globals = numpyGlobals();
  const value = unpickle(bytes, { globals: (global) => globals.get(global), name });
  if (value instanceof Map) return value;
  throw new ClipError(`${name}: what the pickle holds`, { expected: 'a dict', got: describeValue(value) });
}

/** The rows of `data`, u1 [count, 3072], each a picture [3, 32, 32]. */
function pixelRows(value: PickleValue | undefined, name: string): Uint8Array {
  const got =
    value instanceof NumpyArray
      ? `${value.dtype} [${value.shape}]${value.fortran ? ', column-major' : ''}`
      : describeValue(value);
  if (value instanceof NumpyArray && new RegExp(`^u1 \\[\\d+,${3 * PLANE}\\]$`).test(got)) return value.data;
  throw new ClipError(`${name}: data`, { expected: `u1 [count,${3 * PLANE}]`, got });
}

function labels(
  content: Map<PickleValue, PickleValue>,
  key: string,
  count: number,
  names: number,
  name: string,
): number[] {
  const values = list(content, key, name);
  if (values.length !== count) {
    throw new ClipError(`${name}: ${key}`, { expected: `${count}, one a picture`, got: values.length });
  }
  return values.map((value, i) => {
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < names) return value;
    throw new ClipError(`${name}: ${key}[${i}]`, { expected: `0…${names - 1}`, got: describeValue(value) });
  });
}

function texts(content: Map<PickleValue, PickleValue>, key: string, name: string): string[] {
  return list(content, key, name).map((value, i) => {
    if (typeof value === 'string') return value;
    throw new ClipError(`${name}: ${key}[${i}]`, { expected: 'text', got: describeValue(value) });
  });
}

function list(content: Map<PickleValue, PickleValue>, key: string, name: string): PickleValue[] {
  const value = content.get(key);
  if (Array.isArray(value)) return value;
  throw new ClipError(`${name}: ${key}`, { expected: 'a list', got: describeValue(value) });
}
