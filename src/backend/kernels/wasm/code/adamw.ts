// AdamW's step for one parameter: each number of value, mean, square and gradient is read once, and all but the last
// written in place. Stands beside torch.optim.AdamW(fused=True).
import {
  add,
  choose,
  constant,
  divideFloats,
  get,
  less,
  load,
  loadRepeated,
  locals,
  times as product,
  set,
  squareRoots,
  subtract,
  subtractFloats,
  type WasmFunction,
} from '../../../../assemble-wasm.ts';
import { pass, plus, times } from './floats.ts';

/** How many numbers an index of a job is for. */
export const EACH_COUNT: number = 2 ** 15;

/** A job's fields: four addresses, how many numbers, and float32 factors. */
const [COUNT, KEEP, BETA1, REST1, BETA2, REST2, STEP, EPSILON] = [4, 5, 6, 7, 8, 9, 10, 11];

function adamw(): WasmFunction {
  const [job, index, , value, mean, square, gradient, count, left] = locals();
  const [m, s, g] = locals(9);
  const factor = (field: number) => loadRepeated(get(job), 4 * field);
  const pointers = [value, mean, square, gradient];
  return {
    name: 'adamw',
    parameters: 3,
    numbers: 6,
    vectors: 3,
    body: [
      pointers.map((pointer, i) =>
        set(pointer, add(load(get(job), 4 * i), product(get(index), constant(4 * EACH_COUNT)))),
      ),
      set(count, subtract(load(get(job), 4 * COUNT), product(get(index), constant(EACH_COUNT)))),
      set(count, choose(less(get(count), constant(EACH_COUNT)), get(count), constant(EACH_COUNT))),
      pass(get(count), left, pointers, ({ read, write }) => [
        set(g, read(gradient)),
        set(m, plus(times(read(mean), factor(BETA1)), times(get(g), factor(REST1)))),
        set(s, plus(times(read(square), factor(BETA2)), times(times(get(g), get(g)), factor(REST2)))),
        write(mean, get(m)),
        write(square, get(s)),
        set(s, plus(squareRoots(get(s)), factor(EPSILON))),
        set(m, times(divideFloats(get(m), get(s)), factor(STEP))),
        write(value, subtractFloats(times(read(value), factor(KEEP)), get(m))),
      ]),
    ],
  };
}

export const adamwFunctions: WasmFunction[] = [adamw()];
