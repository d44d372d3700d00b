// Zip archives for tests, with every field open to lies.
import { crc32, deflateRawSync } from 'node:zlib';
import { bytesOf, uint32 } from '../data/pickle/pickle-writer.ts';

export interface ZipPart {
  name: string;
  content: Uint8Array;
  deflate?: boolean;
  /** Sizes and offset in the 64-bit extra field, as PyTorch writes for large files. */
  zip64?: boolean;
  /** Fields of the directory entry to be written instead of the true ones. */
  lie?: Partial<{
    crc: number;
    size: number;
    compressedSize: number;
    offset: number;
    method: number;
    flags: number;
  }>;
  /** Another name in the member's own header. */
  localName?: string;
}

const uint16 = (value: number) => Uint8Array.of(value & 255, value >> 8);
const uint64 = (value: number) => new Uint8Array(BigUint64Array.of(BigInt(value)).buffer);

export function zipOf(parts: readonly ZipPart[], end: { zip64?: boolean; count?: number } = {}): Uint8Array {
  const members: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const part of parts) {
    const packed = part.deflate ? new Uint8Array(deflateRawSync(part.content)) : part.content;
    const crc = crc32(part.content);
    const truth = {
      crc,
      size: part.content.length,
      compressedSize: packed.length,
      offset,
      method: part.deflate ? 8 : 0,
      flags: 0,
    };
    const told = { ...truth, ...part.lie };
    // PyTorch pads with an extra field in the member's own header, which the directory does not have.
    const padding = bytesOf('FB', uint16(3), 'ZZZ');
    const localName = bytesOf(part.localName ?? part.name);
    const member = bytesOf(
      ['PK\x03\x04', uint16(20), uint16(told.flags), uint16(told.method), uint32(0), uint32(crc)],
      [uint32(packed.length), uint32(part.content.length), uint16(localName.length), uint16(padding.length)],
      [localName, padding, packed],
    );
    const name = bytesOf(part.name);
    const extra = part.zip64
      ? bytesOf(
          'XX',
          uint16(0),
          uint16(1),
          uint16(24),
          uint64(told.size),
          uint64(told.compressedSize),
          uint64(told.offset),
        )
      : new Uint8Array(0);
    const field = (value: number) => uint32(part.zip64 ? 0xffffffff : value);
    directory.push(
      bytesOf(
        [
          'PK\x01\x02',
          uint16(20),
          uint16(20),
          uint16(told.flags),
          uint16(told.method),
          uint32(0),
          uint32(told.crc),
        ],
        [field(told.compressedSize), field(told.size), uint16(name.length), uint16(extra.length)],
        [uint16(0), uint16(0), uint16(0), uint32(0), field(told.offset), name, extra],
      ),
    );
    members.push(member);
    offset += member.length;
  }
  const list = bytesOf(directory);
  const count = end.count ?? parts.length;
  const record64 = bytesOf(
    ['PK\x06\x06', uint64(44), uint16(45), uint16(45), uint32(0), uint32(0)],
    [uint64(count), uint64(count), uint64(list.length), uint64(offset)],
    ['PK\x06\x07', uint32(0), uint64(offset + list.length), uint32(1)],
  );
  const short = (value: number) => uint16(end.zip64 ? 0xffff : value);
  const long = (value: number) => uint32(end.zip64 ? 0xffffffff : value);
  return bytesOf(
    [members, list, end.zip64 ? record64 : ''],
    [
      'PK\x05\x06',
      uint16(0),
      uint16(0),
      short(count),
      short(count),
      long(list.length),
      long(offset),
      uint16(0),
    ],
  );
}
