// Functions of each number alone: the activations of CLIP's transformers, and a sum.
import {
  type Code,
  divideFloats,
  float,
  get,
  larger,
  load,
  locals,
  set,
  smaller,
  type WasmFunction,
} from '../../../../assemble-wasm.ts';
import { exponential, type Place, passOfIndex, plus, polynomial, times } from './floats.ts';

/** A job's fields: where the numbers are, and how many. A second operand is nowhere for functions of one. */
export const EACH_FIELDS = ['x', 'second', 'y', 'count'] as const;
const [x, second, y, count, left] = locals(3);
/** The functions' vectors. */
const [a, b, c, d] = locals(8);

/** y = f(x, second), where `body` leaves the value in `a`, which it finds x in. */
function each(name: string, body: (place: Place) => Code): WasmFunction {
  return {
    name,
    parameters: 3,
    numbers: 5,
    vectors: 4,
    body: passOfIndex([x, second, y], load(get(0), 12), [count, left], (place) => [
      set(a, place.read(x)),
      body(place),
      place.write(y, get(a)),
    ]),
  };
}

/** σ(factor · a) in b; changes c and d. */
const sigmoid = (factor: number): Code => [
  set(b, times(get(a), float(factor))),
  exponential(b, c, d),
  set(b, divideFloats(get(b), plus(get(b), float(1)))),
];

// erf(x) as x times a quotient of polynomials in x², for x between −4 and 4, where it is ±1 in float32.
const ERF_ABOVE = [
  -2.72614225801306e-10, 2.77068142495902e-8, -2.10102402082508e-6, -5.69250639462346e-5, -7.34990630326855e-4,
  -2.95459980854025e-3, -1.60960333262415e-2,
]; // biome-ignore format: lines
const ERF_BELOW = [
  -1.45660718464996e-5, -2.13374055278905e-4, -1.68282697438203e-3, -7.37332916720468e-3, -1.42647390514189e-2,
]; // biome-ignore format: a line

/** Φ(a) in b; changes c. */
const normalDistribution: Code = [
  set(b, smaller(larger(times(get(a), float(Math.SQRT1_2)), float(-4)), float(4))),
  set(c, times(get(b), get(b))),
  set(b, divideFloats(times(get(b), polynomial(get(c), ERF_ABOVE)), polynomial(get(c), ERF_BELOW))),
  set(b, times(plus(get(b), float(1)), float(0.5))),
];

/** exp(−a² / 2) / √(2π) in c; changes d and the vector after it. */
const density = (rest: number): Code => [
  set(c, times(times(get(a), get(a)), float(-0.5))),
  exponential(c, d, rest),
  set(c, times(get(c), float(1 / Math.sqrt(2 * Math.PI)))),
];

export const eachFunctions: WasmFunction[] = [
  each('plus', ({ read }) => set(a, plus(get(a), read(second)))),
  each('quickGelu', () => [sigmoid(1.702), set(a, times(get(a), get(b)))]),
  // d/dx x σ(s x) = σ + s x σ (1 − σ); `second` is the gradient of the answer.
  each('quickGeluGradient', ({ read }) => [
    sigmoid(1.702),
    set(c, times(times(get(a), float(1.702)), plus(float(1), times(get(b), float(-1))))),
    set(a, times(read(second), plus(get(b), times(get(b), get(c))))),
  ]),
  each('gelu', () => [normalDistribution, set(a, times(get(a), get(b)))]),
  // d/dx x Φ(x) = Φ + x φ(x)
  {
    ...each('geluGradient', ({ read }) => [
      normalDistribution,
      density(12),
      set(a, times(read(second), plus(get(b), times(get(a), get(c))))),
    ]),
    vectors: 5,
  },
];
