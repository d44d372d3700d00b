// Pictures to try the commands on, as files: npx tsx scripts/write-pictures.ts FOLDER
//
// Of Shapes-100's test split: star.png (658, a white star), pictures/0.png … 29.png with captions.csv beside them, and
// scene.png, of several shapes.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { CifarPicture } from '../src/data/cifar.ts';
import { encodePng } from '../src/data/pictures/encode-png.node.ts';
import { questionedScene, shapesTest } from '../src/index.ts';

const STAR = 658;
const SCENE = 6;
const COUNT = 30;

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('expected a folder');
mkdirSync(join(folder, 'pictures'), { recursive: true });
const write = (name: string, { data, width, height }: CifarPicture): void =>
  writeFileSync(join(folder, name), encodePng(data, width, height));

const shapes = shapesTest();
write('star.png', shapes.image(STAR));
write('scene.png', questionedScene('test', SCENE).image);
const lines = ['picture,caption'];
for (let i = 0; i < COUNT; i++) {
  const { image, caption } = shapes.example(i);
  write(`pictures/${i}.png`, image);
  lines.push(`pictures/${i}.png,${caption}`);
}
writeFileSync(join(folder, 'captions.csv'), `${lines.join('\n')}\n`);
