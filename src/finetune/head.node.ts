// finetune --method head: the classifier that class names make, corrected by what pictures teach. The model stays.
import type { LinearHead } from '../checkpoint/head-file.ts';
import type { LoadedModel } from '../tasks/loaded-model.ts';
import { SCALE } from '../tasks/zero-shot.ts';
import { chooseHeadC, fitHead, HEAD_C } from '../train/head.ts';
import { type HeadOptions, type LearnedHead, type Learner, learnHead } from './learn-head.node.ts';
import type { LearningSets } from './learning-sets.ts';

/** Learns a head around the texts' and measures it. Throws ClipError as `probe` does. */
export function finetuneHead(
  loaded: LoadedModel,
  sets: LearningSets,
  options: HeadOptions = {},
): Promise<LearnedHead> {
  return learnHead(loaded, sets, aroundNames, options);
}

function aroundNames(names: LinearHead): Learner {
  const rows = rowsOf(names);
  return {
    space: 'after',
    enough: 20,
    unchosen: HEAD_C,
    choose: (train, validation, onProgress) => chooseHeadC(train, validation, rows, onProgress),
    fit: async (examples, c) => {
      const { weight } = await fitHead(examples, rows, c);
      return { weight, bias: new Float32Array(examples.classes), normalized: true };
    },
  };
}

/** The texts' rows [C, E], of length 1. */
export function rowsOf({ weight }: LinearHead): Float32Array {
  return weight.map((value) => value / SCALE);
}
