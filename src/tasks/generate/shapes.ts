// A picture as one coloured shape on a ground, painted by a rasteriser whose edges are soft, so that the gradient reaches
// its outline and place (CLIPDraw, Frans et al. 2021, which draws strokes; Liu et al. 2019, "Soft Rasterizer"). An outline
// is a distance from its middle that changes with the direction: a sum of a few waves around the circle, which makes a
// disc, a heart or a star, turned any way. The shape is such an outline, less a hole, less a second outline, the bite.
import * as tf from '@tensorflow/tfjs-core';
import { type Bits, uniform } from '../../data/random.ts';
import type { Parameter } from '../../model/module.ts';
import { type Canvas, noise, parameterOf, type Rgb } from './canvas.ts';
import { HARMONICS, outlines, rowAt } from './outlines.ts';

/** The distance of an outline from its middle, as a share of the picture: of the subject, and of the bite. */
const SIZES: readonly (readonly [low: number, high: number])[] = [
  [0.13, 0.36],
  [0.02, 0.36],
];
/** Of an edge, as a share of the picture: wide first, so that far shapes are drawn near, then as sharp as a pixel. */
const SOFTNESS = { first: 0.05, last: 0.01 };
/** What outlines pay for waves: fine ones more than long ones. */
const SMOOTH = 0.03;

export function shapeCanvas(bits: Bits): Canvas {
  const parameter = (shape: number[], value: (i: number) => number): Parameter =>
    parameterOf(shape, (filled) => tf.tensor(filled, shape), value);
  const grain = noise(bits, 0.03);
  // Some regular outline in some colour: with a hole or without, bitten or not.
  const [folds, isHollow, isBitten] = [bits() % 6, bits() % 3 === 0, bits() % 3 === 0];
  const waves = new Map([
    [folds, 0.4 * uniform(bits)],
    [2 * folds + 1, 0.1 * uniform(bits)], // the same symmetry, in more detail
  ]);
  const wave = (i: number): number => (waves.get(i) ?? 0) + grain(); // the bite, from HARMONICS on, is round
  const side = Math.PI * uniform(bits); // where it is bitten
  const places = [
    0,
    0,
    isBitten ? Math.cos(side) : 2 * Math.cos(side),
    isBitten ? Math.sin(side) : 2 * Math.sin(side),
  ];
  const middle = parameter([2, 2], (i) => places[i]! + 0.3 * uniform(bits)); // across, down; through a tanh
  const size = parameter([2, 1], (i) => (i === 1 && !isBitten ? -2.5 : 0.5 * uniform(bits))); // through a sigmoid
  const hollow = parameter([1, 1], () => (isHollow ? 0.5 : -2.5)); // through a sigmoid: the hole's share
  const cosines = parameter([2, HARMONICS], wave);
  const sines = parameter([2, HARMONICS], wave);
  const colour = parameter([1, 3], () => 2 * uniform(bits));
  const ground = parameter([1, 3], () => 2 * uniform(bits));
  let softness = SOFTNESS.first;

  /** How much of each pixel the shape covers: [1, S²]. */
  function cover(length: number): tf.Tensor2D {
    const least = tf.tensor2d(
      SIZES.map(([low]) => low),
      [2, 1],
    );
    const room = tf.tensor2d(
      SIZES.map(([low, high]) => high - low),
      [2, 1],
    );
    const sizes = tf.add(least, tf.mul(room, tf.sigmoid(size.value))); // [2, 1]
    const places = tf.add(0.5, tf.mul(tf.tanh(middle.value), 0.2)); // [2, 2]
    const { distance, reach } = outlines({ middle: places, size: sizes, cosines, sines }, length); // each [2, S²]
    const within = tf.sub(reach, distance);
    const edge = (depth: tf.Tensor): tf.Tensor => tf.sigmoid(tf.div(depth, softness));
    const [outer, bite] = [rowAt(within, 0), rowAt(within, 1)]; // each [1, S²]
    const hole = tf.sub(rowAt(distance, 0), tf.mul(rowAt(reach, 0), tf.sigmoid(hollow.value))); // [1, S²]
    return tf.mul(tf.mul(edge(outer), edge(hole)), edge(tf.neg(bite))) as tf.Tensor2D;
  }

  const rgb = (one: Parameter): tf.Tensor2D => tf.sigmoid(tf.transpose(one.value)) as tf.Tensor2D; // [3, 1]
  function paint(covered: tf.Tensor2D, on: tf.Tensor2D): tf.Tensor3D {
    const length = Math.sqrt(covered.shape[1]);
    const picture = tf.add(on, tf.matMul(tf.sub(rgb(colour), on) as tf.Tensor2D, covered)); // [3, S²]
    return tf.reshape(picture, [3, length, length]); // [3, S, S]
  }

  return {
    parameters: new Map(Object.entries({ middle, size, hollow, cosines, sines, colour, ground })),
    learningRate: 0.05,
    advance: (share) => {
      softness = SOFTNESS.first * (SOFTNESS.last / SOFTNESS.first) ** share;
    },
    draw: (length) => paint(cover(length), rgb(ground)),
    colour: () => [...tf.tidy(() => rgb(colour).dataSync())] as unknown as Rgb,
    drawOn(length, grounds) {
      const covered = cover(length);
      const others = grounds.map((one) => tf.tensor2d([...one], [3, 1]));
      return [rgb(ground), ...others].map((on) => paint(covered, on));
    },
    penalty: () => {
      const squares = tf.add(tf.square(cosines.value), tf.square(sines.value)); // [2, harmonics]
      const fineness = tf.tensor2d(
        Array.from({ length: HARMONICS }, (_, k) => (k + 1) ** 2),
        [1, HARMONICS],
      );
      return tf.mul(tf.mean(tf.sum(tf.mul(squares, fineness), 1)), SMOOTH) as tf.Scalar;
    },
  };
}
