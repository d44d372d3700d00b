// Pictures to try the commands on, as files:
//   npx tsx scripts/write-pictures.ts FOLDER            of Shapes-100's test split
//   npx tsx scripts/write-pictures.ts FOLDER COUNT      of its training split, 1…8500, to train on
//
// star.png (658, a white star), pictures/0.png … 29.png with captions.csv beside them, and scene.png, of several shapes;
// with COUNT only pictures/0.png … and captions.csv.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CifarPicture } from '../src/data/cifar.ts';
import { encodePng } from '../src/data/pictures/encode-png.node.ts';
import { shapesTrain } from '../src/data/shapes/shapes.ts';
import { questionedScene, shapesTest } from '../src/index.ts';

const STAR = 658;
const SCENE = 6;
const COUNT = 30;

const [folder, asked] = process.argv.slice(2);
if (folder === undefined) throw new Error('expected a folder');
mkdirSync(join(folder, 'pictures'), { recursive: true });
const write = (name: string, { data, width, height }: CifarPicture): void =>
  writeFileSync(join(folder, name), encodePng(data, width, height));

const shapes = asked === undefined ? shapesTest() : shapesTrain();
if (asked === undefined) {
  write('star.png', shapes.image(STAR));
  write('scene.png', questionedScene('test', SCENE).image);
}
const lines = ['picture,caption'];
for (let i = 0; i < Number(asked ?? COUNT); i++) {
  const { image, caption } = shapes.example(i);
  write(`pictures/${i}.png`, image);
  lines.push(`pictures/${i}.png,${caption}`);
}
writeFileSync(join(folder, 'captions.csv'), `${lines.join('\n')}\n`);
