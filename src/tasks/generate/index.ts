// The public names of `clip-tfjs/generate` in a browser: apart from `clip-tfjs`, so that who only classifies does not load
// the gradients.

export {
  type Generated,
  type GenerateOptions,
  type GenerationStep,
  generatePicture,
} from './generate-picture.ts';
export { judgePicture, type Verdict } from './judge.ts';
