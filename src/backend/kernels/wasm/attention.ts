// Attention on the wasm engine: all of it in one kernel, and its parts for whoever looks at what lies between.
import type * as tf from '@tensorflow/tfjs-core';
import { counted, type FastKernel } from '../kernel.ts';
import { ROWS } from './code/rows.ts';
import { addressOf, bits, newTensor, wasmRunner } from './runner.ts';

/** q, k and v of all heads side by side, [N, L, 3D] → the heads' answers side by side, [N, L, D] */
export const attention: FastKernel<'joint'> = {
  name: 'attention',
  saves: ['joint'],
  forward: ({ joint }, attributes) => {
    const [batch, length, width] = joint.shape as [number, number, number];
    const y = newTensor([batch, length, width / 3]);
    run('attention', joint, y, attributes);
    return y;
  },
  backward: (dy, [joint], attributes) => ({
    joint: () => {
      const gradient = newTensor(joint!.shape);
      run('attentionGradient', joint!, dy, attributes, gradient);
      return counted(gradient);
    },
  }),
};

/** `y` is the answer, or its gradient where `dJoint` is to be computed. */
function run(
  name: 'attention' | 'attentionGradient',
  joint: tf.Tensor,
  y: tf.TensorInfo,
  attributes: tf.NamedAttrMap,
  dJoint?: tf.TensorInfo,
): void {
  const [batch, length, width] = [joint.shape[0]!, joint.shape[1]!, joint.shape[2]! / 3];
  const heads = attributes.heads as number;
  const runner = wasmRunner();
  runner.run({
    name,
    fields: [
      ...[addressOf(joint), addressOf(y), heads, length, width, attributes.isCausal ? 1 : 0],
      ...[bits((width / heads) ** -0.5), runner.zeros, dJoint ? addressOf(dJoint) : 0],
    ],
    parts: batch * heads,
    work: ((dJoint ? 6 : 2) * batch * length * length * width) / 8,
    scratch: (dJoint ? 8 : 4) * length * length,
  });
}

/** softmax(scores + mask) over the last axis: scores [N, H, T, L], mask [T, L] or none → the same shape */
export const maskedSoftmax: FastKernel<'scores' | 'mask'> = {
  name: 'maskedSoftmax',
  saves: [],
  savesAnswer: true,
  forward: ({ scores, mask }) => overRows('softmax', scores, mask),
  backward: (dy, [probs]) => ({ scores: () => counted(overRows('softmaxGradient', dy, probs)) }),
};

/** A function of each row of `x` and of `second`, whose rows are used again and again. */
function overRows(name: 'softmax' | 'softmaxGradient', x: tf.Tensor, second?: tf.Tensor): tf.TensorInfo {
  const y = newTensor(x.shape);
  const length = x.shape.at(-1)!;
  const rows = x.size / Math.max(1, length);
  const secondRows = second ? second.size / length : 0;
  wasmRunner().run({
    name,
    fields: [length, rows, addressOf(x), second ? addressOf(second) : 0, secondRows, addressOf(y), bits(1)],
    parts: Math.ceil(rows / ROWS),
    work: 2 * x.size,
  });
  return y;
}
