// Pictures' features and their captions → a trained decoder, by the loop of src/train. Teacher forcing: after every word of
// a true caption the decoder is asked for the next, and the loss is the mean cross-entropy over the tokens, in nats.
// ClipCap (Mokady et al. 2021), equation 2; the image encoder stays as it is.
import * as tf from '@tensorflow/tfjs-core';
import { randomBits, seedFor } from '../../data/random.ts';
import { ClipError } from '../../errors.ts';
import { type FitOptions, FitState, type FitStep, fitParameters, type StepReport } from '../../train/fit.ts';
import { gradientsOf } from '../../train/gradients.ts';
import { initializeEach } from '../../train/initialize.ts';
import { firstNotFinite } from '../../train/not-finite.ts';
import type { CaptionDecoder } from './decoder.ts';
import type { CaptionVocabulary } from './vocabulary.ts';

/** Pictures' features of length 1, [N, E], and a caption for each. The loop disposes of the features. */
export interface CaptionBatch {
  features: tf.Tensor2D;
  captions: readonly string[];
}

/** The batch of a step: for the same step the same one. */
export type CaptionBatches = (step: number) => CaptionBatch | Promise<CaptionBatch>;

export interface DecoderTraining extends FitOptions {
  seed: number;
  /**
   * How likely a given word is hidden in training, 0 … 1: so that the picture is asked, and not only the word before. With
   * the words alone to go by, `red` is followed by the shapes that training has in red, and by no other (Bowman et al. 2016,
   * section 3.3.2).
   */
  wordDropout: number;
}

/** The first weights, drawn from a seed as GPT-2's are: N(0, 0.02²), what is added to the residual stream narrower. */
export function initializeDecoder(decoder: CaptionDecoder, seed: number): void {
  initializeEach(new Map(decoder.namedParameters()), seed, (name, { shape }) => {
    if (name.startsWith('clip_project.') && shape.length > 1) return { normal: shape[1]! ** -0.5 };
    if (shape.length > 1) {
      const isAdded = name.endsWith('out_proj.weight') || name.endsWith('c_proj.weight');
      return { normal: isAdded ? 0.02 * (2 * decoder.config.layers) ** -0.5 : 0.02 };
    }
    return { constant: /ln_\w+\.weight$/.test(name) ? 1 : 0 };
  });
}

/** A training that has not begun, of a decoder that has its first weights. `about` must be the same when it is resumed. */
export function decoderState(decoder: CaptionDecoder, options: DecoderTraining): FitState {
  const { wordDropout } = options;
  if (!(wordDropout >= 0 && wordDropout < 1)) {
    throw new ClipError('word dropout', { expected: '0 or more, below 1', got: wordDropout });
  }
  return new FitState(new Map(decoder.namedParameters()), options, decoder.config);
}

/** Trains to the schedule's end. Throws ClipError as `fitParameters` does. */
export async function fitDecoder(
  state: FitState,
  decoder: CaptionDecoder,
  vocabulary: CaptionVocabulary,
  batches: CaptionBatches,
  onStep?: (report: StepReport) => void | Promise<void>,
): Promise<void> {
  const options = state.options as DecoderTraining;
  await fitParameters(
    state,
    async (step) => decoderStep(decoder, vocabulary, await batches(step), step, options),
    onStep,
  );
}

/** Loss and gradients of one step on one batch, whose features it disposes of with its `release`. */
export function decoderStep(
  decoder: CaptionDecoder,
  vocabulary: CaptionVocabulary,
  { features, captions }: CaptionBatch,
  step: number,
  options: DecoderTraining,
): FitStep {
  const parameters = new Map(decoder.namedParameters());
  const { words, truth } = teacherForcing(decoder, vocabulary, captions, step, options); // [N, T], [N · T, V]
  let accuracy!: tf.Scalar;
  const forward = (): tf.Scalar => {
    const logits = tf.reshape(decoder.call(features, words), truth.shape); // [N · T, V]
    accuracy = tf.keep(shareRight(logits, truth));
    return tf.neg(tf.sum(tf.mul(tf.logSoftmax(logits), truth)));
  };
  const { value: loss, gradients } = gradientsOf(forward, parameters);
  const again = () => decoder.call(features, words);
  return {
    loss,
    accuracy,
    gradients,
    pairs: captions.length,
    blame: () => firstNotFinite(parameters, ["the pictures' features", features], again, gradients),
    release: () => tf.dispose([features, words, truth]),
  };
}

/**
 * The words that are given, int32 [N, T], and the truth about the next of each, [N · T, V]: 1 / (tokens of the batch) at
 * the word that follows; nothing behind a caption's end.
 */
function teacherForcing(
  { config }: CaptionDecoder,
  vocabulary: CaptionVocabulary,
  captions: readonly string[],
  step: number,
  { seed, wordDropout }: DecoderTraining,
): { words: tf.Tensor2D; truth: tf.Tensor2D } {
  const rows = captions.map((caption) => vocabulary.encode(caption, config.context_length));
  const length = Math.max(...rows.map((row) => row.length)) - 1; // T
  const tokens = rows.reduce((sum, row) => sum + row.length - 1, 0);
  const bits = randomBits(seedFor(seed, `words ${step}`));
  const words = new Int32Array(rows.length * length).fill(vocabulary.end);
  const truth = new Float32Array(rows.length * length * vocabulary.size);
  for (const [picture, row] of rows.entries()) {
    for (let place = 0; place < row.length - 1; place++) {
      const at = picture * length + place;
      const isHidden = place > 0 && bits() / 2 ** 32 < wordDropout;
      if (!isHidden) words[at] = row[place]!; // a hidden one stays the end of text, which no caption goes on after
      truth[at * vocabulary.size + row[place + 1]!] = 1 / tokens;
    }
  }
  return {
    words: tf.tensor2d(words, [rows.length, length], 'int32'),
    truth: tf.tensor2d(truth, [rows.length * length, vocabulary.size]),
  };
}

/** The share of the tokens that were the most probable: logits and truth [N · T, V] → scalar. */
function shareRight(logits: tf.Tensor, truth: tf.Tensor2D): tf.Scalar {
  return tf.tidy(() => tf.sum(tf.mul(tf.oneHot(tf.argMax(logits, 1), truth.shape[1]), truth)) as tf.Scalar);
}
