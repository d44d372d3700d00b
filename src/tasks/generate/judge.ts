// What a model says is in a picture. A picture that was optimised through one model says little when that model likes it;
// what another one says, that was trained apart from it, is the test.
import type { Picture } from '../../data/pictures/picture.ts';
import type { LoadedModel } from '../loaded-model.ts';
import { classify, type Prediction, zeroShotHead } from '../zero-shot.ts';

export interface Verdict {
  model: string;
  /** The best labels, best first. */
  top: Prediction[];
  /** Of the label that the text names, 0 … 1; none where it names none of them. */
  probability?: number;
  /** Whether that label is the best. */
  right?: boolean;
}

/** Asks a model which of `labels` the picture shows, and how `text` stands among them. */
export async function judgePicture(
  loaded: LoadedModel,
  picture: Picture,
  labels: readonly string[],
  text: string,
  top: number = 3,
): Promise<Verdict> {
  const head = await zeroShotHead(loaded, labels);
  try {
    const [all] = await classify(loaded, [picture], head, labels.length);
    const wanted = labelIn(text, labels);
    const found = all!.find(({ label }) => label === wanted);
    return {
      model: loaded.name,
      top: all!.slice(0, top),
      ...(found && { probability: found.probability, right: all![0] === found }),
    };
  } finally {
    head.features.dispose();
  }
}

/** The longest label whose words the text has, one after another: of `a blue star` that is `blue star`. */
export function labelIn(text: string, labels: readonly string[]): string | undefined {
  const words = wordsOf(text);
  const named = labels.filter((label) => ` ${words} `.includes(` ${wordsOf(label)} `));
  return named.toSorted((a, b) => b.length - a.length)[0];
}

function wordsOf(text: string): string {
  return (text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? []).join(' ');
}
