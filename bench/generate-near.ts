// A picture near a picture and a text: how much of the start's structure is left, and whether a second model sees the text.
//
//   npx tsx bench/generate-near.ts [--steps 60] [--seed 1] [--count 6] [--backend wasm] [--threads 1] [--by fourier]
//     [--change colour]
//
// Each start is a picture of Shapes-100 that the judge calls by its name; the text has its shape in another colour, or with
// `--change shape` another shape in its colour.
import { parseArgs } from 'node:util';
import { type ShapesExample, shapesExample } from '../src/data/shapes/shapes.ts';
import { classify, FINE_NAMES, load, zeroShotHead } from '../src/index.ts';
import { generatePicture } from '../src/tasks/generate/index.node.ts';

const { values } = parseArgs({
  options: {
    steps: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    count: { type: 'string', default: '6' },
    by: { type: 'string', default: 'fourier' },
    change: { type: 'string', default: 'colour' },
    backend: { type: 'string', default: 'wasm' },
    threads: { type: 'string', default: '1' },
  },
});
const engine = { backend: values.backend, threads: Number(values.threads) };
const by = values.by === 'pixels' ? 'pixels' : 'fourier';
const [mini, judge] = [await load('mini', engine), await load('judge', engine)];
const head = await zeroShotHead(judge, FINE_NAMES);

const starts: ShapesExample[] = [];
for (let i = 0; starts.length < Number(values.count); i++) {
  const start = shapesExample((17 * i) % 100, Number(values.seed));
  const [said] = await classify(judge, [start.image], head, 1);
  if (said![0]!.label === FINE_NAMES[start.label]) starts.push(start);
}

console.log(
  '| keep | correlation with the start, mean (least) | the judge sees the text | the judge sees the start |',
);
console.log('| --- | --- | --- | --- |');
for (const keep of [0, 0.5, 0.8]) {
  const kept: number[] = [];
  let [asked, stayed] = [0, 0];
  for (const { image: start, label } of starts) {
    const colour = label - (label % 10);
    const wanted = FINE_NAMES[values.change === 'shape' ? colour + ((label + 3) % 10) : (label + 30) % 100]!; // three on
    const [steps, seed] = [Number(values.steps), Number(values.seed)];
    const { picture, structure } = await generatePicture(mini, `a ${wanted}`, {
      by,
      keep,
      start,
      steps,
      seed,
    });
    const [said] = await classify(judge, [picture], head, 1);
    kept.push(structure!);
    if (said![0]!.label === wanted) asked++;
    if (said![0]!.label === FINE_NAMES[label]) stayed++;
    process.stderr.write(
      `keep ${keep}: ${FINE_NAMES[label]} → ${wanted}: ${said![0]!.label}, ${structure!.toFixed(2)}\n`,
    );
  }
  const mean = kept.reduce((sum, one) => sum + one, 0) / kept.length;
  const share = (count: number): string => `${count} of ${starts.length}`;
  console.log(
    `| ${keep} | ${mean.toFixed(2)} (${Math.min(...kept).toFixed(2)}) | ${share(asked)} | ${share(stayed)} |`,
  );
}
