// The three sets of pictures of everything that learns.
import type { PictureSet } from '../data/sets/picture-set.ts';

export interface LearningSets {
  /** To learn from. */
  train: PictureSet;
  /** To be judged on, none of it in `train`. */
  evaluation: PictureSet;
  /** What the model knew before, to see what it forgets. */
  zeroshot: PictureSet;
}
