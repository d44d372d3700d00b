// Labels that a classifier gives by itself: the surest pictures of each class, as many of one class as of another. Without
// the balance, a class that the classifier likes best would teach it to like that class better still (Lee 2013; UPL, 2022).

export interface PseudoLabel {
  /** Which picture, a row of the probabilities. */
  index: number;
  label: number;
  /** The label's probability, 0 … 1. */
  confidence: number;
}

export interface PseudoLabelOptions {
  /** Least probability of the likeliest class; 0 leaves the choice to `most`. */
  threshold: number;
  /** Pictures of a class at most; the most confident ones are taken. */
  most: number;
}

export interface PseudoLabels {
  /** By class, the surest first. */
  chosen: PseudoLabel[];
  /** Classes that no picture was sure enough of. */
  without: number[];
}

/** From probabilities [n, C], row after row. Of equally sure pictures the first is taken. */
export function choosePseudoLabels(
  probabilities: Float32Array,
  classes: number,
  { threshold, most }: PseudoLabelOptions,
): PseudoLabels {
  const byClass = Array.from({ length: classes }, (): PseudoLabel[] => []);
  for (let index = 0; index * classes < probabilities.length; index++) {
    const row = probabilities.subarray(index * classes, (index + 1) * classes);
    const confidence = Math.max(...row);
    const label = row.indexOf(confidence);
    if (confidence >= threshold) byClass[label]?.push({ index, label, confidence });
  }
  const without = [...byClass.keys()].filter((label) => byClass[label]!.length === 0);
  const chosen = byClass.flatMap((list) =>
    list.sort((a, b) => b.confidence - a.confidence || a.index - b.index).slice(0, most),
  );
  return { chosen, without };
}

/** The most of a class to take of `count` pictures: a quarter of what each class would have if all had as many. */
export function mostOfAClass(count: number, classes: number): number {
  return Math.max(1, Math.round(count / classes / 4));
}
