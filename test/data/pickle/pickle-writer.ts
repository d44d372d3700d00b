// Pickles as Python 2 wrote them (protocol 2, `str` as latin1 bytes), and the parts to build broken ones from.
import { latin1Bytes } from '../../../src/data/pickle/text.ts';

type Part = number | string | Uint8Array | readonly Part[];

/** Opcodes and their arguments, flattened: numbers are bytes, texts latin1. */
export function bytesOf(...parts: Part[]): Uint8Array {
  const pieces: Uint8Array[] = [];
  const add = (part: Part): void => {
    if (typeof part === 'number') pieces.push(Uint8Array.of(part));
    else if (typeof part === 'string') pieces.push(latin1Bytes(part));
    else if (part instanceof Uint8Array) pieces.push(part);
    else for (const item of part) add(item);
  };
  add(parts);
  const all = new Uint8Array(pieces.reduce((sum, piece) => sum + piece.length, 0));
  let offset = 0;
  for (const piece of pieces) {
    all.set(piece, offset);
    offset += piece.length;
  }
  return all;
}

export function uint32(value: number): Uint8Array {
  return new Uint8Array(Uint32Array.of(value).buffer);
}

/** An array of bytes, as numpy 1 pickled it. */
export interface Bytes2D {
  rows: number;
  columns: number;
  data: Uint8Array;
}

export type Python2Value = string | number | Bytes2D | Python2Value[] | { [key: string]: Python2Value };

/** One value, with no memo. */
function python2Value(value: Python2Value): Part {
  if (typeof value === 'string') return ['T', uint32(value.length), value];
  if (typeof value === 'number') return ['J', uint32(value)];
  if (Array.isArray(value)) return [']', '(', value.map(python2Value), 'e'];
  if (isBytes2D(value)) {
    const dtype = ['cnumpy\ndtype\n', 'U\x02u1', 'K\x00', 'K\x01', '\x87R', '(K\x03U\x01|NNNJ'];
    return [
      ['cnumpy.core.multiarray\n_reconstruct\n', 'cnumpy\nndarray\n', 'K\x00', '\x85', 'U\x01b', '\x87R'],
      ['(K\x01', python2Value(value.rows), python2Value(value.columns), '\x86'],
      [dtype, uint32(-1), 'J', uint32(-1), 'K\x00t', 'b'],
      ['\x89', 'T', uint32(value.data.length), value.data, 't', 'b'],
    ];
  }
  return ['}', '(', Object.entries(value).map((entry) => entry.map(python2Value)), 'u'];
}

function isBytes2D(value: object): value is Bytes2D {
  return 'data' in value && value.data instanceof Uint8Array;
}

export function python2Pickle(value: Python2Value): Uint8Array {
  return bytesOf('\x80\x02', python2Value(value), '.');
}

/** A data set in CIFAR-100's layout, picture i filled with `i`, label i = i modulo the count of names. */
export function tinyCifar(count: number): { meta: Python2Value; test: { [key: string]: Python2Value } } {
  const data = new Uint8Array(count * 3072).map(
    (_, i) => Math.floor(i / 3072) + 64 * Math.floor((i % 3072) / 1024),
  );
  const labels = (names: number) => Array.from({ length: count }, (_, i) => i % names);
  return {
    meta: { fine_label_names: ['blue star', 'red ring', 'apple'], coarse_label_names: ['fruit', 'shape'] },
    test: {
      filenames: Array.from({ length: count }, (_, i) => `picture_${i}.png`),
      batch_label: 'testing batch 1 of 1',
      fine_labels: labels(3),
      coarse_labels: labels(2),
      data: { rows: count, columns: 3072, data },
    },
  };
}
