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
const SOFTNESS = { first: 0.05, last: 0.01 };
/** What outlines pay for waves: fine ones more than long ones. */
const SMOOTH = 0.03;

export function shapeCanvas(bits: Bits, { count }: { count: number }): Canvas {
  const parameter = (shape: number[], value: (i: number) => number): Parameter =>
    parameterOf(shape, (filled) => tf.tensor(filled, shape), value);
  const grain = noise(bits, 0.03);
  // The first shape is the subject: some regular outline, some colour, with or without a hole. The others are small.
  const [folds, isHollow] = [bits() % HARMONICS, bits() % 2 === 0];
  const wave = (i: number): number => (i === folds ? 0.4 * uniform(bits) : grain());
  const middle = parameter([count, 2], (i) => 0.5 + (i < 2 ? 0.08 : 0.3) * uniform(bits)); // across, down
  const size = parameter([count, 1], (i) => Math.log(i === 0 ? 0.26 + 0.06 * uniform(bits) : 0.08));
  const hollow = parameter([count, 1], (i) => (i === 0 && isHollow ? 0.5 : -2.5)); // through a sigmoid: the hole's share
  const cosines = parameter([count, HARMONICS], wave);
  const sines = parameter([count, HARMONICS], wave);
  const tint = Float32Array.from({ length: 3 }, () => 2 * uniform(bits));
  const ground = parameter([1, 3], (i) => tint[i]!);
  // The others have the ground's colour: they come forth only where that makes the picture better.
  const colours = parameter([count, 3], (i) => (i < 3 ? 2 * uniform(bits) : tint[i % 3]!));
  let softness = SOFTNESS.first;
  return {
    parameters: new Map(Object.entries({ middle, size, hollow, cosines, sines, colours, ground })),
    learningRate: 0.03,
    advance: (share) => {
      softness = SOFTNESS.first * (SOFTNESS.last / SOFTNESS.first) ** share;
    },
    draw(side) {
      const { distance, reach } = outlines({ middle, size, cosines, sines }, side); // each [K, S²]
      const edge = (depth: tf.Tensor): tf.Tensor => tf.sigmoid(tf.div(depth, softness));
      const hole = tf.mul(reach, tf.sigmoid(hollow.value)); // [K, S²]
      const inside = tf.mul(edge(tf.sub(reach, distance)), edge(tf.sub(distance, hole))); // [K, S²]
      const paints = tf.sigmoid(colours.value); // [K, 3]
      let picture: tf.Tensor = tf.sigmoid(tf.transpose(ground.value)); // [3, 1]
      for (let i = 0; i < count; i++) {
        const cover = tf.slice(inside, [i, 0], [1, -1]) as tf.Tensor2D; // [1, S²]
        const paint = tf.slice(paints, [i, 0], [1, -1]) as tf.Tensor2D; // [1, 3]
        picture = tf.add(tf.mul(picture, tf.sub(1, cover)), tf.matMul(paint, cover, true, false)); // [3, S²]
      }
      return tf.reshape(picture, [3, side, side]);
    },
    penalty: () => {
      const waves = tf.add(tf.square(cosines.value), tf.square(sines.value)); // [K, harmonics]
      const fineness = tf.tensor2d(
        Array.from({ length: HARMONICS }, (_, k) => (k + 1) ** 2),
        [1, HARMONICS],
      );
      return tf.mul(tf.mean(tf.sum(tf.mul(waves, fineness), 1)), SMOOTH) as tf.Scalar;
    },
  };
}

interface Outlines {
  middle: Parameter;
  size: Parameter;
  cosines: Parameter;
  sines: Parameter;
}

/** Of every pixel and shape, the distance from its middle and that of its outline there, as shares of the picture: [K, S²]. */
function outlines(
  { middle, size, cosines, sines }: Outlines,
  side: number,
): { distance: tf.Tensor; reach: tf.Tensor } {
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
  return { distance, reach: tf.exp(reach) };
}
