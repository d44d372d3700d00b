// What `clip-tfjs/train` exports in Node: checkpoints on disk too.
export { resumeTraining, saveTraining, saveWeights } from './checkpoint.node.ts';
export * from './index.ts';
