// AdamW's step for one parameter: each number of value, mean, square and gradient is read once, and all but the last
// written in place. Stands beside torch.optim.AdamW(fused=True).
import {
  divideFloats,
  get,
  load,
  loadRepeated,
  locals,
  set,
  squareRoots,
  subtractFloats,
  type WasmFunction,
} from '../../../../assemble-wasm.ts';
import { passOfIndex, plus, times } from './floats.ts';

/** A job's fields: four addresses, how many numbers, and float32 factors. */
const [COUNT, KEEP, BETA1, REST1, BETA2, REST2, STEP, EPSILON] = [4, 5, 6, 7, 8, 9, 10, 11];

function adamw(): WasmFunction {
  const [job, , , value, mean, square, gradient, count, left] = locals();
  const [m, s, g] = locals(9);
  const factor = (field: number) => loadRepeated(get(job), 4 * field);
  const pointers = [value, mean, square, gradient];
  return {
    name: 'adamw',
    parameters: 3,
    numbers: 6,
    vectors: 3,
    body: passOfIndex(pointers, load(get(job), 4 * COUNT), [count, left], ({ read, write }) => [
      set(g, read(gradient)),
      set(m, plus(times(read(mean), factor(BETA1)), times(get(g), factor(REST1)))),
      set(s, plus(times(read(square), factor(BETA2)), times(times(get(g), get(g)), factor(REST2)))),
      write(mean, get(m)),
      write(square, get(s)),
      set(s, plus(squareRoots(get(s)), factor(EPSILON))),
      set(m, times(divideFloats(get(m), get(s)), factor(STEP))),
      write(value, subtractFloats(times(read(value), factor(KEEP)), get(m))),
    ]),
  };
}

export const adamwFunctions: WasmFunction[] = [adamw()];
