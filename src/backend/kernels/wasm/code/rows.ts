// Functions of rows, and layer normalisation.
import {
  add,
  asLong,
  type Code,
  constant,
  divideFloats,
  float,
  get,
  less,
  load,
  loadRepeated,
  locals,
  times as product,
  repeat,
  set,
  squareRoots,
  subtract,
  subtractFloats,
  type WasmFunction,
} from '../../../../assemble-wasm.ts';
import { clear, gather, increase, least, type Place, pass, plus, times, total } from './floats.ts';

/** How many rows an index of a job is for. */
export const ROWS: number = 16;

/** The fields that jobs over rows begin with. `rowBytes` is a row's length. */
const [COLUMNS, COUNT] = [0, 1];
export const field = (i: number): Code => load(get(0), 4 * i);

const [index, left, last] = [1, 5, 6];
/** The row that is worked on, and how many numbers it has. */
export const row = 3;
export const columns = 4;

/** Runs `body` for each of the job's rows that the index is for. Locals up to 6 are in use. */
export function rows(body: Code): Code {
  return [
    set(columns, field(COLUMNS)),
    set(row, product(get(index), constant(ROWS))),
    set(last, add(get(row), constant(ROWS))),
    set(last, least(get(last), field(COUNT))),
    repeat([body, increase(row, constant(1))], less(get(row), get(last))),
  ];
}

/** Where the row of a tensor begins whose address is in a field. */
export const begin = (i: number): Code =>
  add(field(i), product(get(row), product(get(columns), constant(4))));

/** The fields of `layerNorm`: `share` is 1 / columns, and epsilon a float32 too. */
const [X, GAIN, SHARE, EPSILON, BIAS, Y] = [2, 3, 4, 5, 6, 7];
/** Those of its gradient, from the sixth on: the answer's, x's, and the answer's times the normalised x. */
const [DY, DX, DY_NORMAL] = [6, 7, 8];

const [x, second, third, fourth] = locals(7);
const [sum, single, mean, centred, scale, other, otherSingle] = locals(11);
const sums = [sum, single];
const others = [other, otherSingle];
const float32 = (of: number): Code => loadRepeated(get(0), 4 * of);

/** A row's mean, and one by its deviation, into `mean` and `scale`. */
const moments: Code = [
  clear(sums),
  set(x, begin(X)),
  pass(get(columns), left, [x], (place) => gather(sums, place, place.read(x))),
  total(sum, single),
  set(mean, times(get(sum), float32(SHARE))),
  clear(sums),
  set(x, begin(X)),
  pass(get(columns), left, [x], (place) => [
    set(centred, subtractFloats(place.read(x), get(mean))),
    gather(sums, place, times(get(centred), get(centred))),
  ]),
  total(sum, single),
  set(scale, plus(times(get(sum), float32(SHARE)), float32(EPSILON))),
  set(scale, divideFloats(float(1), squareRoots(get(scale)))),
];
/** The normalised x, where x is read. */
const normal = (place: Place): Code => times(subtractFloats(place.read(x), get(mean)), get(scale));

const layerNorm: WasmFunction = {
  name: 'layerNorm',
  parameters: 3,
  numbers: 8,
  vectors: 7,
  body: rows([
    moments,
    set(x, begin(X)),
    set(second, field(GAIN)),
    set(third, field(BIAS)),
    set(fourth, begin(Y)),
    pass(get(columns), left, [x, second, third, fourth], (place) =>
      place.write(fourth, plus(times(normal(place), place.read(second)), place.read(third))),
    ),
  ]),
};

/** With g = dy · gain and n the normalised x: (g − mean(g) − n · mean(g n)) / deviation, and dy · n. */
const layerNormGradient: WasmFunction = {
  name: 'layerNormGradient',
  parameters: 3,
  numbers: 8,
  vectors: 7,
  body: rows([
    moments,
    clear([...sums, ...others]),
    set(x, begin(X)),
    set(second, field(GAIN)),
    set(third, begin(DY)),
    set(fourth, begin(DY_NORMAL)),
    pass(get(columns), left, [x, second, third, fourth], (place) => [
      set(centred, times(normal(place), place.read(third))),
      place.write(fourth, get(centred)),
      gather(sums, place, times(place.read(third), place.read(second))),
      gather(others, place, times(get(centred), place.read(second))),
    ]),
    total(sum, single),
    total(other, otherSingle),
    set(sum, times(get(sum), float32(SHARE))),
    set(other, times(get(other), float32(SHARE))),
    set(x, begin(X)),
    set(second, field(GAIN)),
    set(third, begin(DY)),
    set(fourth, begin(DX)),
    pass(get(columns), left, [x, second, third, fourth], (place) => [
      set(centred, subtractFloats(times(place.read(third), place.read(second)), get(sum))),
      set(centred, subtractFloats(get(centred), times(normal(place), get(other)))),
      place.write(fourth, times(get(centred), get(scale))),
    ]),
  ]),
};

/** How many columns an index of `columnSums` is for. */
export const SUMMED_COLUMNS = 64;

/** x [rows, columns] → y [columns]. */
function columnSums(): WasmFunction {
  const [job, index, , width, count, x, y, first, at, left, row] = locals();
  const [sum] = locals(11);
  return {
    name: 'columnSums',
    parameters: 3,
    numbers: 8,
    vectors: 1,
    body: [
      set(width, field(COLUMNS)),
      set(first, product(get(index), constant(SUMMED_COLUMNS))),
      set(count, subtract(get(width), get(first))),
      set(count, least(get(count), constant(SUMMED_COLUMNS))),
      set(x, add(load(get(job), 8), product(get(first), constant(4)))),
      set(y, add(load(get(job), 12), product(get(first), constant(4)))),
      pass(get(count), left, [x, y], (place) => [
        set(sum, float(0)),
        set(at, get(x)),
        set(row, field(COUNT)),
        asLong(get(row), [
          set(sum, plus(get(sum), place.read(at))),
          increase(at, product(get(width), constant(4))),
          increase(row, constant(-1)),
        ]),
        place.write(y, get(sum)),
      ]),
    ],
  };
}

export const rowFunctions: WasmFunction[] = [layerNorm, layerNormGradient, columnSums()];
