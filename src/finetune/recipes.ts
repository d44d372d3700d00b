// What each way of fine-tuning trains, and the numbers it starts with unless told otherwise.
import { IMAGE_TOWER, TEXT_TOWER } from '../train/freeze.ts';

/** `head` trains no part of the model, but a classifier on its features; see src/train/head.ts. */
export type Method = 'full' | 'lora' | 'head' | 'text-only' | 'image-only';
export const METHODS: readonly Method[] = ['full', 'lora', 'head', 'text-only', 'image-only'];

export interface Recipe {
  /** Parameters that stay, by patterns over their names. */
  freeze: readonly string[];
  learningRate: number;
  weightDecay: number;
  /** Times that every picture is seen. */
  epochs: number;
}

/** Small data sets: the rates of WiSE-FT and CLIP-LoRA; higher ones make CLIP forget, 1e-3 makes it collapse. */
export const RECIPES: Readonly<Record<Exclude<Method, 'head'>, Recipe>> = {
  full: { freeze: [], learningRate: 3e-5, weightDecay: 0.1, epochs: 10 },
  'text-only': { freeze: IMAGE_TOWER, learningRate: 3e-5, weightDecay: 0.1, epochs: 10 },
  'image-only': { freeze: TEXT_TOWER, learningRate: 3e-5, weightDecay: 0.1, epochs: 10 },
  lora: { freeze: [], learningRate: 2e-4, weightDecay: 1e-2, epochs: 20 },
};

/** From nothing: CLIP paper, tables 18 and 19. */
export const FROM_SCRATCH: Recipe = { freeze: [], learningRate: 5e-4, weightDecay: 0.2, epochs: 32 };
