// What the kernels' loops are made of: passes over rows of numbers, four at a time and the last ones singly, and the
// exponential function.
import {
  add,
  addEach,
  addFloats,
  asLong,
  both,
  type Code,
  choose,
  constant,
  float,
  get,
  larger,
  less,
  load,
  load4Bytes,
  load16Bytes,
  locals,
  mixed,
  pick,
  times as product,
  repeated,
  rounded,
  set,
  shiftLeftEach,
  shiftRight,
  smaller,
  smallerEach,
  store4Bytes,
  store16Bytes,
  subtract,
  timesFloats,
  toNumbers,
} from '../../../../assemble-wasm.ts';

export const increase = (local: number, by: Code): Code => set(local, add(get(local), by));
/** The smaller of two whole numbers. */
export const least = (a: Code, b: Code): Code => choose(less(a, b), a, b);
export const plus: typeof addFloats = addFloats;
export const times: typeof timesFloats = timesFloats;

/** Reading and writing at a place of a pass: the address is in a local, which moves on by itself. */
export interface Place {
  read(address: number): Code;
  write(address: number, value: Code): Code;
  /** 0 where four numbers are worked on, 1 where it is one: then only the first of a vector's four counts. */
  readonly single: 0 | 1;
}

const FOUR: Place = {
  read: (address) => load16Bytes(get(address)),
  write: (address, value) => store16Bytes(get(address), value),
  single: 0,
};
const ONE: Place = {
  read: (address) => load4Bytes(get(address)),
  write: (address, value) => store4Bytes(get(address), value),
  single: 1,
};

/** Runs `body` over `count` numbers, to which `addresses` point; `left` is a local to count in. */
export function pass(count: Code, left: number, addresses: number[], body: (place: Place) => Code): Code {
  const loop = (place: Place, bytes: number): Code =>
    asLong(get(left), [
      body(place),
      addresses.map((address) => increase(address, constant(bytes))),
      increase(left, constant(-1)),
    ]);
  return [
    set(left, shiftRight(count, constant(2))),
    loop(FOUR, 16),
    set(left, both(count, constant(3))),
    loop(ONE, 4),
  ];
}

export const clear = (vectors: number[], value = 0): Code =>
  vectors.map((vector) => set(vector, float(value)));

/** Adds to the first of two sums where four numbers are worked on, else to the second. */
export const gather = (sums: number[], { single }: Place, value: Code): Code =>
  set(sums[single]!, plus(get(sums[single]!), value));

/** The sum of the four numbers in `sum` and the first in `single`, four times. */
export function total(sum: number, single: number, combine: (a: Code, b: Code) => Code = addFloats): Code {
  const swapped = (order: number[]): Code => pick(get(sum), get(sum), order);
  return [
    set(sum, combine(get(sum), swapped([2, 3, 0, 1]))),
    set(sum, combine(get(sum), swapped([1, 0, 3, 2]))),
    set(sum, combine(get(sum), pick(get(single), get(single), [0, 0, 0, 0]))),
  ];
}

/** The polynomial with these coefficients, the highest power's first. */
export const polynomial = (x: Code, [highest, ...rest]: readonly number[]): Code =>
  rest.reduce((sum, coefficient) => plus(times(sum, x), float(coefficient)), float(highest!));

// exp(x) = 2^n exp(r), with r between −ln 2 / 2 and ln 2 / 2; ln 2 is taken in two parts. The polynomial is Cephes's.
const [LOG2_E, LN2_HIGH, LN2_LOW] = [Math.LOG2E, 0.693359375, -2.1219444005469057e-4];
const EXP = [
  1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1, 1, 1,
]; // biome-ignore format: a line
const [LEAST, MOST] = [-87.3, 88];

/** exp of four numbers, in `x`; 0 below e^−87.3, e^88 above it. `x`, `power` and `rest` are vectors that it changes. */
export function exponential(x: number, power: number, rest: number): Code {
  const n = get(power);
  return [
    set(x, smaller(get(x), float(MOST))),
    set(power, rounded(times(larger(get(x), float(LEAST)), float(LOG2_E)))),
    set(rest, plus(larger(get(x), float(LEAST)), times(n, float(-LN2_HIGH)))),
    set(rest, plus(get(rest), times(n, float(-LN2_LOW)))),
    set(power, shiftLeftEach(addEach(toNumbers(n), repeated(constant(127))), constant(23))),
    set(rest, times(polynomial(get(rest), EXP), n)),
    set(x, mixed(float(0), get(rest), smallerEach(get(x), float(LEAST)))),
  ];
}

/** How many numbers an index of a job is for, in functions of each number alone. */
export const EACH_COUNT: number = 2 ** 15;

/**
 * Runs `body` over the numbers that the job's index is for. `addresses` are locals, whose tensors' addresses are the job's
 * first fields; `total` is how many numbers there are in all. `count` and `left` are locals too.
 */
export function passOfIndex(
  addresses: number[],
  total: Code,
  [count, left]: readonly [count: number, left: number],
  body: (place: Place) => Code,
): Code {
  const [job, index] = locals();
  return [
    addresses.map((address, i) =>
      set(address, add(load(get(job), 4 * i), product(get(index), constant(4 * EACH_COUNT)))),
    ),
    set(count, subtract(total, product(get(index), constant(EACH_COUNT)))),
    set(count, least(get(count), constant(EACH_COUNT))),
    pass(get(count), left, addresses, body),
  ];
}
