// Pictures with questions and their answers: what a head learns from and what is measured on. Here those that this program
// draws; question-table.node.ts has a person's own.
import { Fingerprint } from '../../data/sets/fingerprint.ts';
import type { PictureSet } from '../../data/sets/picture-set.ts';
import { questionedScene } from '../../data/shapes/question-sets.ts';
import type { QuestionKind } from '../../data/shapes/questions.ts';
import type { ShapesSplit } from '../../data/shapes/shapes.ts';

/** A question about one of the set's pictures. */
export interface QuestionItem {
  /** The picture's number in the set. */
  readonly picture: number;
  readonly question: string;
  readonly answer: string;
  /** What sort of question it is, where that is known: accuracies are told by it. */
  readonly kind?: QuestionKind | undefined;
  /** Of "is there a green ring?": whether there are both a green thing and a ring. */
  readonly bound?: boolean | undefined;
}

export interface QuestionSet {
  readonly pictures: PictureSet;
  readonly items: readonly QuestionItem[];
}

/** The first `count` pictures of a split, with all their questions: about five each. */
export function sceneQuestions(split: ShapesSplit, count: number, seed: number = 0): QuestionSet {
  const items: QuestionItem[] = [];
  for (let picture = 0; picture < count; picture++) {
    for (const asked of questionedScene(split, picture, seed).questions) items.push({ picture, ...asked });
  }
  const name = `scenes ${split}`;
  return {
    items,
    pictures: {
      name,
      count,
      fingerprint: `${new Fingerprint().add(name).add([count, seed])}`,
      source: (index) => ({ picture: questionedScene(split, index, seed).image }),
    },
  };
}
