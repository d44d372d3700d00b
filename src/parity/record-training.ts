// The backward half of a run: every parameter's gradient, and a short training with the weights after it.
import * as tf from '@tensorflow/tfjs-core';
import type { StoredTensor } from '../checkpoint/stored-tensor.ts';
import type { CLIP } from '../model/clip.ts';
import { AdamW } from '../train/adamw.ts';
import { type Batch, lossAndGradients, trainableParameters } from '../train/gradients.ts';
import { recordTensor } from './record-forward.ts';
import { memoryTensor } from './recording.ts';
import type { RecordedTraining } from './training-options.ts';

/** `grad.<name>` of every parameter, in PyTorch's layout. */
export async function recordGradients(model: CLIP, batch: Batch): Promise<StoredTensor[]> {
  const { loss, accuracy, gradients } = lossAndGradients(model, batch);
  tf.dispose([loss, accuracy]);
  const recorded: StoredTensor[] = [];
  for (const [name, parameter] of trainableParameters(model)) {
    const stored = gradients.get(name)!;
    const gradient = parameter.fromStored(stored);
    stored.dispose();
    recorded.push(await recordTensor(`grad.${name}`, gradient));
  }
  return recorded;
}

/**
 * Steps of AdamW on the one batch: `train.loss`, before each step, and `train.param.<name>`, after the last. The model
 * has its own weights again afterwards.
 */
export async function recordTraining(
  model: CLIP,
  batch: Batch,
  { steps, lr, beta1, beta2, eps, weight_decay }: RecordedTraining,
  onStep: () => void,
): Promise<StoredTensor[]> {
  const parameters = trainableParameters(model);
  const before = new Map([...parameters].map(([name, { value }]) => [name, value.clone()])); // shares the numbers
  const optimizer = new AdamW(parameters, { beta1, beta2, epsilon: eps, weightDecay: weight_decay });
  try {
    const losses = new Float32Array(steps);
    for (let step = 0; step < steps; step++) {
      const { loss, accuracy, gradients } = lossAndGradients(model, batch);
      optimizer.step(gradients, lr);
      losses[step] = (await loss.data())[0]!;
      tf.dispose([loss, accuracy, ...gradients.values()]);
      onStep();
    }
    const recorded = [memoryTensor('train.loss', 'F32', [steps], losses)];
    for (const [name, parameter] of parameters) {
      recorded.push(await recordTensor(`train.param.${name}`, parameter.read()));
    }
    return recorded;
  } finally {
    for (const [name, { value }] of parameters) {
      value.assign(before.get(name)!);
      before.get(name)!.dispose();
    }
    optimizer.release();
  }
}
