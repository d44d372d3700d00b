// softmax(scores + mask) over the last axis in one dispatch, and its gradient in one. What the mask forbids takes no part:
// WGSL does not promise to compute with infinities.
import { counted, type FastKernel } from '../kernel.ts';
import { rowsOf, rowwise, viewed } from './program.ts';

/** scores [N, H, T, L], mask [T, L] or none → the same shape */
export const maskedSoftmax: FastKernel<'scores' | 'mask'> = {
  name: 'maskedSoftmax',
  saves: [],
  savesAnswer: true,
  forward: ({ scores, mask }) => {
    const flat = rowsOf(scores); // [rows, L]
    const inputs = { scores: flat, ...(mask && { mask: viewed(mask, [mask.size]) }) };
    const questions = { questions: { type: 'i32' as const, value: mask ? mask.shape[0]! : 1 } };
    const program = {
      helpers: `${mask ? MASKED : PLAIN}${CHANCE}`,
      code: FORWARD,
      each: 'chance(row, i, most) / sum',
    };
    const answer = rowwise(mask ? 'maskedSoftmax' : 'softmax', program, inputs, flat.shape, questions);
    return viewed(answer, scores.shape);
  },
  backward: (dy, [probs]) => ({
    scores: () => {
      const inputs = { dy: rowsOf(dy), probs: rowsOf(probs!) }; // [rows, L]
      const program = { code: BACKWARD, each: '(dy[at] - along) * probs[at]' };
      return counted(rowwise('softmaxGradient', program, inputs, inputs.probs.shape), dy.shape);
    },
  }),
};

const PLAIN = `
  fn isOpen(row : i32, i : i32) -> bool { return true; }
  fn score(row : i32, i : i32) -> f32 { return scores[row * uniforms.width + i]; }
`;
// −∞ by its bits, which a compiler that knows no infinities leaves alone.
const MASKED = `
  fn maskAt(row : i32, i : i32) -> f32 { return mask[row % uniforms.questions * uniforms.width + i]; }
  fn isOpen(row : i32, i : i32) -> bool { return bitcast<u32>(maskAt(row, i)) != 0xff800000u; }
  fn score(row : i32, i : i32) -> f32 { return scores[row * uniforms.width + i] + maskAt(row, i); }
`;
const CHANCE = `
  fn chance(row : i32, i : i32, most : f32) -> f32 {
    if (isOpen(row, i)) { return exp(score(row, i) - most); }
    return 0.0;
  }
`;

const FORWARD = `
  var most = -3.4e38;
  for (var i = lane; i < width; i = i + THREADS) {
    if (isOpen(row, i)) { most = max(most, score(row, i)); }
  }
  most = largest(most);
  var sum = 0.0;
  for (var i = lane; i < width; i = i + THREADS) { sum = sum + chance(row, i, most); }
  sum = total(sum);
`;

/** With p the answer: (dy − Σ dy p) p. */
const BACKWARD = `
  var along = 0.0;
  for (var i = lane; i < width; i = i + THREADS) { along = along + dy[start + i] * probs[start + i]; }
  along = total(along);
`;
