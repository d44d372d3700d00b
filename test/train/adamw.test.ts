// What AdamW does besides its steps, which parity holds to PyTorch's.
import * as tf from '@tensorflow/tfjs-core';
import { expect, test } from 'vitest';
import { startEngine } from '../../src/backend/engines.node.ts';
import { Parameter } from '../../src/model/module.ts';
import { AdamW } from '../../src/train/adamw.ts';
import { OPTIONS } from './support.ts';

test('the temperature stays at 100 or below, and only matrices decay', async () => {
  await startEngine('cpu');
  const parameters = new Map([
    ['logit_scale', new Parameter([])],
    ['gain', new Parameter([3])],
    ['matrix', new Parameter([2, 2])],
  ]);
  for (const parameter of parameters.values()) parameter.assign(tf.fill([...parameter.shape], 4.6));
  const optimizer = new AdamW(parameters, { ...OPTIONS, weightDecay: 0.5 });
  const gradients = new Map([
    ['logit_scale', tf.scalar(-1)],
    ['gain', tf.zeros([3])],
    ['matrix', tf.zeros([2, 2])],
  ]);
  optimizer.step(gradients, 0.1);
  expect(parameters.get('logit_scale')!.value.dataSync()[0]).toBeCloseTo(Math.log(100), 6);
  expect([...parameters.get('gain')!.value.dataSync()]).toEqual([...new Float32Array(3).fill(4.6)]);
  expect(parameters.get('matrix')!.value.dataSync()[3]).toBeCloseTo(4.6 * (1 - 0.1 * 0.5), 6);
});
