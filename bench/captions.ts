export { captions } from '../src/bench/captions.ts';
