// What each way of fine-tuning trains, and the numbers it starts with unless told otherwise.
import type { LoraSettings } from '../checkpoint/adapter.ts';
import type { CLIPConfig } from '../model/config.ts';
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

/**
 * For small data sets, and rates for the width of ViT-B: those of WiSE-FT and CLIP-LoRA; higher ones make CLIP forget, and
 * 1e-3 makes it collapse.
 */
export const RECIPES: Readonly<Record<Exclude<Method, 'head'>, Recipe>> = {
  full: { freeze: [], learningRate: 3e-5, weightDecay: 0.1, epochs: 10 },
  'text-only': { freeze: IMAGE_TOWER, learningRate: 3e-5, weightDecay: 0.1, epochs: 10 },
  'image-only': { freeze: TEXT_TOWER, learningRate: 3e-5, weightDecay: 0.1, epochs: 10 },
  lora: { freeze: [], learningRate: 2e-4, weightDecay: 1e-2, epochs: 30 },
};

/** The adapter of that recipe. */
export const LORA: LoraSettings = { rank: 2, alpha: 4, dropout: 0.25 };

/** From nothing: CLIP paper, tables 18 and 19. */
export const FROM_SCRATCH: Recipe = { freeze: [], learningRate: 5e-4, weightDecay: 0.2, epochs: 32 };

/** Pictures in a batch. */
export const BATCH = 32;
/** Gradients that are longer are shortened to it, as WiSE-FT does. */
export const CLIP_NORM = 1;

/** Steps in which every picture is seen `epochs` times, but for what is left over when the batches are full. */
export function stepsOf(epochs: number, pictures: number, batch: number): number {
  return epochs * Math.max(1, Math.floor(pictures / batch));
}

/** Steps in which the rate rises, of so many. */
export function warmupOf(steps: number): number {
  return Math.floor(steps / 10);
}

const WIDTH = 768;

/**
 * A recipe's rate for a model of another width: Adam's steps are of one size whatever the gradients are, and a layer twice as
 * wide adds up twice as many of them (Yang et al. 2022, Tensor Programs V). ResNets take the rate as it is.
 */
export function learningRateFor({ learningRate }: Recipe, config: CLIPConfig): number {
  return config.vision_patch_size === null ? learningRate : (learningRate * WIDTH) / config.vision_width;
}
