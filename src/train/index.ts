// What `clip-tfjs/train` exports: apart from the rest, because importing it loads TensorFlow.js's gradients.
export { AdamW, type AdamWOptions, CLIP_ADAMW } from './adamw.ts';
export { makeBatch } from './batch.ts';
export { type FitOptions, FitState, type FitStep, fitParameters } from './fit.ts';
export { IMAGE_TOWER, TEXT_TOWER, withoutFrozen } from './freeze.ts';
export { type Batch, type LossAndGradients, lossAndGradients, trainableParameters } from './gradients.ts';
export { initialize } from './initialize.ts';
export { type Batches, type StepReport, type TrainingOptions, TrainingState, train } from './loop.ts';
export { Lora } from './lora.ts';
export { selectMerges } from './merges.ts';
export { learningRateAt, type Schedule } from './schedule.ts';
