// Layer normalisation over the last axis: forwards one dispatch, where the composition in src/model/ops.ts takes nine, and
// backwards from x and gain alone, in four. Stands beside torch.nn.LayerNorm.
import type * as tf from '@tensorflow/tfjs-core';
import { counted, type FastKernel } from '../kernel.ts';
import { columnSums } from './linear.ts';
import { rowsOf, rowwise, viewed } from './program.ts';

export const layerNorm: FastKernel<'x' | 'gain' | 'bias'> = {
  name: 'layerNorm',
  saves: ['x', 'gain'],
  forward: ({ x, gain, bias }, { epsilon }) => {
    const each = 'normal(at, mean, scale) * gain[i] + bias[i]';
    return viewed(normalised('layerNorm', { each }, { x, gain, bias }, epsilon), x.shape);
  },
  backward: (dy, [x, gain], { epsilon }) => ({
    gain: () => {
      const normal = normalised('normal', { each: 'normal(at, mean, scale)' }, { x: x! }, epsilon);
      return columnSums(dy, counted(normal)); // [D]
    },
    bias: () => columnSums(dy), // [D]
    x: () => {
      // With g = dy · gain and n the normalised x: (g − mean(g) − n · mean(g n)) / deviation.
      const code = `
        var sumG = 0.0;
        var sumGN = 0.0;
        for (var i = lane; i < width; i = i + THREADS) {
          let g = dy[start + i] * gain[i];
          sumG = sumG + g;
          sumGN = sumGN + g * normal(start + i, mean, scale);
        }
        let meanG = total(sumG) / f32(width);
        let meanGN = total(sumGN) / f32(width);`;
      const each = '(dy[at] * gain[i] - meanG - normal(at, mean, scale) * meanGN) * scale';
      const inputs = { x: x!, gain: gain!, dy };
      return counted(normalised('layerNormGradient', { code, each }, inputs, epsilon), x!.shape);
    },
  }),
};

/** A program over the rows of x, for code to which the row's `mean` and `scale` are known: [..., D] → [rows, D]. */
function normalised(
  name: string,
  { code = '', each }: { code?: string; each: string },
  inputs: Record<string, tf.TensorInfo>,
  epsilon: tf.Attribute | undefined,
): tf.TensorInfo {
  const rows = rowsOf(inputs.x!);
  const given = inputs.dy ? { ...inputs, x: rows, dy: rowsOf(inputs.dy) } : { ...inputs, x: rows };
  return rowwise(name, { helpers: NORMAL, code: `${MEAN_AND_SCALE}${code}`, each }, given, rows.shape, {
    epsilon: { type: 'f32', value: epsilon as number },
  });
}

const NORMAL = `
  fn normal(at : i32, mean : f32, scale : f32) -> f32 { return (x[at] - mean) * scale; }
`;

/** The mean first, then the squares around it: one pass over x and x² would lose what is small beside the mean. */
const MEAN_AND_SCALE = `
  var sum = 0.0;
  for (var i = lane; i < width; i = i + THREADS) { sum = sum + x[start + i]; }
  let mean = total(sum) / f32(width);
  var squares = 0.0;
  for (var i = lane; i < width; i = i + THREADS) {
    let centred = x[start + i] - mean;
    squares = squares + centred * centred;
  }
  let scale = inverseSqrt(total(squares) / f32(width) + uniforms.epsilon);
`;
