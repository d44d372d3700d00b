// How good scores for several labels a picture are, against known truth: precision, recall and F1 over all pairs of picture
// and label (micro-averaged), and the mean over the labels of average precision. Scores and truths are [N][C].

/** All 0 … 1. */
export interface MultiLabelQuality {
  /** Of the labels that were given, how many are true; 1 where none was given. */
  precision: number;
  /** Of the labels that are true, how many were given. */
  recall: number;
  f1: number;
  /** The mean over the labels that are true of some picture. It needs no threshold. */
  meanAveragePrecision: number;
}

/** Labels whose score is at least `threshold` count as given. */
export function multiLabelQuality(
  scores: readonly (readonly number[])[],
  truths: readonly (readonly boolean[])[],
  threshold: number,
): MultiLabelQuality {
  let [given, right, wanted] = [0, 0, 0];
  scores.forEach((row, i) => {
    row.forEach((score, c) => {
      const isTrue = truths[i]![c]!;
      if (isTrue) wanted += 1;
      if (score < threshold) return;
      given += 1;
      if (isTrue) right += 1;
    });
  });
  const labels = scores[0]?.map((_, c) => c) ?? [];
  const precisions = labels
    .filter((c) => truths.some((row) => row[c]))
    .map((c) =>
      averagePrecision(
        scores.map((row) => row[c]!),
        truths.map((row) => row[c]!),
      ),
    );
  return {
    precision: given === 0 ? 1 : right / given,
    recall: right / wanted,
    f1: (2 * right) / (given + wanted),
    meanAveragePrecision: precisions.reduce((sum, value) => sum + value, 0) / precisions.length,
  };
}

/**
 * The mean over the true pictures of the precision at each one's place, best score first. Pictures of one score have no
 * order: all of them count as given at once, so that an order in the file changes nothing.
 */
export function averagePrecision(scores: readonly number[], truths: readonly boolean[]): number {
  const order = scores.map((_, i) => i).sort((a, b) => scores[b]! - scores[a]!);
  let [right, sum] = [0, 0];
  for (let start = 0; start < order.length; ) {
    let end = start;
    let among = 0;
    while (end < order.length && scores[order[end]!] === scores[order[start]!]) {
      if (truths[order[end]!]) among += 1;
      end += 1;
    }
    right += among;
    sum += among * (right / end);
    start = end;
  }
  return sum / right;
}

/** Whether a label is true of a picture by one of its texts (its class, its captions): its words stand there in a row. */
export function isSaid(label: string, texts: readonly string[]): boolean {
  const words = wordsOf(label);
  return texts.some((text) => ` ${wordsOf(text)} `.includes(` ${words} `));
}

function wordsOf(text: string): string {
  return (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).join(' ');
}
