// What a JPEG says before its pixels: size and number of components. The walk over the
// markers is Pillow's (JpegImagePlugin), which refuses what is not 8 bits deep or has 2 components.
import { ClipError } from '../../errors.ts';
import { join } from './join.ts';

export interface JpegHeader {
  readonly width: number;
  readonly height: number;
  /** 1: grey, 3: colour, 4: CMYK. */
  readonly components: 1 | 3 | 4;
  /**
   * The file without EXIF, colour profiles, previews and other segments that say nothing about its own pixels:
   * a decoder then cannot act on them. Of the application segments JFIF's and Adobe's stay.
   */
  readonly stripped: Uint8Array;
}

/** APP1…APP15 but Adobe's APP14, and comments. */
const isMetadata = (marker: number): boolean =>
  (marker > 0xe0 && marker <= 0xef && marker !== 0xee) || marker === 0xfe;

/** True where the bytes begin as a JPEG does. */
export function isJpeg(bytes: Uint8Array): boolean {
  return bytes[0] === 0xff && bytes[1] === 0xd8 && bytes[2] === 0xff;
}

/** Reads the segments up to the first scan. */
export function readJpegHeader(bytes: Uint8Array, name: string): JpegHeader {
  const refuse = (what: string, facts: { expected?: string; got?: string } = {}): ClipError =>
    new ClipError(`${name}: ${what}`, { ...facts, hint: 'the JPEG is damaged, cut short or of a rare kind' });
  let frame: Omit<JpegHeader, 'stripped'> | undefined;
  const kept: Uint8Array[] = [];
  let keptTo = 0;
  let onePass = true; // one scan after another, without restarts
  for (let at = 2; at + 1 < bytes.length; ) {
    const marker = bytes[at + 1]!;
    if (bytes[at] !== 0xff || marker === 0 || marker === 0xff) {
      at++; // padding, or junk between segments
      continue;
    }
    at += 2;
    if (marker < 0xc0) throw refuse('not a JPEG marker', { got: `ff ${marker.toString(16)}` });
    if ((marker >= 0xd0 && marker <= 0xd9) || marker === 0xc8 || (marker >= 0xf0 && marker <= 0xfd)) continue;
    const length = at + 1 < bytes.length ? (bytes[at]! << 8) | bytes[at + 1]! : 0;
    if (length < 2 || at + length > bytes.length) throw refuse('the JPEG ends inside a segment');
    const body = bytes.subarray(at + 2, at + length);
    if (marker === 0xda) {
      if (onePass && strayMarker(bytes, at + length))
        throw refuse('a marker that no JPEG has among its pixels');
      break;
    }
    if (marker === 0xdd || (marker >= 0xc2 && marker <= 0xcf && marker !== 0xc4)) onePass = false;
    // C0…CF start a frame, but for Huffman tables (C4) and arithmetic conditioning (CC); DE is hierarchical.
    if ((marker >= 0xc0 && marker <= 0xcf && marker !== 0xc4 && marker !== 0xcc) || marker === 0xde) {
      frame = readFrame(body, refuse);
    }
    if (isMetadata(marker)) {
      kept.push(bytes.subarray(keptTo, at - 2));
      keptTo = at + length;
    }
    at += length;
  }
  if (!frame) throw refuse('a JPEG without pixels');
  kept.push(bytes.subarray(keptTo));
  return { ...frame, stripped: join(kept) };
}

function readFrame(
  body: Uint8Array,
  refuse: (what: string, facts?: { expected?: string; got?: string }) => ClipError,
): Omit<JpegHeader, 'stripped'> {
  if (body.length < 6) throw refuse('the JPEG ends inside its frame header');
  const components = body[5]!;
  if (body[0] !== 8) throw refuse('JPEG sample depth', { expected: '8 bits', got: `${body[0]} bits` });
  if (components !== 1 && components !== 3 && components !== 4) {
    throw refuse('JPEG components', { expected: '1, 3 or 4', got: String(components) });
  }
  return { height: (body[1]! << 8) | body[2]!, width: (body[3]! << 8) | body[4]!, components };
}

/**
 * True where the first marker after the pixels' begin is none that may stand there. A decoder that stops at the
 * last row may miss it; Pillow reads on and refuses the file. (With restarts a decoder skips such markers.)
 */
function strayMarker(bytes: Uint8Array, from: number): boolean {
  for (let at = bytes.indexOf(0xff, from); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    const marker = bytes[at + 1];
    if (marker === undefined) return false;
    const filler = marker <= 0x01 || marker === 0xff;
    const restart = marker >= 0xd0 && marker <= 0xd7;
    if (filler || restart) continue;
    const tables = marker === 0xc4 || marker === 0xcc || (marker >= 0xd9 && marker <= 0xdd);
    return !(tables || (marker >= 0xe0 && marker <= 0xef) || marker === 0xfe);
  }
  return false;
}

/**
 * Start-of-scan markers in the file. A decoder goes through the whole picture once for each: thousands of scans
 * in a small file would keep it busy for hours.
 */
export function countScans(bytes: Uint8Array): number {
  let scans = 0;
  for (let at = bytes.indexOf(0xff); at >= 0; at = bytes.indexOf(0xff, at + 1)) {
    if (bytes[at + 1] === 0xda) scans++;
  }
  return scans;
}
