// The list at a zip archive's end: which members there are and where. Zip64 too, which PyTorch writes for large files.
// https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
import type { ByteSource } from '../data/bytes/byte-source.ts';
import { ClipError } from '../errors.ts';
import { LONGEST_NAME, MOST_MEMBERS } from './limits.ts';

export interface ZipEntry {
  name: string;
  /** The name as it is written. */
  nameBytes: Uint8Array;
  /** 0 stored, 8 deflated. */
  method: number;
  encrypted: boolean;
  crc: number;
  compressedSize: number;
  size: number;
  /** Where the member's own header stands. */
  headerOffset: number;
}

const END = 0x06054b50;
const END64_LOCATOR = 0x07064b50;
const END64 = 0x06064b50;
const ENTRY = 0x02014b50;

const END_SIZE = 22;
const LONGEST_COMMENT = 0xffff;
/** Bytes: 400 for each of the most members, three times what PyTorch writes. */
const LARGEST_DIRECTORY = 400 * MOST_MEMBERS;
const IN_ZIP64 = 0xffffffff;

interface End {
  count: number;
  start: number;
  size: number;
}

/** Every entry in the directory's order, and where the directory begins: all members end before it. */
export async function readZipDirectory(source: ByteSource): Promise<{ entries: ZipEntry[]; start: number }> {
  const name = source.name ?? 'zip archive';
  const { end, position } = await findEnd(source, name);
  if (end.count > MOST_MEMBERS) {
    throw new ClipError(`${name}: a zip archive`, {
      expected: `at most ${MOST_MEMBERS} members`,
      got: end.count,
    });
  }
  if (end.size > LARGEST_DIRECTORY || end.start + end.size > position) {
    throw new ClipError(`${name}: the zip directory`, {
      expected: `within the archive's ${position} bytes`,
      got: `${end.size} bytes at ${end.start}`,
      hint: 'the file is damaged',
    });
  }
  const bytes = await source.read(end.start, end.start + end.size);
  return { entries: parseEntries(bytes, end.count, name), start: end.start };
}

/** The end record is the last thing in the file but for a comment whose length it tells. */
async function findEnd(source: ByteSource, name: string): Promise<{ end: End; position: number }> {
  const tailStart = Math.max(0, source.size - END_SIZE - LONGEST_COMMENT);
  const tail = await source.read(tailStart, source.size);
  const view = viewOf(tail);
  for (let at = tail.length - END_SIZE; at >= 0; at--) {
    if (view.getUint32(at, true) !== END) continue;
    if (at + END_SIZE + view.getUint16(at + 20, true) !== tail.length) continue;
    const end = {
      count: view.getUint16(at + 10, true),
      size: view.getUint32(at + 12, true),
      start: view.getUint32(at + 16, true),
    };
    const isZip64 = end.count === 0xffff || end.size === IN_ZIP64 || end.start === IN_ZIP64;
    return isZip64 ? findEnd64(source, tailStart + at, name) : { end, position: tailStart + at };
  }
  throw new ClipError(`${name}: no zip directory at its end`, {
    expected: 'a whole zip archive',
    got: 'one that is cut off, or another format',
    hint: 'fetch it again',
  });
}

/** The 64-bit end record, which a locator of 20 bytes ahead of the plain one points to. */
async function findEnd64(source: ByteSource, endPosition: number, name: string) {
  const damaged = () => new ClipError(`${name}: the zip64 end record is missing or outside the archive`);
  if (endPosition < 20) throw damaged();
  const locator = viewOf(await source.read(endPosition - 20, endPosition));
  const position = Number(locator.getBigUint64(8, true));
  if (locator.getUint32(0, true) !== END64_LOCATOR || position + 56 > endPosition - 20) throw damaged();
  const record = viewOf(await source.read(position, position + 56));
  if (record.getUint32(0, true) !== END64) throw damaged();
  const end = {
    count: Number(record.getBigUint64(32, true)),
    size: Number(record.getBigUint64(40, true)),
    start: Number(record.getBigUint64(48, true)),
  };
  return { end, position };
}

const utf8 = new TextDecoder();

function parseEntries(bytes: Uint8Array, count: number, archive: string): ZipEntry[] {
  const view = viewOf(bytes);
  const entries: ZipEntry[] = [];
  for (let at = 0; at < bytes.length && entries.length <= count; ) {
    const damaged = () => new ClipError(`${archive}: the zip directory's entry ${entries.length} is damaged`);
    if (at + 46 > bytes.length || view.getUint32(at, true) !== ENTRY) throw damaged();
    const nameEnd = at + 46 + view.getUint16(at + 28, true);
    const extraEnd = nameEnd + view.getUint16(at + 30, true);
    const next = extraEnd + view.getUint16(at + 32, true);
    if (next > bytes.length) throw damaged();
    const nameBytes = bytes.subarray(at + 46, nameEnd);
    if (nameBytes.length > LONGEST_NAME) {
      throw new ClipError(`${archive}: the name of member ${entries.length}`, {
        expected: `at most ${LONGEST_NAME} bytes`,
        got: nameBytes.length,
      });
    }
    const entry: ZipEntry = {
      name: utf8.decode(nameBytes),
      nameBytes,
      method: view.getUint16(at + 10, true),
      encrypted: (view.getUint16(at + 8, true) & 1) === 1,
      crc: view.getUint32(at + 16, true),
      compressedSize: view.getUint32(at + 20, true),
      size: view.getUint32(at + 24, true),
      headerOffset: view.getUint32(at + 42, true),
    };
    if (!takeZip64(entry, bytes.subarray(nameEnd, extraEnd))) throw damaged();
    entries.push(entry);
    at = next;
  }
  if (entries.length !== count) {
    const got = entries.length > count ? 'more' : entries.length;
    throw new ClipError(`${archive}: the zip directory`, { expected: `${count} members`, got });
  }
  return entries;
}

/** Sizes and offset of more than 32 bits stand in an extra field, each only if its own field says so. */
function takeZip64(entry: ZipEntry, extra: Uint8Array): boolean {
  const wanted = (['size', 'compressedSize', 'headerOffset'] as const).filter(
    (key) => entry[key] === IN_ZIP64,
  );
  const view = viewOf(extra);
  for (let at = 0; at + 4 <= extra.length; ) {
    const length = view.getUint16(at + 2, true);
    if (view.getUint16(at, true) === 1) {
      if (length < 8 * wanted.length || at + 4 + length > extra.length) return false;
      for (const [i, key] of wanted.entries()) entry[key] = Number(view.getBigUint64(at + 4 + 8 * i, true));
      return true;
    }
    at += 4 + length;
  }
  return wanted.length === 0;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
