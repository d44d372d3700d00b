// What hostile files are built from: tensors of a pickle, archives around it.
import { bytesOf, uint32 } from '../../data/pickle/pickle-writer.ts';
import { type ZipPart, zipOf } from '../zip-writer.ts';

/** What it claims, the file, and what must be said of it; without that, it is harmless and must be read. */
export type Hostile = [name: string, make: () => Uint8Array | Sparse, message?: RegExp];

export type Part = Parameters<typeof bytesOf>[0];

export const text = (value: string): Part => ['X', uint32(value.length), value];
/** Whole numbers up to 2^63, little-endian with their length. */
export const whole = (value: number): Part => [
  '\x8a\x08',
  new Uint8Array(BigInt64Array.of(BigInt(value)).buffer),
];
export const list = (values: readonly number[]): Part => ['(', values.map(whole), 't'];

export interface TensorParts {
  key?: string;
  /** The storage's class: FloatStorage. */
  type?: string;
  /** Numbers in the storage. */
  count: number;
  offset?: number;
  shape: readonly number[];
  strides: readonly number[];
}

/** A tensor as torch.save writes it. */
export function tensor({
  key = '0',
  type = 'FloatStorage',
  count,
  offset = 0,
  shape,
  strides,
}: TensorParts): Part {
  return [
    ['ctorch._utils\n_rebuild_tensor_v2\n((', text('storage'), `ctorch\n${type}\n`, text(key), text('cpu')],
    [whole(count), 'tQ', whole(offset), list(shape), list(strides), '\x89NtR'],
  ];
}

export function stateDict(tensors: readonly (readonly [string, Part])[]): Uint8Array {
  return bytesOf(
    '\x80\x02}(',
    tensors.map(([name, value]) => [text(name), value]),
    'u.',
  );
}

/** Six numbers of a storage of six. */
export const ONE: Part = tensor({ count: 6, shape: [6], strides: [1] });

/** A state dict in an archive, with its storages. */
export function model(
  storage: ZipPart,
  tensors: readonly (readonly [string, Part])[],
  ...more: ZipPart[]
): Uint8Array {
  return zipOf([storage, ...more, { name: 'm/data.pkl', content: stateDict(tensors) }]);
}

/** A member of zeros, packed a thousand to one. */
export function bomb(name: string, size: number, more: Partial<ZipPart> = {}): ZipPart {
  return { name, content: new Uint8Array(size), deflate: true, ...more };
}

/** A pickle in an archive, with one storage of 24 bytes beside it. */
export function zipped(...pickle: Part[]): Uint8Array {
  return zipOf([
    { name: 'm/data.pkl', content: bytesOf(pickle) },
    { name: 'm/data/0', content: new Uint8Array(24) },
  ]);
}

/** A file of zeros but for a few pieces, larger than any disk: `sparseSource` in reader.ts stands for it. */
export interface Sparse {
  size: number;
  pieces: (readonly [offset: number, bytes: Uint8Array])[];
}
