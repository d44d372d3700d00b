// What the embedded model is and how it is trained. Everything that decides its weights stands here.
import { CAPTION_WORDS } from '../../src/data/shapes/captions.ts';
import { FINE_NAMES } from '../../src/data/shapes/classes.ts';
import { trainBatch } from '../../src/data/shapes/shapes.ts';
import type { CLIPConfig } from '../../src/model/config.ts';
import { Tokenizer } from '../../src/tokenizer/tokenizer.ts';
import { makeBatch } from '../../src/train/batch.ts';
import type { Batches, TrainingOptions } from '../../src/train/loop.ts';
import { selectMerges } from '../../src/train/merges.ts';

export const SEED = 1;
/** Pictures in a batch, no two of a class: training sees 85 classes. */
export const BATCH = 80;

export const TRAINING: TrainingOptions = {
  steps: 12_000,
  learningRate: 7e-4,
  warmup: 200,
  beta1: 0.9,
  beta2: 0.98,
  epsilon: 1e-6,
  weightDecay: 0.1,
};

/** Each word of Shapes-100's captions is one token. */
export const MERGES: string = selectMerges(CAPTION_WORDS);
export const tokenizer: Tokenizer = new Tokenizer({ merges: MERGES });

export const CONFIG: CLIPConfig = {
  embed_dim: 128,
  image_resolution: 32,
  vision_layers: 4,
  vision_width: 128,
  vision_patch_size: 8,
  vision_heads: 2,
  vision_mlp_width: 512,
  context_length: 16,
  vocab_size: tokenizer.vocabSize,
  transformer_width: 128,
  transformer_heads: 2,
  transformer_mlp_width: 512,
  transformer_layers: 2,
  activation: 'quick_gelu',
};

/**
 * Fresh pictures every step; `plain` captions name the class and nothing else. `without` are fine labels left out, for choosing a recipe by combinations not trained on.
 * Throws ClipError for a batch larger than there are classes.
 */
export function shapesBatches(
  config: CLIPConfig,
  size: number,
  without: ReadonlySet<number> = new Set(),
  seed: number = SEED,
  plain: boolean = false,
): Batches {
  return (step) => {
    // Whatever is left out is made up for by classes that the batch would not have held.
    const examples = trainBatch(seed, step, size + without.size)
      .filter(({ label }) => !without.has(label))
      .slice(0, size);
    return makeBatch(
      examples.map(({ image }) => image),
      examples.map(({ caption, label }) => (plain ? `a photo of a ${FINE_NAMES[label]!}` : caption)),
      tokenizer,
      config,
    );
  };
}
