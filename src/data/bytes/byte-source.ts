// Where bytes come from, with nothing said about files: every format reader here asks for ranges of a ByteSource,
// so that it runs in a browser on a Blob as it runs in Node on a file.
import { ClipError } from '../../errors.ts';

/** Bytes that can be read by range. `size` is in bytes and does not change. */
export interface ByteSource {
  readonly size: number;
  /** What errors call it: a file's name. */
  readonly name?: string;
  /**
   * Bytes `start` (included) to `end` (excluded). When `into` is given and at least that long, its beginning may be
   * filled and returned instead of new memory: a reader of many ranges then needs one buffer. The answer may be a
   * view of the source's own memory; do not write to it.
   */
  read(start: number, end: number, into?: Uint8Array): Promise<Uint8Array>;
}

/** A source over bytes that are already in memory. Its answers are views, not copies. */
export function bytesSource(bytes: Uint8Array, name?: string): ByteSource {
  const plain = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.length); // Node's Buffer has another `slice`
  return {
    size: plain.length,
    name,
    async read(start, end) {
      checkRange(start, end, plain.length, name);
      return plain.subarray(start, end);
    },
  };
}

/** A source over a Blob or File of a browser (Node has Blob too). */
export function blobSource(blob: Blob, name?: string): ByteSource {
  return {
    size: blob.size,
    name,
    async read(start, end) {
      checkRange(start, end, blob.size, name);
      return new Uint8Array(await blob.slice(start, end).arrayBuffer());
    },
  };
}

/** Bytes `start` to `end` of another source, as a source of their own. Throws when they are not inside it. */
export function sliceSource(source: ByteSource, start: number, end: number, name?: string): ByteSource {
  checkRange(start, end, source.size, source.name);
  return {
    size: end - start,
    name: name ?? source.name,
    async read(from, to, into) {
      checkRange(from, to, end - start, name ?? source.name);
      return source.read(start + from, start + to, into);
    },
  };
}

/** The whole of a source, piece after piece, for a reader that goes from front to back. */
export async function* chunksOf(source: ByteSource, chunkSize: number = 1 << 20): AsyncGenerator<Uint8Array> {
  for (let start = 0; start < source.size; start += chunkSize) {
    yield source.read(start, Math.min(start + chunkSize, source.size));
  }
}

/** Throws unless 0 ≤ start ≤ end ≤ size, all whole numbers. Called before any memory is taken. */
export function checkRange(start: number, end: number, size: number, name: string = 'bytes'): void {
  if (Number.isSafeInteger(start) && Number.isSafeInteger(end) && 0 <= start && start <= end && end <= size)
    return;
  throw new ClipError(`${name}: a range outside the file`, {
    expected: `within 0–${size}`,
    got: `${start}–${end}`,
  });
}
