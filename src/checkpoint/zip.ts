// A zip archive's members, by name, each read by range without the rest. Nothing is unpacked to disk.
import { ByteReader } from '../data/bytes/byte-reader.ts';
import { type ByteSource, bytesSource, chunksOf, sliceSource } from '../data/bytes/byte-source.ts';
import { decompress } from '../data/bytes/gunzip.ts';
import { ClipError } from '../errors.ts';
import { crc32 } from './crc32.ts';
import { readZipDirectory, type ZipEntry } from './zip-directory.ts';

const STORED = 0;
const DEFLATED = 8;
const LOCAL_HEADER = 0x04034b50;
const LOCAL_HEADER_SIZE = 30;
/** Deflate cannot do better than this; a member that claims more lies. */
const BEST_RATIO = 1032;
/** A compressed member is unpacked whole, so it may not be larger than memory. */
const LARGEST_UNPACKED = 2 ** 31;

export interface ZipMember {
  readonly name: string;
  /** Bytes when unpacked. */
  readonly size: number;
  /** The whole content, its checksum verified. May lie in `into`. */
  read(into?: Uint8Array): Promise<Uint8Array>;
  /** A part of the content. Its checksum is not verified, for that needs the whole. */
  readRange(start: number, end: number, into?: Uint8Array): Promise<Uint8Array>;
}

/**
 * Opens an archive and checks its directory: every member inside it, none over another, no name twice, none that
 * leads out of a folder. Errors name the member.
 */
export async function openZip(source: ByteSource): Promise<Map<string, ZipMember>> {
  const archive = source.name ?? 'zip archive';
  const { entries, start } = await readZipDirectory(source);
  // A member may reach up to where the next one begins. Of two that begin together, the first has no room.
  const inOrder = [...entries].sort((a, b) => a.headerOffset - b.headerOffset);
  const limits = new Map(inOrder.map((entry, i) => [entry, inOrder[i + 1]?.headerOffset ?? start]));
  const members = new Map<string, ZipMember>();
  for (const entry of entries) {
    const limit = limits.get(entry)!;
    checkEntry(entry, limit, archive);
    if (members.has(entry.name)) throw new ClipError(`${archive}: two members are called ${entry.name}`);
    members.set(entry.name, new Member(source, entry, limit, archive));
  }
  return members;
}

function checkEntry(entry: ZipEntry, limit: number, archive: string): void {
  const what = `${archive}: member ${entry.name}`;
  if (entry.name.split(/[/\\]/).includes('..') || /^[/\\]|\0/.test(entry.name)) {
    throw new ClipError(what, { expected: 'a name inside the archive' });
  }
  if (entry.encrypted) throw new ClipError(`${what} is encrypted`);
  if (entry.method !== STORED && entry.method !== DEFLATED) {
    throw new ClipError(`${what}: compression`, {
      expected: 'stored or deflated',
      got: `method ${entry.method}`,
    });
  }
  const nameLength = new TextEncoder().encode(entry.name).length;
  const room = limit - entry.headerOffset - LOCAL_HEADER_SIZE - nameLength;
  if (entry.compressedSize > room) {
    throw new ClipError(`${what} reaches beyond the archive or into another member`, {
      expected: `at most ${Math.max(0, room)} bytes`,
      got: entry.compressedSize,
    });
  }
  const packed = entry.compressedSize;
  const largest = entry.method === STORED ? packed : Math.min(packed * BEST_RATIO, LARGEST_UNPACKED);
  if (entry.size > largest || (entry.method === STORED && entry.size !== entry.compressedSize)) {
    throw new ClipError(`${what}: size`, { expected: `at most ${largest} bytes`, got: entry.size });
  }
}

class Member implements ZipMember {
  readonly name: string;
  readonly size: number;
  readonly #source: ByteSource;
  readonly #entry: ZipEntry;
  readonly #limit: number;
  readonly #what: string;
  #start: Promise<number> | undefined;

  constructor(source: ByteSource, entry: ZipEntry, limit: number, archive: string) {
    this.name = entry.name;
    this.size = entry.size;
    this.#source = source;
    this.#entry = entry;
    this.#limit = limit;
    this.#what = `${archive}: member ${entry.name}`;
  }

  async read(into?: Uint8Array): Promise<Uint8Array> {
    const bytes = await (await this.content()).read(0, this.size, into);
    if (crc32(bytes) !== this.#entry.crc) {
      throw new ClipError(`${this.#what} is damaged`, {
        expected: `checksum ${hex(this.#entry.crc)}`,
        got: hex(crc32(bytes)),
        hint: 'fetch the file again',
      });
    }
    return bytes;
  }

  async readRange(start: number, end: number, into?: Uint8Array): Promise<Uint8Array> {
    return (await this.content()).read(start, end, into);
  }

  /** The content as a source: a range of the archive or, where it is compressed, what comes out of it. */
  private async content(): Promise<ByteSource> {
    this.#start ??= this.dataOffset(this.#entry.headerOffset);
    const start = await this.#start;
    const packed = sliceSource(this.#source, start, start + this.#entry.compressedSize, this.#what);
    return this.#entry.method === STORED ? packed : bytesSource(await this.unpack(packed), this.#what);
  }

  /** Behind the member's own header, whose name must be the directory's and whose extra field has its own length. */
  private async dataOffset(offset: number): Promise<number> {
    const fixed = await this.#source.read(offset, offset + LOCAL_HEADER_SIZE);
    const view = new DataView(fixed.buffer, fixed.byteOffset, fixed.byteLength);
    const nameStart = offset + LOCAL_HEADER_SIZE;
    const nameEnd = nameStart + view.getUint16(26, true);
    const start = nameEnd + view.getUint16(28, true);
    const isHeader =
      view.getUint32(0, true) === LOCAL_HEADER && start + this.#entry.compressedSize <= this.#limit;
    const name = isHeader ? new TextDecoder().decode(await this.#source.read(nameStart, nameEnd)) : undefined;
    if (name === this.#entry.name) return start;
    throw new ClipError(`${this.#what}: its header and the zip directory disagree`, {
      hint: 'the file is damaged',
    });
  }

  private async unpack(packed: ByteSource): Promise<Uint8Array> {
    const reader = new ByteReader(decompress(chunksOf(packed), 'deflate-raw', this.#what), this.#what);
    try {
      const bytes = await reader.read(this.size);
      if (!(await reader.hasMore())) return bytes;
      throw new ClipError(`${this.#what}: unpacked size`, { expected: this.size, got: 'more' });
    } finally {
      await reader.close();
    }
  }
}

function hex(checksum: number): string {
  return checksum.toString(16).padStart(8, '0');
}
