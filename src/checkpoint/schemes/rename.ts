// A checkpoint's tensors under another scheme's names, joined, split and turned as the scheme says. Nothing is read until a
// tensor is; the numbers keep their type and every bit.
import { ClipError } from '../../errors.ts';
import { ITEM_SIZE } from '../dtype.ts';
import { type ReadBytes, StoredTensor } from '../stored-tensor.ts';
import type { Counterpart, NameScheme } from './scheme.ts';

type Tensors = ReadonlyMap<string, StoredTensor>;

/** Under OpenAI's names. A name that the scheme does not know stays. Throws when a third is missing or unlike the others. */
export function toOpenAINames(tensors: Tensors, scheme: NameScheme): Map<string, StoredTensor> {
  const renamed = new Map<string, StoredTensor>();
  const thirds = new Map<string, StoredTensor[]>();
  for (const tensor of tensors.values()) {
    const counterpart = scheme.toOpenAI(tensor.name) ?? { name: tensor.name };
    const { name, third } = counterpart;
    if (third === undefined) put(renamed, turned(tensor, counterpart), tensor.name);
    else if (thirds.has(name)) thirds.get(name)![third] = tensor;
    else {
      const three: StoredTensor[] = [];
      three[third] = tensor;
      thirds.set(name, three);
    }
  }
  for (const [name, three] of thirds) put(renamed, joined(name, three), name);
  return renamed;
}

/** Under the scheme's names. Throws for a tensor that the scheme has no name for. */
export function fromOpenAINames(tensors: Tensors, scheme: NameScheme): Map<string, StoredTensor> {
  const renamed = new Map<string, StoredTensor>();
  for (const tensor of tensors.values()) {
    const counterparts = scheme.fromOpenAI(tensor.name);
    if (!counterparts) throw new ClipError(`tensor ${tensor.name} has no name there`);
    for (const counterpart of counterparts) {
      const { third } = counterpart;
      put(
        renamed,
        third === undefined ? turned(tensor, counterpart) : thirdOf(tensor, counterpart),
        tensor.name,
      );
    }
  }
  return renamed;
}

function put(renamed: Map<string, StoredTensor>, tensor: StoredTensor, was: string): void {
  if (renamed.has(tensor.name)) throw new ClipError(`two tensors mean ${tensor.name}, one of them ${was}`);
  renamed.set(tensor.name, tensor);
}

/** The same tensor under its other name, its axes exchanged where the scheme says so. */
function turned(tensor: StoredTensor, { name, transposed }: Counterpart): StoredTensor {
  const { dtype, shape } = tensor;
  if (!transposed) return new StoredTensor(name, dtype, shape, tensor.readBytes);
  const [rows, columns] = shape;
  if (rows === undefined || columns === undefined || shape.length !== 2) {
    throw new ClipError(`tensor ${tensor.name}`, { expected: 'two axes', got: `[${shape}]` });
  }
  const size = ITEM_SIZE[dtype];
  const read: ReadBytes = async (into) => transpose(await tensor.readBytes(into), rows, columns, size);
  return new StoredTensor(name, dtype, [columns, rows], read);
}

/** [rows, columns] → [columns, rows], items of `size` bytes. */
function transpose(bytes: Uint8Array, rows: number, columns: number, size: number): Uint8Array {
  const other = new Uint8Array(bytes.length);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      const [from, to] = [(row * columns + column) * size, (column * rows + row) * size];
      for (let byte = 0; byte < size; byte++) other[to + byte] = bytes[from + byte]!;
    }
  }
  return other;
}

/** q, k and v, each [D, …] → [3·D, …]. */
function joined(name: string, three: readonly (StoredTensor | undefined)[]): StoredTensor {
  const [q, k, v] = three;
  if (!q || !k || !v) {
    const here = three.filter(Boolean).map((third) => third!.name);
    throw new ClipError(`q, k and v of ${name}`, { expected: 'all three', got: here.join(', ') });
  }
  for (const other of [k, v]) {
    if (`${other.shape}` === `${q.shape}` && other.dtype === q.dtype && q.shape.length > 0) continue;
    const got = `${other.dtype} [${other.shape}] for ${other.name}`;
    throw new ClipError(`q, k and v of ${name}`, { expected: `${q.dtype} [${q.shape}] for each`, got });
  }
  const read: ReadBytes = async (into) => {
    const length = q.byteLength;
    const all = into && into.length >= 3 * length ? into.subarray(0, 3 * length) : new Uint8Array(3 * length);
    for (const [i, third] of [q, k, v].entries()) {
      const room = all.subarray(i * length, (i + 1) * length);
      const bytes = await third.readBytes(room);
      if (bytes.buffer !== room.buffer || bytes.byteOffset !== room.byteOffset) room.set(bytes);
    }
    return all;
  };
  return new StoredTensor(name, q.dtype, [q.shape[0]! * 3, ...q.shape.slice(1)], read);
}

/** [3·D, …] → [D, …]. */
function thirdOf(tensor: StoredTensor, { name, third }: Counterpart): StoredTensor {
  const [rows, ...rest] = tensor.shape;
  if (rows === undefined || rows % 3 !== 0) {
    throw new ClipError(`tensor ${tensor.name}`, {
      expected: 'three equal thirds',
      got: `[${tensor.shape}]`,
    });
  }
  const length = tensor.byteLength / 3;
  const read: ReadBytes = async (into) =>
    (await tensor.readBytes(into)).subarray(third! * length, (third! + 1) * length);
  return new StoredTensor(name, tensor.dtype, [rows / 3, ...rest], read);
}
