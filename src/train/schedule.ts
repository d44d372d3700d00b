// Step → learning rate: a linear rise, then half a cosine down to nothing. CLIP paper, section 2.5.

export interface Schedule {
  /** Steps in all. */
  steps: number;
  /** The highest rate, reached with the last step of the warm-up. */
  learningRate: number;
  /** Steps of the rise; 0 for none. */
  warmup: number;
}

/** The rate of step 0 … steps − 1. */
export function learningRateAt(step: number, { steps, learningRate, warmup }: Schedule): number {
  if (step < warmup) return (learningRate * (step + 1)) / warmup;
  const done = (step - warmup) / (steps - warmup); // 0 … 1
  return (learningRate * (1 + Math.cos(Math.PI * done))) / 2;
}
