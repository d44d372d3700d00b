// A picture as a few coloured shapes on a ground, painted one over another by a rasteriser whose edges are soft, so that
// the gradient reaches outlines and places (CLIPDraw, Frans et al. 2021, which draws strokes; Liu et al. 2019, "Soft
// Rasterizer"). An outline is a distance from the shape's middle that changes with the direction: a sum of a few waves
// around the circle, which makes a disc, a heart or a star, turned any way.
import * as tf from '@tensorflow/tfjs-core';
import { type Bits, uniform } from '../../data/random.ts';
import type { Parameter } from '../../model/module.ts';
import { type Canvas, noise, parameterOf } from './canvas.ts';

/** Waves around an outline: five make a star. */
const HARMONICS = 6;
/** Of an edge, as a share of the picture: wide first, so that far shapes are drawn near, then as sharp as a pixel. */
const SOFTNESS = { first: 0.06, last: 0.012 };

export function shapeCanvas(bits: Bits, { count }: { count: number }): Canvas {
  const parameter = (shape: number[], value: (i: number) => number): Parameter =>
    parameterOf(shape, (filled) => tf.tensor(filled, shape), value);
  const grain = noise(bits, 0.05);
  const middle = parameter([count, 2], () => 0.5 + 0.25 * uniform(bits)); // across, down
  const size = parameter([count, 1], () => Math.log(0.16) + 0.3 * uniform(bits));
  const cosines = parameter([count, HARMONICS], () => grain());
  const sines = parameter([count, HARMONICS], () => grain());
  const colours = parameter([count, 3], () => 0.5 * uniform(bits));
  const ground = parameter([1, 3], () => 0.5 * uniform(bits));
  let softness = SOFTNESS.first;
  return {
    parameters: new Map(Object.entries({ middle, size, cosines, sines, colours, ground })),
    learningRate: 0.03,
    advance: (share) => {
      softness = SOFTNESS.first * (SOFTNESS.last / SOFTNESS.first) ** share;
    },
    draw(side) {
      const inside = tf.sigmoid(tf.div(depths({ middle, size, cosines, sines }, side), softness)); // [K, S²]
      const [covers, paints] = [tf.split(inside, count), tf.split(tf.sigmoid(colours.value), count)];
      let picture: tf.Tensor = tf.sigmoid(tf.transpose(ground.value)); // [3, 1]
      for (let i = 0; i < count; i++) {
        const paint = tf.transpose(paints[i]!); // [3, 1]
        picture = tf.add(
          tf.mul(picture, tf.sub(1, covers[i]!)),
          tf.matMul(paint as tf.Tensor2D, covers[i] as tf.Tensor2D),
        ); // [3, S²]
      }
      return tf.reshape(picture, [3, side, side]);
    },
  };
}

interface Outlines {
  middle: Parameter;
  size: Parameter;
  cosines: Parameter;
  sines: Parameter;
}

/** How far inside each outline every pixel is, negative outside, as a share of the picture: [K, S²]. */
function depths({ middle, size, cosines, sines }: Outlines, side: number): tf.Tensor {
  const [x, y] = [0, 1].map((axis) => {
    const places = Float32Array.from({ length: side * side }, (_, i) => {
      return ((axis === 0 ? i % side : Math.floor(i / side)) + 0.5) / side;
    });
    return tf.sub(tf.tensor2d(places, [1, side * side]), tf.slice(middle.value, [0, axis], [-1, 1])); // [K, S²]
  });
  const distance = tf.sqrt(tf.add(tf.add(tf.square(x!), tf.square(y!)), 1e-6)); // the root's gradient at 0 is infinite
  const [cosine, sine] = [tf.div(x!, distance), tf.div(y!, distance)];
  let [c, s] = [cosine, sine]; // of the direction, then of its multiples
  let reach: tf.Tensor = size.value; // [K, 1], the logarithm
  for (let k = 0; k < HARMONICS; k++) {
    if (k > 0) {
      [c, s] = [tf.sub(tf.mul(c, cosine), tf.mul(s, sine)), tf.add(tf.mul(s, cosine), tf.mul(c, sine))];
    }
    const wave = tf.add(
      tf.mul(c, tf.slice(cosines.value, [0, k], [-1, 1])),
      tf.mul(s, tf.slice(sines.value, [0, k], [-1, 1])),
    );
    reach = tf.add(reach, wave); // [K, S²]
  }
  return tf.sub(tf.exp(reach), distance); // [K, S²]
}
