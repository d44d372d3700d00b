// A WebP's size, from its header (the RIFF container's first chunk).
import { ClipError } from '../../errors.ts';

/** True where the bytes begin as a WebP does. */
export function isWebp(bytes: Uint8Array): boolean {
  const text = (from: number, to: number): string => String.fromCharCode(...bytes.subarray(from, to));
  return text(0, 4) === 'RIFF' && text(8, 12) === 'WEBP';
}

/** Width and height of the canvas. */
export function readWebpHeader(bytes: Uint8Array, name: string): { width: number; height: number } {
  const kind = String.fromCharCode(...bytes.subarray(12, 16));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length >= 30 && kind === 'VP8 ') {
    return { width: view.getUint16(26, true) & 0x3fff, height: view.getUint16(28, true) & 0x3fff };
  }
  if (bytes.length >= 25 && kind === 'VP8L') {
    const bits = view.getUint32(21, true);
    return { width: (bits & 0x3fff) + 1, height: ((bits >> 14) & 0x3fff) + 1 };
  }
  if (bytes.length >= 30 && kind === 'VP8X') {
    const three = (at: number): number => view.getUint16(at, true) | (bytes[at + 2]! << 16);
    return { width: three(24) + 1, height: three(27) + 1 };
  }
  throw new ClipError(`${name}: the WebP has no picture at its beginning`, {
    hint: 'the file is damaged or cut short',
  });
}
