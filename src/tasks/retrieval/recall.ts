// Recall@K between pictures and texts, both ways, as papers report it (Karpathy and Fei-Fei 2015; CLIP, section 3.1.5 and
// table 13). A pure function of a matrix of cosines and of which text is right for which picture.

export interface Recalls {
  /** By K: the share of queries that have a right answer among their K best, 0 … 1. */
  recall: Record<string, number>;
  /** The same for an order by chance: the expected value, exactly. */
  chance: Record<string, number>;
  /** How many queries there were. */
  count: number;
}

export interface RetrievalQuality {
  /** Each text asks for a picture: a hit is any picture it is right for. */
  textToImage: Recalls;
  /** Each picture asks for a text: a hit is any text that is right for it, one of several captions will do. */
  imageToText: Recalls;
}

export const RECALL_AT: readonly number[] = [1, 5, 10];

/**
 * `cosines` [N pictures][M texts]. `pictureKeys` and `textKeys` say what is right: text m is right for picture n where one of
 * the keys of n is that of m, so that pictures of one caption are all right for it, and equal texts count as one. Each text
 * must be right for some picture, and each picture have some text.
 *
 * Equal cosines: a wrong answer with the same cosine as the best right one stands before it, so that a model that says the
 * same of everything gets no better than it deserves, in whatever order the file is.
 */
export function retrievalQuality(
  cosines: readonly ArrayLike<number>[],
  pictureKeys: readonly (readonly string[])[],
  textKeys: readonly string[],
  at: readonly number[] = RECALL_AT,
): RetrievalQuality {
  const keySets = pictureKeys.map((keys) => new Set(keys));
  const texts = textKeys.map((_, m) => m);
  const pictures = pictureKeys.map((_, n) => n);
  const isRight = (n: number, m: number): boolean => keySets[n]!.has(textKeys[m]!);
  return {
    textToImage: recallsOf(
      texts.map((m) => pictures.map((n) => [cosines[n]![m]!, isRight(n, m)] as const)),
      at,
    ),
    imageToText: recallsOf(
      pictures.map((n) => texts.map((m) => [cosines[n]![m]!, isRight(n, m)] as const)),
      at,
    ),
  };
}

type Answers = readonly (readonly [cosine: number, isRight: boolean])[];

function recallsOf(queries: readonly Answers[], at: readonly number[]): Recalls {
  const places = queries.map(placeOfBest);
  const rights = queries.map((answers) => answers.filter(([, isRight]) => isRight).length);
  const mean = (values: readonly number[]): number =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const byK = (of: (k: number) => number) => Object.fromEntries(at.map((k) => [k, of(k)]));
  return {
    recall: byK((k) => mean(places.map((place) => (place < k ? 1 : 0)))),
    chance: byK((k) => mean(queries.map((answers, q) => chanceOf(answers.length, rights[q]!, k)))),
    count: queries.length,
  };
}

/** How many wrong answers stand before the best right one. */
function placeOfBest(answers: Answers): number {
  let best = -Infinity;
  for (const [cosine, isRight] of answers) if (isRight && cosine > best) best = cosine;
  return answers.filter(([cosine, isRight]) => !isRight && cosine >= best).length;
}

/** The probability that of `count` answers in an order by chance one of the `right` ones is among the first `k`. */
function chanceOf(count: number, right: number, k: number): number {
  let none = 1;
  for (let i = 0; i < Math.min(k, count); i++) none *= Math.max(0, count - right - i) / (count - i);
  return 1 - none;
}
