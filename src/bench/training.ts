// The training step that is timed: AdamW as in fine-tuning, with a step small enough that the second loss can be compared.
import type { AdamWOptions } from '../train/adamw.ts';

export const TRAINING: AdamWOptions & { learningRate: number } = {
  learningRate: 1e-5,
  beta1: 0.9,
  beta2: 0.98,
  epsilon: 1e-6,
  weightDecay: 0.1,
};
