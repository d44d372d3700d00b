// The backward half of a run: every parameter's gradient, and a short training with the weights after it.
import * as tf from '@tensorflow/tfjs-core';
import type { StoredTensor } from '../checkpoint/stored-tensor.ts';
import type { CLIP } from '../model/clip.ts';
import { accumulatedGradients } from '../train/accumulate.ts';
import { AdamW } from '../train/adamw.ts';
import { clipGradients, gradientNorm } from '../train/clip-gradients.ts';
import {
  type Batch,
  type LossAndGradients,
  lossAndGradients,
  trainableParameters,
} from '../train/gradients.ts';
import { recordTensor } from './record-forward.ts';
import { memoryTensor, type Recording } from './recording.ts';
import { trainedOf } from './trained.ts';
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
 * Steps of AdamW on the one batch: `train.loss`, before each step, and `train.param.<name>`, after the last, of what is
 * trained, and of what is not where the recording has it. The model has its own weights again afterwards. Throws ClipError
 * where the recording's options do not fit the model.
 */
export async function recordTraining(
  model: CLIP,
  batch: Batch,
  recording: Recording,
  options: RecordedTraining,
  onStep: () => void,
): Promise<StoredTensor[]> {
  const { steps, lr, beta1, beta2, eps, weight_decay, accumulate = 1 } = options;
  const { parameters, release } = await trainedOf(model, recording, options);
  const own = trainableParameters(model);
  const before = new Map([...own].map(([name, { value }]) => [name, value.clone()])); // shares the numbers
  const optimizer = new AdamW(parameters, { beta1, beta2, epsilon: eps, weightDecay: weight_decay });
  try {
    const losses = new Float32Array(steps);
    for (let step = 0; step < steps; step++) {
      const { loss, accuracy, gradients } = accumulatedGradients(model, batch, parameters, accumulate);
      await shorten(gradients, options);
      optimizer.step(gradients, lr);
      losses[step] = (await loss.data())[0]!;
      tf.dispose([loss, accuracy, ...gradients.values()]);
      onStep();
    }
    const recorded = [memoryTensor('train.loss', 'F32', [steps], losses)];
    for (const [name, parameter] of new Map([...own, ...parameters])) {
      const key = `train.param.${name}`;
      if (parameters.has(name) || recording.tensors.has(key)) {
        recorded.push(await recordTensor(key, parameter.read()));
      }
    }
    return recorded;
  } finally {
    for (const [name, { value }] of own) {
      value.assign(before.get(name)!);
      before.get(name)!.dispose();
    }
    optimizer.release();
    release();
  }
}

async function shorten(
  gradients: LossAndGradients['gradients'],
  { clip_norm }: RecordedTraining,
): Promise<void> {
  if (clip_norm === undefined) return;
  const norm = gradientNorm(gradients);
  clipGradients(gradients, (await norm.data())[0]!, clip_norm);
  norm.dispose();
}
