// softmax(factor · x + mask) of rows, and its gradient.
import {
  add,
  call,
  constant,
  divideFloats,
  float,
  get,
  larger,
  loadRepeated,
  locals,
  times as product,
  remainder,
  set,
  subtractFloats,
  type WasmFunction,
  when,
} from '../../../../assemble-wasm.ts';
import { clear, exponential, gather, pass, plus, times, total } from './floats.ts';
import { numberOf } from './order.ts';
import { begin, columns, field, row, rows } from './rows.ts';

/** softmax(factor · from + mask) → to. `factor` is where that number lies; `mask` is 0 where there is none. */
function softmaxRow(): WasmFunction {
  const [from, mask, to, count, factor, at, left, hasMask] = locals();
  const [sum, single, value, power, rest, most] = locals(8);
  const sums = [sum, single];
  return {
    name: 'softmaxRow',
    parameters: 5,
    numbers: 3,
    vectors: 6,
    body: [
      set(hasMask, get(mask)),
      clear(sums, Number.NEGATIVE_INFINITY),
      set(at, get(to)),
      pass(get(count), left, [from, mask, at], (place) => [
        set(value, times(place.read(from), loadRepeated(get(factor)))),
        when(get(hasMask), set(value, plus(get(value), place.read(mask)))),
        set(sums[place.single]!, larger(get(sums[place.single]!), get(value))),
        place.write(at, get(value)),
      ]),
      total(sum, single, larger),
      set(most, get(sum)),
      clear(sums),
      set(at, get(to)),
      pass(get(count), left, [at], (place) => [
        set(value, subtractFloats(place.read(at), get(most))),
        exponential(value, power, rest),
        gather(sums, place, get(value)),
        place.write(at, get(value)),
      ]),
      total(sum, single),
      set(sum, divideFloats(float(1), get(sum))),
      set(at, get(to)),
      pass(get(count), left, [at], (place) => place.write(at, times(place.read(at), get(sum)))),
    ],
  };
}

/** The gradient of the row before its factor, from that of the probabilities: factor · (dy − Σ dy · probs) · probs → to. */
function softmaxRowGradient(): WasmFunction {
  const [dy, probs, to, count, factor, at, other, left] = locals();
  const [sum, single] = locals(8);
  return {
    name: 'softmaxRowGradient',
    parameters: 5,
    numbers: 3,
    vectors: 2,
    body: [
      clear([sum, single]),
      set(at, get(dy)),
      set(other, get(probs)),
      pass(get(count), left, [at, other], (place) =>
        gather([sum, single], place, times(place.read(at), place.read(other))),
      ),
      total(sum, single),
      pass(get(count), left, [dy, probs, to], (place) => [
        set(single, times(subtractFloats(place.read(dy), get(sum)), place.read(probs))),
        place.write(to, times(get(single), loadRepeated(get(factor)))),
      ]),
    ],
  };
}

/**
 * One of those for the rows of a job: `columns`, how many rows, the first operand, the second, the second's rows, the answer,
 * the factor. A row's second operand is its number modulo their rows; where that is 0, there is none.
 */
function overRows(name: string, one: number): WasmFunction {
  const [job, , , , , , , second] = locals();
  const bytes = product(get(columns), constant(4));
  return {
    name,
    parameters: 3,
    numbers: 5,
    vectors: 0,
    body: rows([
      set(second, constant(0)),
      when(field(4), set(second, add(field(3), product(remainder(get(row), field(4)), bytes)))),
      call(one, begin(2), get(second), begin(5), get(columns), add(get(job), constant(24))),
    ]),
  };
}

export const softmaxFunctions: WasmFunction[] = [
  softmaxRow(),
  softmaxRowGradient(),
  overRows('softmax', numberOf('softmaxRow')),
  overRows('softmaxGradient', numberOf('softmaxRowGradient')),
];
