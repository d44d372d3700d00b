// Writes Shapes-100 as files in CIFAR-100's layout (meta, train, test), and the contact sheet of its classes:
//   npx tsx scripts/make-shapes.ts [FOLDER]      the folder of the three files; without one, only the sheet
// The sheet goes to docs/figures/shapes.png. Both come out the same every time.

import sharp from 'sharp';
import { writeFileAtomic } from '../src/data/bytes/write-file.node.ts';
import { FINE_NAMES, SEEN } from '../src/data/shapes/classes.ts';
import { shapesExample } from '../src/data/shapes/shapes.ts';
import { writeShapes } from '../src/data/shapes/write-shapes.node.ts';
import { contactSheet } from '../src/figure/contact-sheet.ts';

const SHEET = 'docs/figures/shapes.png';
const SEED = 1;

const folder = process.argv[2];
if (folder) {
  await writeShapes(folder);
  console.log(`${folder}: meta, train, test`);
}

// Pictures of no split: who looks at the sheet has not looked at the test.
const tiles = FINE_NAMES.map((caption, fine) => ({
  caption,
  picture: shapesExample(fine, SEED).image,
  marked: !SEEN[fine],
}));
const sheet = contactSheet(tiles, {
  title: 'Shapes-100',
  note: 'One picture of each class, 32 × 32 pixels drawn three times as large',
  mark: `never seen in training: ${SEEN.filter((seen) => !seen).length} of ${SEEN.length}`,
});
// 256 colours are enough to look at, and a quarter of the bytes.
await writeFileAtomic(SHEET, await sharp(sheet).png({ palette: true, effort: 10 }).toBuffer());
console.log(SHEET);
