// Scenes of several shapes, one to four that do not touch, on one ground: what questions are asked about. The picture is
// cut into as many cells as there are shapes, and each lies somewhere in its own.
import type { CifarPicture } from '../cifar.ts';
import { colourOf, GROUND_COLOURS, type GroundColour, shapeOf } from './classes.ts';
import { contrasting } from './colours.ts';
import { drawShapes } from './draw.ts';
import type { Random } from './random.ts';
import { type Cell, chooseGround, chooseShape, type Ground, type PlacedShape, WHOLE } from './scene.ts';

export const MOST_SHAPES = 4;

export interface SeveralScene extends Ground {
  /** One to four; no two have the same colour and the same shape. */
  readonly shapes: readonly [PlacedShape, ...PlacedShape[]];
}

/** How often another shape of a scene takes an earlier one's form, and how often its colour. */
const REPEATED = 0.25;

/** A scene of one to four shapes, each number as often, of the fine labels given. */
export function chooseSeveral(labels: readonly number[], random: Random): SeveralScene {
  const count = 1 + random.below(MOST_SHAPES);
  let chosen: number[];
  let suitable: GroundColour[];
  do {
    chosen = chooseLabels(count, labels, random);
    suitable = GROUND_COLOURS.filter((ground) =>
      chosen.every((label) => contrasting(colourOf(label), ground)),
    );
  } while (suitable.length === 0); // four colours may leave no ground to stand out on
  const cells = random.shuffled(cut(count, random));
  const shapes = chosen.map((label, i) => chooseShape(label, cells[i]!, random));
  return { shapes: shapes as [PlacedShape, ...PlacedShape[]], ...chooseGround(suitable, random) };
}

/** Different ones; some with the form or the colour of an earlier one, so that there is something to count. */
function chooseLabels(count: number, labels: readonly number[], random: Random): number[] {
  const chosen = [random.pick(labels)];
  while (chosen.length < count) {
    const [earlier, draw] = [random.pick(chosen), random.next()];
    const alike = (label: number): boolean =>
      draw < REPEATED
        ? shapeOf(label) === shapeOf(earlier)
        : draw >= 2 * REPEATED || colourOf(label) === colourOf(earlier);
    chosen.push(random.pick(labels.filter((label) => alike(label) && !chosen.includes(label))));
  }
  return chosen;
}

/** The whole picture in as many cells: halves, one half halved again, or quarters. */
function cut(count: number, random: Random): Cell[] {
  if (count === 1) return [WHOLE];
  const across = random.chance(0.5);
  const [first, second] = halves(WHOLE, across);
  if (count === 2) return [first, second];
  if (count === 3) return [first, ...halves(second, !across)];
  return [...halves(first, !across), ...halves(second, !across)];
}

function halves({ left, top, width, height }: Cell, across: boolean): [Cell, Cell] {
  const half = across ? { width: width / 2, height } : { width, height: height / 2 };
  const second = across ? { left: left + width / 2, top } : { left, top: top + height / 2 };
  return [
    { left, top, ...half },
    { ...second, ...half },
  ];
}

/** The picture of such a scene, uint8 [32, 32, 3]; `random` gives the noise. */
export function drawSeveral({ shapes, ground }: SeveralScene, random: Random): CifarPicture {
  return drawShapes(shapes, ground, random);
}
