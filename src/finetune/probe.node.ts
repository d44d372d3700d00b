// The linear probe (CLIP paper, section 3.2): a logistic regression on the features of an image encoder that stays as it is,
// which knows nothing of the classes' names.
import type { FeatureSpace } from '../tasks/image-features.ts';
import type { LoadedModel } from '../tasks/loaded-model.ts';
import { chooseC } from '../train/choose-c.ts';
import { type Examples, LogisticRegression } from '../train/logistic-regression.ts';
import { type HeadOptions, type LearnedHead, learnHead } from './learn-head.node.ts';
import type { LearningSets } from './learning-sets.ts';

export interface ProbeOptions extends HeadOptions {
  /** Features before the last projection (unless given) or after it; the paper's are before. */
  features?: FeatureSpace;
}

/** What OpenAI's example has, for ViT-B/32 on CIFAR-100. */
const C_UNCHOSEN = 0.316;

/** Learns a probe and measures it. Throws ClipError for sets without classes, one class, too many broken pictures. */
export function probe(
  loaded: LoadedModel,
  sets: LearningSets,
  { features: space = 'before', ...options }: ProbeOptions = {},
): Promise<LearnedHead> {
  const learner = { space, enough: 2, unchosen: C_UNCHOSEN, choose: chooseC, fit };
  return learnHead(loaded, sets, () => learner, options);
}

async function fit(examples: Examples, c: number) {
  const regression = new LogisticRegression(examples);
  const { weight, bias } = await regression.fit(c);
  regression.release();
  return { weight, bias, normalized: false };
}
