// A stream of chunks, read by counts: the next n bytes, or n bytes passed over.
import { ClipError } from '../../errors.ts';

export class ByteReader {
  readonly #chunks: AsyncIterator<Uint8Array>;
  readonly #name: string;
  #chunk: Uint8Array = new Uint8Array(0);
  #offset = 0;
  /** Bytes read so far. */
  position = 0;

  constructor(chunks: AsyncIterable<Uint8Array>, name: string) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#name = name;
  }

  /** False when nothing is left. */
  async hasMore(): Promise<boolean> {
    while (this.#offset === this.#chunk.length) {
      const next = await this.#chunks.next();
      if (next.done) return false;
      this.#chunk = next.value;
      this.#offset = 0;
    }
    return true;
  }

  /** The next `length` bytes. Memory grows with what arrives, not with what was asked for. Throws at the end. */
  async read(length: number): Promise<Uint8Array> {
    const pieces: Uint8Array[] = [];
    await this.eachPiece(length, (piece) => pieces.push(piece));
    if (pieces.length === 1) return pieces[0]!;
    const bytes = new Uint8Array(length);
    let offset = 0;
    for (const piece of pieces) {
      bytes.set(piece, offset);
      offset += piece.length;
    }
    return bytes;
  }

  /** Passes over the next `length` bytes. Throws at the end. */
  async skip(length: number): Promise<void> {
    await this.eachPiece(length, () => undefined);
  }

  /** Stops the stream behind it; what is left is never read. */
  async close(): Promise<void> {
    await this.#chunks.return?.();
  }

  private async eachPiece(length: number, use: (piece: Uint8Array) => void): Promise<void> {
    for (let left = length; left > 0; ) {
      if (!(await this.hasMore())) {
        throw new ClipError(`${this.#name}: the file is cut off`, {
          expected: `${left} more bytes`,
          got: `the end at byte ${this.position}`,
          hint: 'fetch it again',
        });
      }
      const piece = this.#chunk.subarray(this.#offset, this.#offset + left);
      use(piece);
      this.#offset += piece.length;
      this.position += piece.length;
      left -= piece.length;
    }
  }
}
