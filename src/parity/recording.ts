// A recording: what one program computed, as named tensors. docs/parity.md describes its keys; a safetensors file of
// them is one, and so is what recordRun keeps in memory.
import type { DType, TypedArray } from '../checkpoint/dtype.ts';
import { type Checkpoint, StoredTensor } from '../checkpoint/stored-tensor.ts';

/** Any checkpoint that was opened is one. */
export type Recording = Pick<Checkpoint, 'tensors' | 'metadata'>;

/** A tensor whose numbers are in memory: row-major, in PyTorch's order of axes. */
export function memoryTensor(
  name: string,
  dtype: DType,
  shape: readonly number[],
  values: TypedArray,
): StoredTensor {
  const { buffer, byteOffset, byteLength } = values;
  const bytes = new Uint8Array(buffer as ArrayBuffer, byteOffset, byteLength);
  return new StoredTensor(name, dtype, shape, async () => bytes);
}

export type Numbers = Exclude<TypedArray, BigInt64Array>;

/** A tensor's numbers as JavaScript has them: halves widened, 64-bit integers as doubles. */
export async function numbersOf(tensor: StoredTensor): Promise<Numbers> {
  if (tensor.dtype === 'F16' || tensor.dtype === 'BF16') return tensor.readFloat32();
  const values = await tensor.read();
  return values instanceof BigInt64Array ? Float64Array.from(values, Number) : values;
}
