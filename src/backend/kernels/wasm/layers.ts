// Layer normalisation, the activations and sums on the wasm engine, in one pass over memory each, and gradients that keep only
// what they need.
import * as tf from '@tensorflow/tfjs-core';
import { counted, type FastKernel } from '../kernel.ts';
import { EACH_COUNT } from './code/floats.ts';
import type { FunctionName } from './code/order.ts';
import { ROWS, SUMMED_COLUMNS } from './code/rows.ts';
import { addressOf, bits, newTensor, wasmRunner } from './runner.ts';

/** y = f(x, second), number by number; `work` is nanoseconds for each. */
function each(name: FunctionName, work: number, x: tf.TensorInfo, second?: tf.TensorInfo): tf.TensorInfo {
  const count = tf.util.sizeFromShape(x.shape);
  const y = newTensor(x.shape);
  wasmRunner().run({
    name,
    fields: [addressOf(x), second ? addressOf(second) : 0, addressOf(y), count],
    parts: Math.ceil(count / EACH_COUNT),
    work: count * work,
  });
  return y;
}

function activation(name: 'quickGelu' | 'gelu'): FastKernel<'x'> {
  return {
    name,
    saves: ['x'],
    forward: ({ x }) => each(name, 2, x),
    backward: (dy, [x]) => ({ x: () => counted(each(`${name}Gradient`, 2, x!, dy)) }),
  };
}

/** x · σ(1.702 x) */
export const quickGelu: FastKernel<'x'> = activation('quickGelu');
/** x · Φ(x) */
export const gelu: FastKernel<'x'> = activation('gelu');

/** The sum of two tensors of one shape. */
export const plus: FastKernel<'a' | 'b'> = {
  name: 'plus',
  saves: [],
  forward: ({ a, b }) => each('plus', 0.5, a, b),
  backward: (dy) => ({ a: () => tf.clone(dy), b: () => tf.clone(dy) }),
};

export const layerNorm: FastKernel<'x' | 'gain' | 'bias'> = {
  name: 'layerNorm',
  saves: ['x', 'gain'],
  forward: ({ x, gain, bias }, attributes) => {
    const y = newTensor(x.shape);
    overRows('layerNorm', x, gain, attributes, [bias, y]);
    return y;
  },
  backward: (dy, [x, gain], attributes) => {
    const [dx, dyNormal] = [newTensor(x!.shape), newTensor(x!.shape)].map((info) => counted(info)) as [
      tf.Tensor,
      tf.Tensor,
    ];
    overRows('layerNormGradient', x!, gain!, attributes, [dy, dx, dyNormal]);
    return {
      gain: () => columnSums(dyNormal, gain!.size), // [D]
      bias: () => columnSums(dy, gain!.size), // [D]
      x: () => dx, // [..., D]
    };
  },
};

function overRows(
  name: 'layerNorm' | 'layerNormGradient',
  x: tf.Tensor,
  gain: tf.Tensor,
  { epsilon }: tf.NamedAttrMap,
  rest: readonly tf.TensorInfo[],
): void {
  const rows = x.size / gain.size;
  const numbers = [1 / gain.size, epsilon as number].map(bits);
  wasmRunner().run({
    name,
    fields: [gain.size, rows, ...[x, gain].map(addressOf), ...numbers, ...rest.map(addressOf)],
    parts: Math.ceil(rows / ROWS),
    work: 1.5 * x.size,
  });
}

/** x [..., D] → [D] */
export function columnSums(x: tf.TensorInfo, width: number): tf.Tensor {
  const y = newTensor([width]);
  const rows = tf.util.sizeFromShape(x.shape) / width;
  wasmRunner().run({
    name: 'columnSums',
    fields: [width, rows, addressOf(x), addressOf(y)],
    parts: Math.ceil(width / SUMMED_COLUMNS),
    work: (width * rows) / 2,
  });
  return counted(y);
}
