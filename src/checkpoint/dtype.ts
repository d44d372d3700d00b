// The number types of checkpoints, under safetensors' names, and the way from each to float32.
// Bytes are little-endian, as both file formats write them and every machine this runs on keeps them.
import { ClipError } from '../errors.ts';

export type DType = 'F64' | 'F32' | 'F16' | 'BF16' | 'I64' | 'I32' | 'I16' | 'I8' | 'U8' | 'BOOL';

export type TypedArray =
  | Float64Array
  | Float32Array
  | Uint16Array
  | BigInt64Array
  | Int32Array
  | Int16Array
  | Int8Array
  | Uint8Array;

/** Bytes of one number. */
export const ITEM_SIZE: Readonly<Record<DType, number>> = {
  F64: 8,
  F32: 4,
  F16: 2,
  BF16: 2,
  I64: 8,
  I32: 4,
  I16: 2,
  I8: 1,
  U8: 1,
  BOOL: 1,
};

/** The bytes as an array of their own type; F16 and BF16, which JavaScript has not, as their bits. */
export function typedArray(dtype: DType, bytes: Uint8Array): TypedArray {
  const size = ITEM_SIZE[dtype];
  // A typed array must begin at a multiple of its item size; a view into a file often does not.
  const { buffer, byteOffset, length } = bytes.byteOffset % size === 0 ? bytes : new Uint8Array(bytes);
  const count = length / size;
  switch (dtype) {
    case 'F64':
      return new Float64Array(buffer, byteOffset, count);
    case 'F32':
      return new Float32Array(buffer, byteOffset, count);
    case 'F16':
    case 'BF16':
      return new Uint16Array(buffer, byteOffset, count);
    case 'I64':
      return new BigInt64Array(buffer, byteOffset, count);
    case 'I32':
      return new Int32Array(buffer, byteOffset, count);
    case 'I16':
      return new Int16Array(buffer, byteOffset, count);
    case 'I8':
      return new Int8Array(buffer, byteOffset, count);
    case 'U8':
    case 'BOOL':
      return new Uint8Array(buffer, byteOffset, count);
  }
}

/** The numbers as float32: F16 and BF16 exactly, F64 rounded. Throws for whole numbers, which no weight is. */
export function widen(dtype: DType, bytes: Uint8Array, name: string): Float32Array {
  const values = typedArray(dtype, bytes);
  switch (dtype) {
    case 'F32':
      return values as Float32Array;
    case 'F64':
      return Float32Array.from(values as Float64Array);
    case 'F16':
      return widenHalf(values as Uint16Array);
    case 'BF16':
      return widenBrain(values as Uint16Array);
    default:
      throw new ClipError(`tensor ${name}`, { expected: 'floating-point numbers', got: dtype });
  }
}

/** A bfloat16 is the upper half of a float32. */
function widenBrain(bits: Uint16Array): Float32Array {
  const wide = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) wide[i] = bits[i]! << 16;
  return new Float32Array(wide.buffer);
}

/** Through a table of all 65,536 halves: twice as fast as shifting each one. */
function widenHalf(bits: Uint16Array): Float32Array {
  halfTable ??= makeHalfTable();
  const table = halfTable;
  const wide = new Uint32Array(bits.length);
  for (let i = 0; i < bits.length; i++) wide[i] = table[bits[i]!]!;
  return new Float32Array(wide.buffer);
}

let halfTable: Uint32Array | undefined;

/** The float32 bits of every half: 1 sign, 5 exponent (bias 15), 10 fraction → 1, 8 (bias 127), 23. */
function makeHalfTable(): Uint32Array {
  const table = new Uint32Array(65536);
  for (let half = 0; half < 65536; half++) {
    const sign = (half & 0x8000) << 16;
    const exponent = (half >> 10) & 31;
    const fraction = half & 1023;
    if (exponent === 31) table[half] = sign | 0x7f800000 | (fraction << 13);
    else if (exponent > 0) table[half] = sign | ((exponent + 112) << 23) | (fraction << 13);
    else if (fraction === 0) table[half] = sign;
    else {
      // A subnormal half is a normal float32: shift its first 1 up to where the hidden one stands.
      const shift = Math.clz32(fraction) - 21;
      table[half] = sign | ((113 - shift) << 23) | (((fraction << shift) & 1023) << 13);
    }
  }
  return table;
}
