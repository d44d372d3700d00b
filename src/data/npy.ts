// numpy's .npy files, version 1.0: a header that says type and shape, then the numbers in row-major order.
// https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html
import { ClipError } from '../errors.ts';

export type NpyData = Float32Array | Float64Array | Uint8Array | Int32Array | BigInt64Array;

const MAGIC = '\x93NUMPY';
/** The numbers begin at a multiple of this, as numpy writes them. */
const ALIGNMENT = 64;

const TYPES: readonly (readonly [descr: string, create: (buffer: ArrayBuffer) => NpyData])[] = [
  ['<f4', (buffer) => new Float32Array(buffer)],
  ['<f8', (buffer) => new Float64Array(buffer)],
  ['|u1', (buffer) => new Uint8Array(buffer)],
  ['<i4', (buffer) => new Int32Array(buffer)],
  ['<i8', (buffer) => new BigInt64Array(buffer)],
];

/** The file for an array. Throws when `shape` and the count of numbers do not agree. */
export function encodeNpy(data: NpyData, shape: readonly number[]): Uint8Array {
  checkCount(data.length, shape);
  const descr = TYPES.find(([, create]) => create(new ArrayBuffer(0)).constructor === data.constructor)![0];
  const header = npyHeader(descr, shape);
  const file = new Uint8Array(header.length + data.byteLength);
  file.set(header);
  file.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), header.length);
  return file;
}

/** What stands before the numbers. `descr` is numpy's name of their type, such as `<f2`. */
export function npyHeader(descr: string, shape: readonly number[]): Uint8Array {
  const tuple = shape.length === 1 ? `${shape[0]},` : shape.join(', ');
  const dictionary = `{'descr': '${descr}', 'fortran_order': False, 'shape': (${tuple}), }`;
  const unpadded = MAGIC.length + 2 + 2 + dictionary.length + 1;
  const header = `${dictionary}${' '.repeat((ALIGNMENT - (unpadded % ALIGNMENT)) % ALIGNMENT)}\n`;
  const text = `${MAGIC}\x01\x00${String.fromCharCode(header.length & 255, header.length >> 8)}${header}`;
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** The array in a file. Throws on anything but the types above, row-major, with as many bytes as its shape says. */
export function decodeNpy(file: Uint8Array, name: string = 'npy'): { shape: number[]; data: NpyData } {
  const magic = String.fromCharCode(...file.subarray(0, 6));
  if (magic !== MAGIC) throw new ClipError(name, { expected: 'a .npy file', got: 'other content' });
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  const lengthBytes = file[6] === 1 ? 2 : 4;
  if (file.length < 8 + lengthBytes) throw new ClipError(`${name}: the header is cut off`);
  const length = lengthBytes === 2 ? view.getUint16(8, true) : view.getUint32(8, true);
  const start = 8 + lengthBytes + length;
  if (start > file.length) throw new ClipError(`${name}: the header is cut off`);

  const header = new TextDecoder().decode(file.subarray(8 + lengthBytes, start));
  const descr = /'descr': *'([^']*)'/.exec(header)?.[1];
  const tuple = /'shape': *\(([\d, ]*)\)/.exec(header)?.[1];
  const type = TYPES.find(([candidate]) => candidate === descr);
  if (!type || tuple === undefined || !/'fortran_order': *False/.test(header)) {
    throw new ClipError(`${name}: the header`, {
      expected: `row-major ${TYPES.map(([known]) => known).join(', ')}`,
      got: header.trim().slice(0, 100),
    });
  }
  const shape = (tuple.match(/\d+/g) ?? []).map(Number);
  const data = type[1](alignedCopy(file, start, name, descr!));
  checkCount(data.length, shape, name);
  return { shape, data };
}

function alignedCopy(file: Uint8Array, start: number, name: string, descr: string): ArrayBuffer {
  const bytes = Uint8Array.from(file.subarray(start)); // not slice, which Node's Buffer makes a view
  if (bytes.length % Number(descr[2])) throw new ClipError(`${name}: the last number is cut off`);
  return bytes.buffer;
}

function checkCount(count: number, shape: readonly number[], name: string = 'npy'): void {
  const expected = shape.reduce((product, size) => product * size, 1);
  if (expected !== count) {
    throw new ClipError(`${name}: an array of shape [${shape}]`, {
      expected: `${expected} numbers`,
      got: count,
    });
  }
}
