// Pictures of several shapes with questions and answers, in three splits; any one is a pure function of split, seed and
// index. Training and validation show and name only the 85 combinations that training sees; the test has all 100.
import { ClipError } from '../../errors.ts';
import type { CifarPicture } from '../cifar.ts';
import { FINE_NAMES, SEEN_LABELS } from './classes.ts';
import { questionsOf, type SceneQuestion } from './questions.ts';
import { Random } from './random.ts';
import { chooseSeveral, drawSeveral, type SeveralScene } from './several.ts';
import type { ShapesSplit } from './shapes.ts';

/** Apart from those of Shapes-100's own pictures. */
const PURPOSES: Readonly<Record<ShapesSplit, number>> = { train: 40, validation: 41, test: 42 };
/** Added to a purpose for the noise over the picture, so that a picture need not be drawn to know what is asked of it. */
const NOISE = 8;

const ALL_LABELS: readonly number[] = FINE_NAMES.map((_, fine) => fine);

export interface QuestionedScene {
  /** Drawn when it is asked for, uint8 [32, 32, 3]. */
  readonly image: CifarPicture;
  readonly scene: SeveralScene;
  /** Three to six, each of another kind. */
  readonly questions: readonly SceneQuestion[];
}

/** Picture `index` (0, 1, 2 …, without end) of a split, with its questions. */
export function questionedScene(split: ShapesSplit, index: number, seed: number = 0): QuestionedScene {
  if (!Number.isSafeInteger(index) || index < 0) {
    throw new ClipError('picture index', { expected: 'a whole number, 0 or more', got: index });
  }
  const labels = split === 'test' ? ALL_LABELS : SEEN_LABELS;
  const random = new Random(PURPOSES[split], seed, index);
  const scene = chooseSeveral(labels, random);
  return {
    scene,
    questions: questionsOf(scene, labels, random),
    get image() {
      return drawSeveral(scene, new Random(PURPOSES[split] + NOISE, seed, index));
    },
  };
}
