// Rounding to half precision: exact where a half is hit, to the nearest between two, to the even one in the middle.
import { expect, it } from 'vitest';
import { widen } from '../../src/checkpoint/dtype.ts';
import { narrowToHalf } from '../../src/checkpoint/half.ts';

const halves = Uint16Array.from({ length: 65536 }, (_, i) => i);
const values = widen('F16', new Uint8Array(halves.buffer), 'all');
const narrow = (...numbers: number[]) => [...narrowToHalf(Float32Array.from(numbers)).halves];

it('every half is itself again', () => {
  const again = narrowToHalf(values).halves;
  halves.forEach((half, i) => {
    if (Number.isNaN(values[i])) expect(again[i]! & 0x7c00 && again[i]! & 0x3ff).toBeTruthy();
    else if (again[i] !== half) throw new Error(`${values[i]} became ${again[i]}, not ${half}`);
  });
});

it('between two halves: the nearer one, in the middle the even one', () => {
  for (let half = 0; half < 0x7bff; half++) {
    const [low, high] = [values[half]!, values[half + 1]!];
    const middle = (low + high) / 2; // exact in float32: halves have 13 bits less
    const step = Math.max(middle * 2 ** -23, 2 ** -149);
    const got = narrow(middle, Math.fround(middle - step), Math.fround(middle + step), -middle);
    const even = half % 2 === 0 ? half : half + 1;
    if (`${got}` !== `${[even, half, half + 1, even | 0x8000]}`)
      throw new Error(`between ${low} and ${high}: ${got}`);
  }
});

it('what is too large becomes infinite and is told', () => {
  expect(narrow(65519.99)).toEqual([0x7bff]);
  expect(narrowToHalf(Float32Array.of(65519.99, 65520, -1e30)).overflowed).toBe(65520);
  expect(narrow(65520, -70000, Infinity, -Infinity)).toEqual([0x7c00, 0xfc00, 0x7c00, 0xfc00]);
  expect(narrowToHalf(Float32Array.of(Infinity, Number.NaN, 65504)).overflowed).toBeUndefined();
  expect(narrow(2 ** -25, 2 ** -25 * 1.001, 1e-45, -0)).toEqual([0, 1, 0, 0x8000]);
});
