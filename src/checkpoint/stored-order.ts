// A tensor's bytes → float32 in the order in which a parameter keeps it, looked through for what is no number. The same
// as `widen` and then tf.transpose, to the bit; the tests hold it to them.
import { type DType, ITEM_SIZE, widen } from './dtype.ts';
import { countOf } from './stored-tensor.ts';
import { startVectors, type Vectors } from './turn-simd.ts';

export interface Ordered {
  /** In stored order. */
  readonly values: Float32Array;
  /** How many of them are NaN or infinite. */
  readonly notFinite: number;
}

export interface TensorBytes {
  readonly name: string;
  readonly dtype: DType;
  /** PyTorch's. */
  readonly shape: readonly number[];
  /** Row-major. */
  readonly bytes: Uint8Array;
}

/** Sides of a block: all that is read along its rows and written along its columns is in the processor's first cache. */
const BLOCK = 64;

/** A tensor that needs more than this is turned outside the vectors' memory. */
const MOST_BYTES = 2 ** 28;

/** Brings the tensors of one checkpoint into stored order. */
export class StoredOrder {
  readonly #vectors: Vectors | undefined;

  /** `plain`: JavaScript's own loops alone, which are the definition. */
  constructor({ plain = false }: { plain?: boolean } = {}) {
    this.#vectors = plain ? undefined : startVectors();
  }

  /**
   * Stored axis i is PyTorch's axis `order[i]`. The values of float32 that is in order already lie in `bytes`; any others
   * are good until the next call, and for longer if `keep`. Throws for integer types, naming the tensor.
   */
  bring(tensor: TensorBytes, order: readonly number[], keep: boolean = true): Ordered {
    const { name, dtype, shape, bytes } = tensor;
    if (order.every((axis, i) => axis === i)) return counted(widen(dtype, bytes, name));
    const places = placesOf(shape, order);
    const turned = this.#turnInVectors(tensor, places);
    if (!turned) return counted(turnPlainly(widen(dtype, bytes, name), places));
    return { ...turned, values: keep ? turned.values.slice() : turned.values };
  }

  /** undefined where it cannot be done here. */
  #turnInVectors({ dtype, bytes }: TensorBytes, { rows, offsets, stride }: Places): Ordered | undefined {
    const vectors = this.#vectors;
    if (!vectors || (dtype !== 'F16' && dtype !== 'BF16' && dtype !== 'F32')) return undefined;
    const columns = offsets.length;
    const count = rows * columns;
    // First what is gathered of the exponents, then the table, the source, and the result, four bytes off its place: what
    // is not aligned no library works on where it lies, so TensorFlow copies it at once, and it may be written over.
    const table = 16;
    const source = table + 4 * columns;
    const target = source + count * ITEM_SIZE[dtype] + 4;
    const needed = target + 4 * count;
    if (stride !== 1 || rows % 4 || columns % 4 || count === 0 || needed > MOST_BYTES) return undefined;

    const { memory } = vectors;
    const missing = needed - memory.buffer.byteLength;
    if (missing > 0) memory.grow(Math.ceil(missing / 2 ** 16));
    const gathered = new Int32Array(memory.buffer, 0, 4).fill(0);
    new Int32Array(memory.buffer, table, columns).set(offsets.map((offset) => 4 * offset));
    new Uint8Array(memory.buffer, source).set(bytes);
    const turn = vectors.turn[dtype];
    const rowBytes = columns * ITEM_SIZE[dtype];
    for (let row = 0; row < rows; row += BLOCK) {
      for (let column = 0; column < columns; column += BLOCK) {
        const from = source + row * rowBytes + column * ITEM_SIZE[dtype];
        const [height, width] = [Math.min(BLOCK, rows - row), Math.min(BLOCK, columns - column)];
        turn(from, rowBytes, table + 4 * column, target + 4 * row, height, width);
      }
    }
    const values = new Float32Array(memory.buffer, target, count);
    return { values, notFinite: gathered.some((word) => word < 0) ? countNotFinite(values) : 0 };
  }
}

/** A tensor as a table: PyTorch's first axis makes the rows, all others together the columns. */
interface Places {
  rows: number;
  /** Where the numbers of a column go: the first of column i to `offsets[i]`, each further one `stride` behind. */
  offsets: Int32Array;
  stride: number;
}

function placesOf(shape: readonly number[], order: readonly number[]): Places {
  const strides = new Array<number>(shape.length); // of PyTorch's axes, in the stored tensor
  let stride = 1;
  for (const axis of order.toReversed()) {
    strides[axis] = stride;
    stride *= shape[axis]!;
  }
  const offsets = new Int32Array(countOf(shape.slice(1)));
  let inner = 1; // columns between one index of an axis and the next
  for (let axis = shape.length - 1; axis > 0; axis--) {
    const length = shape[axis]!;
    for (const i of offsets.keys()) offsets[i]! += (Math.floor(i / inner) % length) * strides[axis]!;
    inner *= length;
  }
  return { rows: shape[0]!, offsets, stride: strides[0]! };
}

function turnPlainly(numbers: Float32Array, { rows, offsets, stride }: Places): Float32Array {
  const columns = offsets.length;
  const turned = new Float32Array(numbers.length);
  const [from, to] = [bitsOf(numbers), bitsOf(turned)]; // a NaN's own bits may get lost in a number
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) {
      to[offsets[column]! + row * stride] = from[row * columns + column]!;
    }
  }
  return turned;
}

function counted(values: Float32Array): Ordered {
  let gathered = 0;
  // An exponent that is all ones, as only NaN and the infinities have it, is carried into the sign.
  const words = bitsOf(values);
  for (let i = 0; i < words.length; i++) gathered |= (words[i]! & 0x7f800000) + 0x00800000;
  return { values, notFinite: gathered < 0 ? countNotFinite(values) : 0 };
}

function countNotFinite(values: Float32Array): number {
  let count = 0;
  for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i]!)) count += 1;
  return count;
}

function bitsOf(values: Float32Array): Int32Array {
  return new Int32Array(values.buffer, values.byteOffset, values.length);
}
