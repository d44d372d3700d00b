// A checkpoint, whatever file it came from: named tensors that are read when they are asked for.
import { type DType, ITEM_SIZE, type TypedArray, typedArray, widen } from './dtype.ts';

export type CheckpointFormat = 'torchscript' | 'pytorch' | 'safetensors';

export interface Checkpoint {
  readonly format: CheckpointFormat;
  /** In the file's order, under the file's names. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
  /**
   * What the file says besides: safetensors' `__metadata__`; the plain numbers and words of a PyTorch file, as text
   * (`epoch`, or `visual.transformer.resblocks.0.attn.num_heads` in OpenAI's archives).
   */
  readonly metadata: ReadonlyMap<string, string>;
}

/** Reads a tensor's bytes, row-major and contiguous; may use the beginning of `into`, as ByteSource.read does. */
export type ReadBytes = (into?: Uint8Array) => Promise<Uint8Array>;

/** One tensor in a file: what it is is known, its numbers are read on demand and not kept. */
export class StoredTensor {
  readonly name: string;
  readonly dtype: DType;
  /** PyTorch's shape. */
  readonly shape: readonly number[];
  readonly byteLength: number;
  /** The bytes, which may lie in `into` or in the source's memory: not to be written to. Several may read at a time. */
  readonly readBytes: ReadBytes;

  constructor(name: string, dtype: DType, shape: readonly number[], readBytes: ReadBytes) {
    this.name = name;
    this.dtype = dtype;
    this.shape = shape;
    this.byteLength = countOf(shape) * ITEM_SIZE[dtype];
    this.readBytes = readBytes;
  }

  /** The numbers in the file's own type, row-major; F16 and BF16 as their bits (Uint16Array). */
  async read(): Promise<TypedArray> {
    return typedArray(this.dtype, await this.readBytes());
  }

  /** The numbers as float32, row-major: F16 and BF16 exactly. Throws for integer types. */
  async readFloat32(): Promise<Float32Array> {
    return widen(this.dtype, await this.readBytes(), this.name);
  }
}

/** How many numbers a shape holds. */
export function countOf(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}
