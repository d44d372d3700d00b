// Attention over several blocks at once: attention roll-out (Abnar and Zuidema 2020, "Quantifying attention flow in
// transformers", section 3). A block's attention, the mean of its heads, is halved with the identity, for the residual
// connection carries a token past it; the blocks' matrices are multiplied, the last one's from the left.

/** What one attention gave: H heads, each a row of `keys` shares for each of `queries`; a row comes to 1. */
export interface AttentionLayer {
  heads: number;
  queries: number;
  keys: number;
  /** [H, T, L] */
  probs: Float32Array;
}

/** One head's matrix, [T][L]. */
export function headMatrix({ queries, keys, probs }: AttentionLayer, head: number): number[][] {
  return Array.from({ length: queries }, (_, row) => {
    const from = (head * queries + row) * keys;
    return Array.from(probs.subarray(from, from + keys));
  });
}

/** The mean of a layer's heads, [T][L]; rows come to 1. */
export function meanOfHeads({ heads, queries, keys, probs }: AttentionLayer): number[][] {
  const mean = Array.from({ length: queries }, () => new Array<number>(keys).fill(0));
  for (let head = 0; head < heads; head++) {
    for (let row = 0; row < queries; row++) {
      const from = (head * queries + row) * keys;
      for (let key = 0; key < keys; key++) mean[row]![key]! += probs[from + key]! / heads;
    }
  }
  return mean;
}

/** Layers of self-attention, the first one first, all [L, L] → [L][L]: what each token at the end took of each at the start. */
export function rollout(layers: readonly AttentionLayer[]): number[][] {
  return layers.reduce<number[][] | undefined>((before, layer) => {
    const step = meanOfHeads(layer).map((row, i) => row.map((share, j) => (share + (i === j ? 1 : 0)) / 2));
    return before ? product(step, before) : step;
  }, undefined)!;
}

function product(left: readonly (readonly number[])[], right: readonly (readonly number[])[]): number[][] {
  return left.map((row) => {
    const sum = new Float64Array(right[0]!.length);
    row.forEach((share, k) => {
      if (share === 0) return; // above a causal diagonal, half of all
      const other = right[k]!;
      for (let j = 0; j < sum.length; j++) sum[j]! += share * other[j]!;
    });
    return Array.from(sum);
  });
}
