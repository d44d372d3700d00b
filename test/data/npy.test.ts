import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { decodeNpy, encodeNpy, type NpyData } from '../../src/data/npy.ts';
import { bytesOf } from './pickle/pickle-writer.ts';

// np.save of np.arange(3, dtype='f4').reshape(3, 1), as numpy 2.4 writes it.
const HEADER = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 1), }".padEnd(117);
const NUMPY = bytesOf(
  '\x93NUMPY\x01\x00v\x00',
  HEADER,
  '\n',
  new Uint8Array(Float32Array.of(0, 1, 2).buffer),
);

describe('.npy', () => {
  it("writes numpy's own bytes", () => {
    expect(encodeNpy(Float32Array.of(0, 1, 2), [3, 1])).toEqual(NUMPY);
  });

  const arrays: [NpyData, number[]][] = [
    [Float32Array.of(1.5, -2), [2]],
    [Float64Array.of(Math.PI), []],
    [Uint8Array.of(1, 2, 3, 4, 5, 6), [1, 2, 3]],
    [Int32Array.of(-7), [1, 1]],
    [BigInt64Array.of(2n ** 62n), [1]],
    [new Float32Array(0), [0, 5]],
  ];
  it.each(arrays)('reads what it writes: %o', (data, shape) => {
    expect(decodeNpy(encodeNpy(data, shape))).toEqual({ data, shape });
  });

  const bad: [string, Uint8Array, RegExp][] = [
    ['another file', bytesOf('PNG...........'), /expected a .npy file/],
    ['a cut header', NUMPY.subarray(0, 50), /cut off/],
    ['cut numbers', NUMPY.subarray(0, NUMPY.length - 4), /expected 3 numbers, got 2/],
    ['a cut number', NUMPY.subarray(0, NUMPY.length - 3), /last number is cut off/],
    ['column-major', bytesOf(String.fromCharCode(...NUMPY).replace('False', 'True ')), /row-major/],
    ['big-endian', bytesOf(String.fromCharCode(...NUMPY).replace('<f4', '>f4')), /row-major/],
  ];
  it.each(bad)('refuses %s', (_, file, message) => {
    expect(() => decodeNpy(file)).toThrow(message);
  });

  it('refuses a shape that does not fit', () => {
    expect(() => encodeNpy(new Float32Array(5), [2, 3])).toThrow(/\[2,3\]: expected 6 numbers, got 5/);
  });
});

const FEATURES = '../shared/data/openai-clip/image_features.npy';
const features = (() => {
  try {
    return readFileSync(FEATURES);
  } catch {
    console.log(`skipped: OpenAI's features are not at ${FEATURES}`);
    return undefined;
  }
})();

it.skipIf(!features)("reads a file of numpy's", () => {
  const { shape, data } = decodeNpy(features!);
  expect(shape).toEqual([1, 512]);
  expect(data.length).toBe(512);
});
