// A place in a pickle's bytes: reads the little fields of opcodes, and never past the end.
import { ClipError } from '../../errors.ts';

export class Cursor {
  readonly bytes: Uint8Array;
  position = 0;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  }

  get left(): number {
    return this.bytes.length - this.position;
  }

  /** The next `length` bytes, as a view. A length that lies is caught here, before anything is made of it. */
  take(length: number): Uint8Array {
    const start = this.advance(length);
    return this.bytes.subarray(start, start + length);
  }

  /** The text up to the next line break, which is passed over. */
  line(): Uint8Array {
    const end = this.bytes.indexOf(10, this.position);
    if (end < 0) throw new ClipError('a line', { expected: 'a line break', got: 'the end of the pickle' });
    const line = this.bytes.subarray(this.position, end);
    this.position = end + 1;
    return line;
  }

  uint8(): number {
    return this.#view.getUint8(this.advance(1));
  }

  uint16(): number {
    return this.#view.getUint16(this.advance(2), true);
  }

  int32(): number {
    return this.#view.getInt32(this.advance(4), true);
  }

  uint32(): number {
    return this.#view.getUint32(this.advance(4), true);
  }

  /** Lengths of 64 bits; beyond 2^53 they lose digits, and are far beyond the file anyway. */
  uint64(): number {
    return Number(this.#view.getBigUint64(this.advance(8), true));
  }

  /** A Python float in a pickle is big-endian. */
  float64(): number {
    return this.#view.getFloat64(this.advance(8), false);
  }

  private advance(length: number): number {
    if (length < 0 || length > this.left) {
      throw new ClipError('a length beyond the end of the pickle', {
        expected: `at most ${this.left} bytes`,
        got: length,
      });
    }
    const start = this.position;
    this.position += length;
    return start;
  }
}
