// What a picture's caption may say: always the colour and the shape, often the size, the place or the ground, in many
// forms and orders. Lower-case words only, at most 14 of them, so that a context of 16 holds any caption.
import { COLOURS, GROUND_COLOURS, SHAPES } from './classes.ts';
import type { Random } from './random.ts';
import { type Scene, SIDE } from './scene.ts';

/** The forms that a person would try first. `a` becomes `an` where the next word asks for it. */
const PLAIN: readonly string[] = [
  '{label}',
  'a {label}',
  'the {label}',
  'one {label}',
  'a photo of a {label}',
  'a photo of the {label}',
  'a picture of a {label}',
  'a picture of the {label}',
  'an image of a {label}',
  'a drawing of a {label}',
  'a good photo of a {label}',
  'this is a {label}',
  'there is a {label}',
  'a picture that shows a {label}',
  'a {shape} in {colour}',
  'a {shape} that is {colour}',
  'the {shape} is {colour}',
];

const DETAILED: readonly string[] = [
  'a {size} {label}',
  'a photo of a {size} {label}',
  'a picture of a {size} {label}',
  'the {label} is {size}',
  'a {label} {place}',
  'a photo of a {label} {place}',
  '{place} there is a {label}',
  'a picture with a {label} {place}',
  'the {label} is {place}',
  'a {label} {ground}',
  'a photo of a {label} {ground}',
  'a drawing of a {label} {ground}',
  '{ground} there is a {label}',
  'a {size} {label} {place}',
  '{place} a {size} {label}',
  'a {size} {label} {ground}',
  'a photo of a {size} {label} {ground}',
  '{ground} a {size} {label}',
  'a {label} {place} {ground}',
  '{ground} a {label} {place}',
  'a {size} {label} {place} {ground}',
  'a {size} {shape} in {colour} {place}',
  'a {shape} in {colour} {ground}',
];

/** How often a caption is one of PLAIN. */
const PLAIN_SHARE = 0.45;

/** Words for sizes below so many pixels across. */
const SIZES: readonly (readonly [below: number, words: readonly string[]])[] = [
  [12.5, ['tiny', 'small', 'little']],
  [16, ['small', 'little']],
  [19.5, ['medium']],
  [23, ['big', 'large']],
  [Infinity, ['huge', 'big', 'large']],
];

/** Pixels from the middle up to which a shape is still in the middle, left to right or top to bottom. */
export const MIDDLE = 3.5;

/** By row and column of a 3 × 3 grid. */
export const PLACES: readonly (readonly (readonly string[])[])[] = [
  [
    ['in the top left corner', 'at the top left'],
    ['at the top'],
    ['in the top right corner', 'at the top right'],
  ],
  [['on the left'], ['in the middle', 'in the centre'], ['on the right']],
  [
    ['in the bottom left corner', 'at the bottom left'],
    ['at the bottom'],
    ['in the bottom right corner', 'at the bottom right'],
  ],
];

const PLAIN_GROUNDS: readonly string[] = ['on a {first} background', 'on {first}'];

/** By the ground's pattern; `{colours}` is `blue`, or `blue and white`. */
const GROUNDS: Readonly<Record<Scene['ground']['pattern'], readonly string[]>> = {
  plain: PLAIN_GROUNDS,
  gradient: PLAIN_GROUNDS,
  noise: PLAIN_GROUNDS,
  stripes: ['on {colours} stripes', 'on a striped background'],
  checks: ['on {colours} checks', 'on a checked background'],
};

/** What may be put into the templates' slots for a scene, and is true of it. */
export type TruePhrases = Readonly<Record<'size' | 'place' | 'ground', readonly string[]>>;

/** Every phrase that is true of a scene, by slot. */
export function truePhrases({ size, centre, ground, groundColours }: Scene): TruePhrases {
  const words = { first: groundColours[0]!, colours: groundColours.join(' and ') };
  return {
    size: SIZES.find(([below]) => size < below)![1],
    place: PLACES[third(centre[1])]![third(centre[0])]!,
    ground: GROUNDS[ground.pattern].map((phrase) => withArticles(fill(phrase, words))),
  };
}

/** A caption for a scene: everything it says is so in the picture. */
export function captionOf(scene: Scene, random: Random): string {
  const template = random.pick(random.chance(PLAIN_SHARE) ? PLAIN : DETAILED);
  const { size, place, ground } = truePhrases(scene);
  const words: Readonly<Record<string, string>> = {
    label: `${scene.colour} ${scene.shape}`,
    colour: scene.colour,
    shape: scene.shape,
    size: random.pick(size),
    place: random.pick(place),
    ground: random.pick(ground),
  };
  return withArticles(fill(template, words));
}

/** `a` becomes `an` before a vowel. */
function withArticles(caption: string): string {
  return caption.replace(/\ba (?=[aeiou])/g, 'an ');
}

/** 0, 1 or 2: before the middle, in it, after it. */
function third(position: number): number {
  const offset = position - SIDE / 2;
  return offset < -MIDDLE ? 0 : offset > MIDDLE ? 2 : 1;
}

function fill(template: string, words: Readonly<Record<string, string>>): string {
  return template.replace(/\{(\w+)\}/g, (_, slot: string) => words[slot]!);
}

/** Every template, plain ones first. */
export const CAPTION_TEMPLATES: readonly string[] = [...PLAIN, ...DETAILED];

/** The most words a caption has. */
export const LONGEST_CAPTION = 14;

/** Every phrase that each slot may hold. */
export const SLOT_PHRASES: Readonly<
  Record<'colour' | 'shape' | 'size' | 'place' | 'ground', readonly string[]>
> = {
  colour: COLOURS,
  shape: SHAPES,
  size: SIZES.flatMap(([, words]) => words),
  place: PLACES.flat(2),
  ground: Object.values(GROUNDS).flatMap((forms) =>
    forms.flatMap((form) =>
      GROUND_COLOURS.flatMap((first) =>
        [first, ...GROUND_COLOURS.map((second) => `${first} and ${second}`)].map((colours) =>
          withArticles(fill(form, { first, colours })),
        ),
      ),
    ),
  ),
};

/** Every word that a caption can hold, in alphabetical order. */
export const CAPTION_WORDS: readonly string[] = (() => {
  const phrases = [
    ...CAPTION_TEMPLATES,
    ...COLOURS,
    ...GROUND_COLOURS,
    ...SHAPES,
    ...SIZES.flatMap(([, words]) => words),
    ...PLACES.flat(2),
    ...Object.values(GROUNDS).flat(),
    'an', // before a vowel
    'and', // between a ground's two colours
  ];
  const words = phrases.flatMap((phrase) => phrase.replace(/\{\w+\}/g, ' ').match(/\w+/g) ?? []);
  return [...new Set(words)].sort();
})();
