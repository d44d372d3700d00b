// Tar archives (ustar, and what GNU and Python's tarfile write), read from front to back. Written here because the
// format is a header of 512 bytes and the content; the npm readers want Node streams or the whole archive in memory.
import { ClipError } from '../../errors.ts';
import type { ByteReader } from './byte-reader.ts';

const BLOCK = 512;

/** A member that is waited for may be this large: CIFAR-100's `train` is 155 MB. */
const LARGEST_MEMBER = 2 ** 30;

/** Bytes that are looked through before giving up, so that a small file that unpacks to terabytes ends. */
const LONGEST_ARCHIVE = 2 ** 32;

interface Header {
  name: string;
  size: number;
  isFile: boolean;
}

/**
 * The content of the members that `wanted` names, by that name; reading stops when all are found. `wanted` maps a
 * member's path to its key, or to undefined. A member that is not in the archive is not in the answer.
 */
export async function readTarMembers<Key extends string>(
  reader: ByteReader,
  keys: readonly Key[],
  wanted: (path: string) => Key | undefined,
  archive: string,
): Promise<Map<Key, Uint8Array>> {
  const found = new Map<Key, Uint8Array>();
  while (found.size < keys.length && (await reader.hasMore())) {
    const block = await reader.read(BLOCK);
    if (block.every((byte) => byte === 0)) break; // the archive's end
    const header = parseHeader(block, archive);
    const padding = (BLOCK - (header.size % BLOCK)) % BLOCK;
    const key = header.isFile ? wanted(header.name) : undefined;
    if (key !== undefined && !found.has(key)) {
      checkSize(header.size, LARGEST_MEMBER, `${archive}: ${header.name}`);
      found.set(key, await reader.read(header.size));
      if (found.size < keys.length) await reader.skip(padding);
    } else {
      checkSize(reader.position + header.size, LONGEST_ARCHIVE, archive);
      await reader.skip(header.size + padding);
    }
  }
  return found;
}

function checkSize(size: number, limit: number, what: string): void {
  if (size > limit)
    throw new ClipError(`${what} is too large`, { expected: `at most ${limit} bytes`, got: size });
}

/** name 0–100, size 124–136, checksum 148–156, type 156, magic 257, prefix 345–500; numbers are octal text. */
function parseHeader(block: Uint8Array, archive: string): Header {
  const text = (start: number, end: number) => {
    const field = block.subarray(start, end);
    const zero = field.indexOf(0);
    return new TextDecoder().decode(zero < 0 ? field : field.subarray(0, zero));
  };
  let sum = 8 * 32; // the checksum's own field counts as spaces
  for (const [i, byte] of block.entries()) if (i < 148 || i >= 156) sum += byte;
  if (octal(text(148, 156)) !== sum) {
    throw new ClipError(`${archive}: a tar header`, {
      expected: `checksum ${sum}`,
      got: JSON.stringify(text(148, 156)),
      hint: 'the file is damaged, or no tar archive',
    });
  }
  const size = octal(text(124, 136));
  if (!Number.isSafeInteger(size)) {
    throw new ClipError(`${archive}: a tar member's size`, {
      expected: 'an octal number',
      got: JSON.stringify(text(124, 136)),
    });
  }
  const prefix = text(257, 262) === 'ustar' ? text(345, 500) : '';
  const type = text(156, 157);
  return {
    name: prefix ? `${prefix}/${text(0, 100)}` : text(0, 100),
    size,
    isFile: type === '' || type === '0', // long-name and pax blocks are passed over: no name here is that long
  };
}

function octal(text: string): number {
  return /^ *[0-7]+ *$/.test(text) ? Number.parseInt(text, 8) : Number.NaN;
}
