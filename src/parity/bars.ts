// How far two correct programs may part, by kind of value. Measured first, then written here: docs/parity.md has the
// numbers and the reasons. Both sides compute in fp32; they add in another order.

export interface Bars {
  /** Every tap: max |Δ| over the reference's max; over 1 for logits that are all smaller. */
  tap: number;
  /** image_features and text_features besides: max |Δ| once their rows have length 1. */
  features: number;
  /** Both logits besides: max |Δ|. */
  logits: number;
  /** Gradients: max |Δ| over the larger of the tensor's max and a thousandth of the model's largest gradient. */
  grad: number;
  /** Losses of a training: max |Δ| / max(1, |loss|). */
  loss: number;
  /** Parameters after a training: max |Δ| in learning rates. */
  param: number;
  /** The same for each step for the keys' biases, whose exact gradient is zero: rounding moves them, as far as Adam can. */
  keyBias: number;
  /** Pictures once normalised: max |Δ| over the reference's max. */
  image: number;
}

export const BARS: Readonly<Bars> = {
  tap: 2e-5,
  features: 2e-6,
  logits: 2e-4,
  grad: 1e-4,
  loss: 1e-5,
  param: 0.1,
  keyBias: 2,
  image: 1e-6,
};
