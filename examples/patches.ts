// Where a text is in a picture, and what the class token looks at:
//
//   npx tsx examples/patches.ts [TEXT]
//
// Four pictures of Shapes-100 become one, scene.png; the embedded model sees it at twice its size, so that each is as large
// as those it was trained on. Writes heat.png and attention.png beside it.
import { writeFileSync } from 'node:fs';
import { encodePng } from '../src/data/pictures/encode-png.node.ts'; // or any program that writes pictures
import {
  attentionMap,
  chooseAttention,
  FINE_NAMES,
  heatFigure,
  load,
  localize,
  type Picture,
  pictureAttention,
  shapesTest,
} from '../src/index.ts';

const [text = 'red star'] = process.argv.slice(2);
const shapes = shapesTest();
const data = new Uint8Array(64 * 64 * 3);
['red star', 'blue circle', 'green heart', 'yellow arrow'].forEach((name, i) => {
  const { data: pixels } = shapes.image(Array.from(shapes.fineLabels).indexOf(FINE_NAMES.indexOf(name)));
  for (let y = 0; y < 32; y++) {
    const at = (Math.floor(i / 2) * 32 + y) * 64 + (i % 2) * 32;
    data.set(pixels.subarray(y * 96, (y + 1) * 96), at * 3);
  }
});
const picture: Picture = { mode: 'RGB', width: 64, height: 64, data };
writeFileSync('scene.png', encodePng(data, 64, 64));

// 1. How much of the cosine comes from each patch: [8][8].
const loaded = await load('mini', { resolution: 64 });
const [[map]] = (await localize(loaded, [picture], [text])) as [Awaited<ReturnType<typeof localize>>[number]];
console.log(
  `"${text}" is at row ${map!.peak.row}, column ${map!.peak.column} of ${map!.heat.length} × ${map!.heat.length}`,
);
const title = 'Where the text is';
const heat = { picture, caption: 'scene.png', maps: [{ caption: text, heat: map!.heat }] };
writeFileSync('heat.png', heatFigure([heat], { title, scale: 'each', cold: 0 }));

// 2. What the class token takes of each patch over all layers, and its own share; together 1.
const layers = await pictureAttention(loaded, picture);
const [view] = chooseAttention(layers, {});
const rolled = attentionMap(view!.matrix);
console.log(`roll-out over ${layers.length} layers: ${rolled.self.toFixed(3)} of the class token is its own`);
const attention = { picture, caption: 'scene.png', maps: [{ caption: 'roll-out', heat: rolled.heat }] };
writeFileSync('attention.png', heatFigure([attention], { title: 'Attention', scale: 'each' }));
loaded.release();
