// The names of Shapes-100: ten colours × ten shapes, their twenty coarse groups, and the fifteen combinations that
// training never sees. Fine label = 10 · colour + shape, so `red circle` is 0 and `white arrow` 99.

export const COLOURS = [
  'red',
  'green',
  'blue',
  'yellow',
  'orange',
  'purple',
  'pink',
  'brown',
  'black',
  'white',
] as const;
export type Colour = (typeof COLOURS)[number];

/** A background may be grey too; no shape is. */
export type GroundColour = Colour | 'grey';
export const GROUND_COLOURS: readonly GroundColour[] = [...COLOURS, 'grey'];

export const SHAPES = [
  'circle',
  'square',
  'triangle',
  'star',
  'cross',
  'ring',
  'heart',
  'diamond',
  'crescent',
  'arrow',
] as const;
export type Shape = (typeof SHAPES)[number];

/** The 100 fine labels' names, `red circle` … `white arrow`. */
export const FINE_NAMES: readonly string[] = COLOURS.flatMap((colour) =>
  SHAPES.map((shape) => `${colour} ${shape}`),
);

/** Half of the colours; the cool half takes in black and white. */
const WARM: readonly Colour[] = ['red', 'yellow', 'orange', 'pink', 'brown'];

/** The 20 coarse labels' names, five fine labels each: `warm circles`, `cool circles`, `warm squares` … */
export const COARSE_NAMES: readonly string[] = SHAPES.flatMap((shape) => {
  const plural = pluralOf(shape);
  return [`warm ${plural}`, `cool ${plural}`];
});

/** Such as `stars`. */
export function pluralOf(shape: Shape): string {
  return shape === 'cross' ? 'crosses' : `${shape}s`;
}

export function colourOf(fine: number): Colour {
  return COLOURS[Math.floor(fine / SHAPES.length)]!;
}

export function shapeOf(fine: number): Shape {
  return SHAPES[fine % SHAPES.length]!;
}

/** The coarse label, 0…19, of a fine one. */
export function coarseOf(fine: number): number {
  return 2 * (fine % SHAPES.length) + (WARM.includes(colourOf(fine)) ? 0 : 1);
}

/** Never drawn for training: each colour and each shape is among them once or twice, so each is still seen often. */
export const HELD_OUT: readonly string[] = [
  'red star',
  'green circle',
  'blue heart',
  'yellow cross',
  'orange square',
  'purple arrow',
  'pink triangle',
  'brown ring',
  'black diamond',
  'white crescent',
  'red crescent',
  'blue triangle',
  'yellow diamond',
  'purple square',
  'white star',
];

/** For each fine label, whether training sees it. */
export const SEEN: readonly boolean[] = FINE_NAMES.map((name) => !HELD_OUT.includes(name));

/** The fine labels that training sees: 85 of 100. */
export const SEEN_LABELS: readonly number[] = FINE_NAMES.map((_, fine) => fine).filter((fine) => SEEN[fine]);
