import { describe, expect, it } from 'vitest';
import { type DType, widen } from '../../src/checkpoint/dtype.ts';
import { StoredOrder } from '../../src/checkpoint/stored-order.ts';
import { countOf } from '../../src/checkpoint/stored-tensor.ts';
import { startVectors } from '../../src/checkpoint/turn-simd.ts';

/** Pseudo-random bytes, the same in every run. */
function noise(length: number): Uint8Array {
  let state = 1;
  return Uint8Array.from({ length }, () => {
    state = (state * 48271) % 0x7fffffff;
    return state >> 8;
  });
}

const bitsOf = ({ buffer, byteOffset, length }: Float32Array) => new Int32Array(buffer, byteOffset, length);

/** What is expected: each number of the stored tensor looked up where PyTorch has it. Of all, the bits. */
function looked(dtype: DType, bytes: Uint8Array, shape: number[], order: number[]): Int32Array {
  const from = bitsOf(widen(dtype, bytes, 'w'));
  const strides = shape.map((_, axis) => countOf(shape.slice(axis + 1)));
  const to = new Int32Array(from.length);
  for (const i of to.keys()) {
    let [rest, at] = [i, 0];
    for (const axis of order.toReversed()) {
      at += (rest % shape[axis]!) * strides[axis]!;
      rest = Math.floor(rest / shape[axis]!);
    }
    to[i] = from[at]!;
  }
  return to;
}

function permutations(items: number[]): number[][] {
  if (items.length === 0) return [[]];
  return items.flatMap((item) =>
    permutations(items.filter((i) => i !== item)).map((rest) => [item, ...rest]),
  );
}

const ways = [
  { way: 'vectors', plain: false },
  { way: 'plain loops', plain: true },
];
const BYTES = { F16: 2, BF16: 2, F32: 4 } as const;
const types = Object.keys(BYTES) as (keyof typeof BYTES)[];

it('there are vectors here', () => {
  expect(startVectors()).toBeDefined();
});

describe.each(ways)('stored order, $way', ({ plain }) => {
  const stored = new StoredOrder({ plain });
  const bring = (dtype: DType, bytes: Uint8Array, shape: number[], order: number[]) =>
    stored.bring({ name: 'w', dtype, shape, bytes }, order);

  it.each(['F16', 'BF16'] as const)('has every one of the 65,536 numbers of %s, to the bit', (dtype) => {
    const bytes = new Uint8Array(Uint16Array.from({ length: 65536 }, (_, i) => i).buffer);
    for (const shape of [
      [256, 256],
      [16, 4096],
    ]) {
      const { values, notFinite } = bring(dtype, bytes, shape, [1, 0]);
      expect(bitsOf(values)).toEqual(looked(dtype, bytes, shape, [1, 0]));
      expect(notFinite).toBe(dtype === 'F16' ? 2 * 1024 : 2 * 128);
    }
  });

  it.each(types)('brings %s into every order of up to four axes', (dtype) => {
    for (const shape of [[13], [12, 8], [5, 7], [4, 3, 8], [8, 3, 2, 2], [3, 1, 5, 2], [4, 0, 2]]) {
      const bytes = noise(countOf(shape) * BYTES[dtype]);
      for (const order of permutations([...shape.keys()])) {
        const { values } = bring(dtype, bytes, shape, order);
        expect(bitsOf(values), `[${shape}] ${order}`).toEqual(looked(dtype, bytes, shape, order));
      }
    }
    expect(bring(dtype, noise(BYTES[dtype]), [], []).values.length).toBe(1);
  });

  it.each(types)('brings %s of whole and broken blocks, from anywhere in memory', (dtype) => {
    for (const [rows, columns] of [
      [32, 32],
      [128, 64],
      [132, 200],
      [64, 33],
      [1, 100],
      [2, 68],
    ] as const) {
      const size = rows * columns * BYTES[dtype];
      const bytes = noise(size + 1).subarray(1);
      const { values } = bring(dtype, bytes, [rows, columns], [1, 0]);
      expect(bitsOf(values), `[${rows}, ${columns}]`).toEqual(looked(dtype, bytes, [rows, columns], [1, 0]));
    }
  });

  it('rounds F64', () => {
    const bytes = new Uint8Array(Float64Array.of(1 / 3, 2, 3, 4, 5, 1e300).buffer);
    const { values, notFinite } = bring('F64', bytes, [2, 3], [1, 0]);
    expect([...values]).toEqual([Math.fround(1 / 3), 4, 2, 5, 3, Infinity]);
    expect(notFinite).toBe(1);
  });

  it('refuses whole numbers by name', () => {
    expect(() => bring('I32', noise(16), [2, 2], [1, 0])).toThrow(
      'tensor w: expected floating-point numbers, got I32',
    );
  });

  /** 1, NaN and both infinities, in each type's bits. */
  const special = {
    F16: [0x3c00, 0x7e00, 0x7c00, 0xfc00],
    BF16: [0x3f80, 0x7fc0, 0x7f80, 0xff80],
    F32: [0x3f800000, 0x7fc00000, 0x7f800000, 0xff800000],
  };
  it.each(types)('counts what is not finite in %s', (dtype) => {
    const [one, ...others] = special[dtype];
    for (const shape of [
      [8, 64],
      [7, 9],
    ]) {
      for (const order of [
        [0, 1],
        [1, 0],
      ]) {
        const bits = new (dtype === 'F32' ? Uint32Array : Uint16Array)(countOf(shape)).fill(one!);
        const bytes = new Uint8Array(bits.buffer);
        expect(bring(dtype, bytes, shape, order).notFinite).toBe(0);
        for (const at of [0, 17, bits.length - 1]) {
          for (const other of others) {
            bits[at] = other;
            expect(bring(dtype, bytes, shape, order).notFinite).toBe(1);
          }
          bits[at] = one!;
        }
        bits.set(others, 3);
        expect(bring(dtype, bytes, shape, order).notFinite).toBe(3);
      }
    }
  });

  it('keeps a result for as long as is asked for', () => {
    const tensor = { name: 'w', dtype: 'F32' as const, shape: [8, 8], bytes: noise(256) };
    const first = stored.bring(tensor, [1, 0]).values;
    const before = first.slice();
    const lent = stored.bring(tensor, [1, 0], false).values;
    if (!plain) expect(lent.byteOffset % 16).not.toBe(0); // or TensorFlow would work on in it
    expect(bitsOf(lent)).toEqual(bitsOf(before));
    stored.bring({ ...tensor, bytes: new Uint8Array(256) }, [1, 0], false);
    expect(bitsOf(first)).toEqual(bitsOf(before));
  });
});
