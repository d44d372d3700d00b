// A zip archive's members, by name, each read by range without the rest. Nothing is unpacked to disk.
import { type ByteSource, bytesSource, chunksOf, sliceSource } from '../data/bytes/byte-source.ts';
import { decompress } from '../data/bytes/gunzip.ts';
import { ClipError } from '../errors.ts';
import { crc32 } from './crc32.ts';
import { allowance } from './limits.ts';
import { readZipDirectory, type ZipEntry } from './zip-directory.ts';

const STORED = 0;
const DEFLATED = 8;
const LOCAL_HEADER = 0x04034b50;
const LOCAL_HEADER_SIZE = 30;
/** Deflate cannot do better than this; a member that claims more lies. */
const BEST_RATIO = 1032;
/** A compressed member is unpacked whole. PyTorch's are not compressed; only an archive that was made again has such. */
const LARGEST_UNPACKED = 2 ** 28;
/** What is read at once to verify a checksum, in bytes. */
const CHUNK = 1 << 20;

export interface ZipMember {
  readonly name: string;
  /** Bytes when unpacked. */
  readonly size: number;
  /** Whether any part of it costs unpacking the whole. */
  readonly isCompressed: boolean;
  /** The whole content, its checksum verified. May lie in `into`. */
  read(into?: Uint8Array): Promise<Uint8Array>;
  /** A part of the content. The first part costs one pass over the whole, for its checksum. */
  readRange(start: number, end: number, into?: Uint8Array): Promise<Uint8Array>;
}

/**
 * Opens an archive and checks its directory: every member inside it, none over another, no name twice, none that
 * leads out of a folder, not more when unpacked than such a file may hold. Errors name the member.
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
  const size = entries.reduce((sum, entry) => sum + entry.size, 0);
  if (size > allowance(source.size)) {
    throw new ClipError(`${archive}: its members unpack to more than so small a file may hold`, {
      expected: `at most ${allowance(source.size)} bytes`,
      got: size,
      hint: 'save it again, uncompressed',
    });
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
  const room = limit - entry.headerOffset - LOCAL_HEADER_SIZE - entry.nameBytes.length;
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
  // Blocks with nothing in them could make a stream of any length; honest ones add 5 bytes to 65,535 at worst.
  if (packed > entry.size + entry.size / 1024 + 1024) {
    throw new ClipError(`${what}: packed size`, { expected: `about ${entry.size} bytes`, got: packed });
  }
}

class Member implements ZipMember {
  readonly name: string;
  readonly size: number;
  readonly isCompressed: boolean;
  readonly #source: ByteSource;
  readonly #entry: ZipEntry;
  readonly #limit: number;
  readonly #what: string;
  #content: Promise<ByteSource> | undefined;
  #verified: Promise<void> | undefined;

  constructor(source: ByteSource, entry: ZipEntry, limit: number, archive: string) {
    this.name = entry.name;
    this.size = entry.size;
    this.isCompressed = entry.method !== STORED;
    this.#source = source;
    this.#entry = entry;
    this.#limit = limit;
    this.#what = `${archive}: member ${entry.name}`;
  }

  async read(into?: Uint8Array): Promise<Uint8Array> {
    if (this.isCompressed) return this.unpack();
    const bytes = await (await this.packed()).read(0, this.size, into);
    this.check(crc32(bytes));
    return bytes;
  }

  async readRange(start: number, end: number, into?: Uint8Array): Promise<Uint8Array> {
    if (this.isCompressed) return bytesSource(await this.unpack(), this.#what).read(start, end);
    this.#verified ??= this.verify();
    await this.#verified;
    return (await this.packed()).read(start, end, into);
  }

  private async verify(): Promise<void> {
    const packed = await this.packed();
    const chunk = new Uint8Array(Math.min(CHUNK, this.size));
    let checksum = 0;
    for (let start = 0; start < this.size; start += CHUNK) {
      checksum = crc32(await packed.read(start, Math.min(start + CHUNK, this.size), chunk), checksum);
    }
    this.check(checksum);
  }

  private check(checksum: number): void {
    if (checksum === this.#entry.crc) return;
    throw new ClipError(`${this.#what} is damaged`, {
      expected: `checksum ${hex(this.#entry.crc)}`,
      got: hex(checksum),
      hint: 'fetch the file again',
    });
  }

  /** The member's bytes as they lie in the archive. */
  private packed(): Promise<ByteSource> {
    this.#content ??= this.findContent(this.#entry.headerOffset);
    return this.#content;
  }

  /** Behind the member's own header, whose name must be the directory's and whose extra field has its own length. */
  private async findContent(offset: number): Promise<ByteSource> {
    const { nameBytes, compressedSize } = this.#entry;
    const nameStart = LOCAL_HEADER_SIZE;
    const header = await this.#source.read(offset, offset + nameStart + nameBytes.length);
    const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
    const start = offset + header.length + view.getUint16(28, true);
    const isRight =
      view.getUint32(0, true) === LOCAL_HEADER &&
      view.getUint16(26, true) === nameBytes.length &&
      nameBytes.every((byte, i) => byte === header[nameStart + i]) &&
      start + compressedSize <= this.#limit;
    if (isRight) return sliceSource(this.#source, start, start + compressedSize, this.#what);
    throw new ClipError(`${this.#what}: its header and the zip directory disagree`, {
      hint: 'the file is damaged',
    });
  }

  private async unpack(): Promise<Uint8Array> {
    const bytes = new Uint8Array(this.size);
    let length = 0;
    for await (const chunk of decompress(chunksOf(await this.packed()), 'deflate-raw', this.#what)) {
      if (length + chunk.length > this.size) {
        throw new ClipError(`${this.#what}: unpacked size`, { expected: this.size, got: 'more' });
      }
      bytes.set(chunk, length);
      length += chunk.length;
    }
    if (length < this.size) {
      throw new ClipError(`${this.#what}: unpacked size`, { expected: this.size, got: length });
    }
    this.check(crc32(bytes));
    return bytes;
  }
}

function hex(checksum: number): string {
  return checksum.toString(16).padStart(8, '0');
}
