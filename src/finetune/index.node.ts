// What `clip-tfjs/finetune` exports, in Node only: what the commands train, finetune, probe, interpolate and label are made of.
export { openPictureSet } from '../data/sets/open.node.ts';
export { fewShot, splitSet, subset } from '../data/sets/order.ts';
export type { PictureSet } from '../data/sets/picture-set.ts';
export { embedPictures } from '../tasks/embed-pictures.node.ts';
export {
  type EvaluateOptions,
  evaluateQuestions,
  type MeasuredRow,
} from '../tasks/vqa/evaluate-questions.node.ts';
export { type TrainedHead, type TrainHeadOptions, trainHead } from '../tasks/vqa/train-head.node.ts';
export { Interrupted } from '../train/interrupted.ts';
export { type FinetuneOptions, type FinetuneReport, finetune } from './finetune.node.ts';
export { finetuneHead } from './head.node.ts';
export { interpolate } from './interpolate.node.ts';
export { labelByItself } from './label.node.ts';
export type { LearningSets } from './learning-sets.ts';
export { probe } from './probe.node.ts';
export { learningRateFor, METHODS, type Method, RECIPES, type Recipe } from './recipes.ts';
