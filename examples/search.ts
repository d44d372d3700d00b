// Pictures by text, by picture, and by both: npx tsx examples/search.ts (needs @lancedb/lancedb and apache-arrow)
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildIndex, FINE_NAMES, load, openIndex, queryVector, shapesExample } from '../src/index.ts';

const loaded = await load(); // the embedded model
const folder = mkdtempSync(join(tmpdir(), 'clip-tfjs-'));
const uri = join(folder, 'shapes.index');
const { sides } = await buildIndex(loaded, ['shapes'], uri);
console.log(`${sides.image!.rows} pictures indexed`);

const index = await openIndex(uri, loaded);
const print = async (title: string, ...parts: Parameters<typeof queryVector>[1]): Promise<void> => {
  console.log(`\n${title}`);
  const hits = await index.search(await queryVector(loaded, parts), { top: 3 });
  for (const { id, score, label } of hits) console.log(`  ${score.toFixed(3)}  ${id}  ${label}`);
};
const picture = shapesExample(FINE_NAMES.indexOf('red circle'), 1).image;
await print('a photo of a blue star', { text: 'a photo of a blue star' });
await print('a red circle, by its picture', { picture });
await print('the same, but blue', { picture }, { text: 'blue', weight: 1 }, { text: 'red', weight: -1 });

// How many of the ten pictures found by a class's name are of that class.
let right = 0;
for (const name of FINE_NAMES) {
  const hits = await index.search(await queryVector(loaded, [{ text: `a photo of a ${name}` }]));
  right += hits.filter(({ label }) => label === name).length;
}
console.log(
  `\nprecision@10 over ${FINE_NAMES.length} names: ${(right / (10 * FINE_NAMES.length)).toFixed(3)} (chance: 0.01)`,
);
index.close();
rmSync(folder, { recursive: true });
