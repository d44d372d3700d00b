// A small CLIP on CIFAR-100's test split, trained from scratch: what it is and how it is trained. Everything that decides
// its weights stands here and in data.ts; scripts/train_cifar.py is given it as recipe.json.
import type { Augmentation } from '../../src/data/pictures/augment.ts';
import type { CLIPConfig } from '../../src/model/config.ts';
import { Tokenizer } from '../../src/tokenizer/tokenizer.ts';
import type { TrainingOptions } from '../../src/train/loop.ts';

export const SEED = 1;
/** Of every class's pictures, held out from training: 2,000 of the 10,000. */
export const HELD_OUT = 0.2;
export const BATCH = 100;
export const EVALUATE_EVERY = 160; // steps, two epochs

/** The captions that training draws from; the held-out pictures are asked for with the first. */
export const TEMPLATES: readonly string[] = [
  'a photo of a {}',
  'a small photo of the {}',
  'a picture of a {}',
  'this is a {}',
  'the {} in a picture',
  'a {}',
];

export const TRAINING: TrainingOptions = {
  steps: 3200, // forty epochs
  learningRate: 1e-3,
  warmup: 160,
  beta1: 0.9,
  beta2: 0.98,
  epsilon: 1e-6,
  weightDecay: 0.1,
};

export const AUGMENTATION: Augmentation = { scale: [0.5, 1], flip: 0.5 };

/** CIFAR's name of a class as a caption has it. */
export function spoken(className: string): string {
  return className.replaceAll('_', ' ');
}

/** OpenAI's merges that these words take: most become one token, `chimpanzee` and five others two or three. */
export function smallTokenizer(classNames: readonly string[]): Tokenizer {
  const whole = new Tokenizer();
  const ranks = new Map<string, number>(); // by line, its place in OpenAI's list
  for (const text of [...TEMPLATES, ...classNames.map(spoken)]) {
    for (const { merges } of whole.showWork(text.replace('{}', '')).words) {
      for (const { left, right, rank } of merges) ranks.set(`${left} ${right}`, rank);
    }
  }
  const lines = [...ranks].sort(([, a], [, b]) => a - b).map(([line]) => `${line}\n`);
  return new Tokenizer({ merges: lines.join('') });
}

export function configFor(tokenizer: Tokenizer): CLIPConfig {
  return {
    embed_dim: 128,
    image_resolution: 32,
    vision_layers: 4,
    vision_width: 128,
    vision_patch_size: 4,
    vision_heads: 2,
    vision_mlp_width: 512,
    context_length: 12,
    vocab_size: tokenizer.vocabSize,
    transformer_width: 128,
    transformer_heads: 2,
    transformer_mlp_width: 512,
    transformer_layers: 2,
    activation: 'quick_gelu',
  };
}
