// What `clip-tfjs/train` exports in Node: checkpoints on disk too.
export { resumeTraining, saveAdapter, saveTraining, saveWeights } from './checkpoint.node.ts';
export * from './index.ts';
