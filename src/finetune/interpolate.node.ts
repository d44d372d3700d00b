// Two models and all between them, measured: where the second has learned more than the first forgot.
import type { PictureSet } from '../data/sets/picture-set.ts';
import type { LoadedModel } from '../tasks/loaded-model.ts';
import { Blend } from './blend.ts';
import { scoreOf } from './measure.node.ts';
import type { Scores } from './zero-shot-accuracy.node.ts';

export interface InterpolateOptions {
  /** Each 0 (the first model) … 1 (the second). */
  alphas: readonly number[];
  /** Prompts for the class names of the target. */
  templates?: readonly string[] | undefined;
  /** Called with what is being measured, and how much of it is done. */
  onProgress?: ((what: string, done: number, total: number) => void) | undefined;
  onNote?: ((note: string) => void) | undefined;
}

export interface Between extends Scores {
  alpha: number;
}

/** Measures every alpha. The first model has its own weights again afterwards. Throws ClipError for models that differ. */
export async function interpolate(
  first: LoadedModel,
  second: LoadedModel,
  sets: { evaluation: PictureSet; zeroshot: PictureSet },
  { alphas, templates, onProgress, onNote }: InterpolateOptions,
): Promise<Between[]> {
  const blend = new Blend(first.model, second.model);
  const broken = new Set<string>(); // told once, not once an alpha
  const tell = (note: string): void => {
    if (!broken.has(note)) onNote?.(note);
    broken.add(note);
  };
  try {
    const found: Between[] = [];
    for (const alpha of alphas) {
      blend.set(alpha);
      const measured = (what: string) => ({
        onNote: tell,
        onProgress: (done: number, total: number) => onProgress?.(`${what}, alpha ${alpha}`, done, total),
      });
      const target = await scoreOf(first, sets.evaluation, templates, measured('target'));
      const zeroshot = await scoreOf(first, sets.zeroshot, undefined, measured('zero-shot set'));
      found.push({ alpha, target, zeroshot });
    }
    return found;
  } finally {
    blend.release();
  }
}

/** Where both together are best; of equal ones, the nearest to the first model. */
export function bestBetween(points: readonly Between[]): number {
  const sums = points.map(({ target, zeroshot }) => target + zeroshot);
  return sums.indexOf(Math.max(...sums));
}
