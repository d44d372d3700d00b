// Questions about a scene of several shapes, whose answers are exactly true: asked only where no two people would answer
// differently. After CLEVR (Johnson et al. 2017), with its kinds cut down to five and a sixth for "what is left of …".

import { MIDDLE } from './captions.ts';
import { COLOURS, type Colour, FINE_NAMES, pluralOf, SHAPES, type Shape } from './classes.ts';
import type { Random } from './random.ts';
import { type PlacedShape, SIDE } from './scene.ts';
import type { SeveralScene } from './several.ts';

export const QUESTION_KINDS = ['colour', 'shape', 'count', 'position', 'yes/no', 'relation'] as const;
export type QuestionKind = (typeof QUESTION_KINDS)[number];

export interface SceneQuestion {
  readonly kind: QuestionKind;
  readonly question: string;
  readonly answer: string;
  /** Of "is there a green ring?": both a green thing and a ring are in the picture. If not one thing, the answer is no. */
  readonly bound?: boolean;
}

/** The places of a 3 × 3 grid, by row and column. */
export const PLACE_NAMES: readonly (readonly string[])[] = [
  ['top left', 'top', 'top right'],
  ['left', 'middle', 'right'],
  ['bottom left', 'bottom', 'bottom right'],
];

/** The answers that the questions of a kind can have. */
export const ANSWERS: Readonly<Record<QuestionKind, readonly string[]>> = {
  colour: COLOURS,
  shape: SHAPES,
  count: ['0', '1', '2', '3', '4'],
  position: PLACE_NAMES.flat(),
  'yes/no': ['yes', 'no'],
  relation: SHAPES,
};

/** Pixels on either side of a place's border where the place is not asked for. */
const DOUBT = 0.75;

const DIRECTIONS = [
  { name: 'left of', axis: 0, sign: -1 },
  { name: 'right of', axis: 0, sign: 1 },
  { name: 'above', axis: 1, sign: -1 },
  { name: 'below', axis: 1, sign: 1 },
] as const;

/** One question of each kind that can be asked about the scene; `labels` are the fine ones a question may name. */
export function questionsOf(
  { shapes }: SeveralScene,
  labels: readonly number[],
  random: Random,
): SceneQuestion[] {
  const candidates = [
    askColour(shapes, random),
    askShape(shapes, random),
    askCount(shapes, random),
    askPosition(shapes, random),
    askWhether(shapes, labels, random),
    askRelation(shapes, random),
  ];
  return candidates.filter((question) => question !== undefined);
}

type Shapes = readonly PlacedShape[];

/** Those that are alone with their colour, or with their form. */
function alone(shapes: Shapes, key: 'colour' | 'shape'): Shapes {
  return shapes.filter((one) => shapes.every((other) => other === one || other[key] !== one[key]));
}

function askColour(shapes: Shapes, random: Random): SceneQuestion | undefined {
  const choices = alone(shapes, 'shape');
  if (choices.length === 0) return undefined;
  const { shape, colour } = random.pick(choices);
  return { kind: 'colour', question: `what colour is the ${shape}?`, answer: colour };
}

function askShape(shapes: Shapes, random: Random): SceneQuestion | undefined {
  const choices = alone(shapes, 'colour');
  if (choices.length === 0) return undefined;
  const { shape, colour } = random.pick(choices);
  return { kind: 'shape', question: `what shape is the ${colour} thing?`, answer: shape };
}

/** All of them, those of a form or those of a colour; three times in four of one that is there. */
function askCount(shapes: Shapes, random: Random): SceneQuestion {
  const kind = 'count' as const;
  const which = random.below(3);
  if (which === 0) return { kind, question: 'how many shapes are there?', answer: `${shapes.length}` };
  const there = random.chance(0.75);
  const ask = <T extends Shape | Colour>(
    all: readonly T[],
    present: readonly T[],
    words: (value: T) => string,
  ) => {
    const value = random.pick(there ? present : all.filter((other) => !present.includes(other)));
    const answer = `${present.filter((other) => other === value).length}`;
    return { kind, question: `how many ${words(value)} are there?`, answer };
  };
  return which === 1
    ? ask(
        SHAPES,
        shapes.map(({ shape }) => shape),
        pluralOf,
      )
    : ask(
        COLOURS,
        shapes.map(({ colour }) => colour),
        (colour) => `${colour} things`,
      );
}

/** Of a shape that no border of the grid is near to. */
function askPosition(shapes: Shapes, random: Random): SceneQuestion | undefined {
  const clear = (position: number): boolean => Math.abs(Math.abs(position - SIDE / 2) - MIDDLE) > DOUBT;
  const choices = shapes.filter(({ centre }) => centre.every(clear));
  if (choices.length === 0) return undefined;
  const { label, centre } = random.pick(choices);
  const [column, row] = centre.map((position) => {
    return Math.abs(position - SIDE / 2) < MIDDLE ? 1 : position < SIDE / 2 ? 0 : 2;
  });
  return {
    kind: 'position',
    question: `where is the ${FINE_NAMES[label]}?`,
    answer: PLACE_NAMES[row!]![column!]!,
  };
}

/** As often yes as no; half of the noes name the colour of one thing and the form of another, where there are two. */
function askWhether(shapes: Shapes, labels: readonly number[], random: Random): SceneQuestion {
  const has = (label: number): boolean => shapes.some((one) => one.label === label);
  const crossed = labels.filter((label) => !has(label) && partsOf(label, shapes) === 2);
  const others = labels.filter((label) => !has(label) && partsOf(label, shapes) < 2);
  const isThere = random.chance(0.5);
  const wantsCrossed = random.chance(0.5);
  const label = isThere
    ? random.pick(shapes).label
    : random.pick(wantsCrossed && crossed.length > 0 ? crossed : others);
  return {
    kind: 'yes/no',
    question: `is there a ${FINE_NAMES[label]}?`.replace(/\ba (?=[aeiou])/, 'an '),
    answer: isThere ? 'yes' : 'no',
    bound: partsOf(label, shapes) === 2,
  };
}

/** How many of a label's colour and form are in the picture, be it on one thing or on two. */
function partsOf(label: number, shapes: Shapes): number {
  const [colour, shape] = FINE_NAMES[label]!.split(' ');
  return (
    Number(shapes.some((one) => one.colour === colour)) + Number(shapes.some((one) => one.shape === shape))
  );
}

/**
 * What lies left of the only ring: exactly one shape that is so with its whole box, and none of which one could say that
 * it is so in part.
 */
function askRelation(shapes: Shapes, random: Random): SceneQuestion | undefined {
  const choices: SceneQuestion[] = [];
  for (const anchor of alone(shapes, 'shape')) {
    for (const { name, axis, sign } of DIRECTIONS) {
      const ahead = (one: PlacedShape): number => sign * (one.centre[axis] - anchor.centre[axis]);
      const wholly = (one: PlacedShape): boolean =>
        ahead(one) >= (one.extent[axis] + anchor.extent[axis]) / 2;
      const others = shapes.filter((one) => one !== anchor);
      const some = others.filter((one) => ahead(one) > -1);
      if (some.length !== 1 || !wholly(some[0]!)) continue;
      choices.push({
        kind: 'relation',
        question: `what is ${name} the ${anchor.shape}?`,
        answer: some[0]!.shape,
      });
    }
  }
  return choices.length === 0 ? undefined : random.pick(choices);
}
