// From a tensor of a PyTorch pickle to its numbers: the part of its storage that offset, shape and strides pick.
import { ClipError } from '../errors.ts';
import { ITEM_SIZE } from './dtype.ts';
import { checkTensorSize } from './limits.ts';
import { countOf, type ReadBytes, StoredTensor } from './stored-tensor.ts';
import type { TorchTensor } from './torch-values.ts';
import type { ZipMember } from './zip.ts';

/** A tensor over its storage's member. `cost` is what reading it goes through, in bytes. Throws where the two disagree. */
export function storedTensor(
  name: string,
  tensor: TorchTensor,
  member: ZipMember | undefined,
  what: string,
): { stored: StoredTensor; cost: number } {
  const { offset, shape, strides, storage } = tensor;
  checkMember(tensor, member, what);
  const size = ITEM_SIZE[storage.dtype];
  const count = countOf(shape);
  if (count === 0) {
    return { stored: new StoredTensor(name, storage.dtype, shape, async () => new Uint8Array(0)), cost: 0 };
  }
  const last = shape.reduce((index, length, axis) => index + (length - 1) * strides[axis]!, offset);
  const start = offset * size;
  const end = (last + 1) * size;
  const isWhole = start === 0 && end === member.size;
  const read: ReadBytes = (into) => (isWhole ? member.read(into) : member.readRange(start, end, into));
  const readBytes: ReadBytes = isContiguous(shape, strides)
    ? read
    : async () => gather(await read(), shape, strides, size);
  const cost = Math.max(member.isCompressed ? member.size : end - start, count * size);
  return { stored: new StoredTensor(name, storage.dtype, shape, readBytes), cost };
}

function checkMember(
  { storage, shape }: TorchTensor,
  member: ZipMember | undefined,
  what: string,
): asserts member is ZipMember {
  const size = ITEM_SIZE[storage.dtype];
  if (!member)
    throw new ClipError(`${what}: its numbers are missing`, { expected: `member data/${storage.key}` });
  if (member.size !== storage.count * size) {
    throw new ClipError(`${what}: member data/${storage.key}`, {
      expected: `${storage.count * size} bytes (${storage.count} of ${storage.dtype})`,
      got: member.size,
    });
  }
  checkTensorSize(countOf(shape) * size, `${what}: shape [${shape}]`);
}

/** Row-major, each number right behind the one before it. An axis of length 1 may have any stride. */
function isContiguous(shape: readonly number[], strides: readonly number[]): boolean {
  let stride = 1;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== stride) return false;
    stride *= shape[axis]!;
  }
  return true;
}

/** A square of so many numbers a side: what is read of one of its rows is still in the cache for the next. */
const BLOCK = 32;

/** Numbers of `size` bytes picked by strides, in row-major order. */
function gather(
  bytes: Uint8Array,
  shape: readonly number[],
  strides: readonly number[],
  size: number,
): Uint8Array {
  const gathered = new Uint8Array(countOf(shape) * size);
  const [from, to] = [wordsOf(bytes, size), wordsOf(gathered, size)];
  const words = to.length / countOf(shape); // in a number
  // The last two axes go in blocks, those before them as an odometer does.
  const [rows, columns] = [shape.at(-2) ?? 1, shape.at(-1)!];
  const steps = strides.map((stride) => stride * words);
  const [rowStep, columnStep] = [steps.at(-2) ?? 0, steps.at(-1)!];
  const index = shape.slice(0, -2).map(() => 0);
  let position = 0;
  for (let start = 0; start < to.length; start += rows * columns * words) {
    for (let top = 0; top < rows; top += BLOCK) {
      for (let left = 0; left < columns; left += BLOCK) {
        const [bottom, right] = [Math.min(top + BLOCK, rows), Math.min(left + BLOCK, columns)];
        for (let row = top; row < bottom; row++) {
          let at = start + (row * columns + left) * words;
          let place = position + row * rowStep + left * columnStep;
          for (let column = left; column < right; column++, place += columnStep) {
            for (let word = 0; word < words; word++) to[at++] = from[place + word]!;
          }
        }
      }
    }
    for (let axis = index.length - 1; axis >= 0; axis--) {
      position += steps[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      position -= shape[axis]! * steps[axis]!;
      index[axis] = 0;
    }
  }
  return gathered;
}

/** The bytes as the largest whole numbers that numbers of `size` bytes consist of, copied where they do not lie on their place. */
function wordsOf(bytes: Uint8Array, size: number): Uint8Array | Uint16Array | Uint32Array {
  const Words = size % 4 === 0 ? Uint32Array : size % 2 === 0 ? Uint16Array : Uint8Array;
  const each = Words.BYTES_PER_ELEMENT;
  const { buffer, byteOffset, byteLength } = bytes.byteOffset % each === 0 ? bytes : bytes.slice();
  return new Words(buffer as ArrayBuffer, byteOffset, byteLength / each);
}
