// How well `localize` finds a shape, on the test split of Shapes-100 (or its validation split, on which the method was
// chosen): the pointing game (Zhang et al. 2016). The hottest patch's middle must lie within the shape's outline, or within
// its bounding box; beside it the middle of the picture as an answer to everything, and the share of the area, which is chance.
// Second, four pictures as one of 64 × 64: the text is of one of them, the hottest patch must lie on that shape.
//
//   npx tsx bench/patches.ts [test|validation] [PICTURES]
import type { Picture } from '../src/data/pictures/picture.ts';
import { coverage } from '../src/data/shapes/draw.ts';
import { type ShapesExample, shapesTest, shapesValidation } from '../src/data/shapes/shapes.ts';
import { load } from '../src/tasks/load.node.ts';
import type { LoadedModel } from '../src/tasks/loaded-model.ts';
import { localize } from '../src/tasks/patches/localize.ts';
import { PATCH_METHODS, type PatchMethod } from '../src/tasks/patches/patch-features.ts';

const [split = 'test', most = '2000'] = process.argv.slice(2);
const { count, example } = split === 'validation' ? shapesValidation() : shapesTest();
const examples = Array.from({ length: Math.min(count, Number(most)) }, (_, i) => example(i));
const TEXTS = {
  colour: ({ scene }: ShapesExample) => scene.colour as string,
  shape: ({ scene }: ShapesExample) => scene.shape as string,
  both: ({ scene }: ShapesExample) => `${scene.colour} ${scene.shape}`,
};
const GROUPS = Math.min(250, examples.length); // pictures made of four

/** Of a point of a picture of `scene`, 0 … 1: whether it lies in the outline, and in the box around it. */
function hits({ scene }: ShapesExample, x: number, y: number): [outline: number, box: number] {
  const [left, top] = [32 * x, 32 * y];
  const away = Math.max(Math.abs(left - scene.centre[0]), Math.abs(top - scene.centre[1]));
  return [coverage(scene, left, top) >= 0.5 ? 1 : 0, away <= scene.size / 2 ? 1 : 0];
}

function percents(shares: readonly number[], total: number): string {
  return shares.map((share) => `${((100 * share) / total).toFixed(1)} %`.padStart(8)).join('');
}

let [middle, middleBox, area, areaBox] = [0, 0, 0, 0];
for (const each of examples) {
  const [outline, box] = hits(each, 0.5, 0.5);
  [middle, middleBox] = [middle + outline, middleBox + box];
  for (let y = 0; y < 32; y++) {
    for (let x = 0; x < 32; x++) {
      const [inOutline, inBox] = hits(each, (x + 0.5) / 32, (y + 0.5) / 32);
      [area, areaBox] = [area + inOutline / 1024, areaBox + inBox / 1024];
    }
  }
}
console.log(`${examples.length} pictures, ${split}; columns: in the outline, in its box`);
console.log(`${'the middle, always'.padEnd(34)}${percents([middle, middleBox], examples.length)}`);
console.log(`${'share of the area (chance)'.padEnd(34)}${percents([area, areaBox], examples.length)}`);

/** Four different colours and shapes, from picture `i` on. */
function fourFrom(i: number): ShapesExample[] {
  const four: ShapesExample[] = [];
  for (let k = (i * 37) % examples.length; four.length < 4; k = (k + 11) % examples.length) {
    const next = examples[k]!;
    const isNew = four.every(
      ({ scene }) => scene.colour !== next.scene.colour && scene.shape !== next.scene.shape,
    );
    if (isNew) four.push(next);
  }
  return four;
}

function joined(four: readonly ShapesExample[]): Picture {
  const data = new Uint8Array(64 * 64 * 3);
  four.forEach(({ image }, i) => {
    for (let y = 0; y < 32; y++) {
      data.set(
        image.data.subarray(y * 96, (y + 1) * 96),
        ((Math.floor(i / 2) * 32 + y) * 64 + (i % 2) * 32) * 3,
      );
    }
  });
  return { mode: 'RGB', width: 64, height: 64, data };
}

async function measure(loaded: LoadedModel, method: PatchMethod, of: keyof typeof TEXTS): Promise<void> {
  const said = TEXTS[of];
  const texts = [...new Set(examples.map(said))];
  const maps = await localize(
    loaded,
    examples.map(({ image }) => image),
    texts,
    { method },
  );
  let [inOutline, inBox] = [0, 0];
  examples.forEach((each, i) => {
    const { x, y } = maps[i]![texts.indexOf(said(each))]!.peak;
    const [outline, box] = hits(each, x, y);
    [inOutline, inBox] = [inOutline + outline, inBox + box];
  });
  const fours = Array.from({ length: GROUPS }, (_, i) => fourFrom(i));
  const ofFours = await localize(loaded, fours.map(joined), texts, { method });
  let [quarter, ofFour] = [0, 0];
  fours.forEach((four, i) => {
    four.forEach((each, place) => {
      const { x, y } = ofFours[i]![texts.indexOf(said(each))]!.peak;
      const [inX, inY] = [2 * x - (place % 2), 2 * y - Math.floor(place / 2)];
      if (inX < 0 || inX > 1 || inY < 0 || inY > 1) return;
      quarter += 1;
      ofFour += hits(each, inX, inY)[0];
    });
  });
  const name = `${method}, ${of}`;
  const of4 = percents([quarter, ofFour], 4 * GROUPS);
  console.log(
    `${name.padEnd(34)}${percents([inOutline, inBox], examples.length)}   of four: quarter, outline${of4}`,
  );
}

for (const resolution of [32, 64]) {
  const loaded = await load('mini', resolution === 32 ? {} : { resolution });
  console.log(`\n${resolution} pixels, ${resolution / 8} × ${resolution / 8} patches`);
  for (const method of PATCH_METHODS) {
    for (const of of ['colour', 'shape', 'both'] as const) await measure(loaded, method, of);
  }
  loaded.release();
}
