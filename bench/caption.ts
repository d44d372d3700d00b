// How true the captions of Shapes-100 are, and whether a beam helps: npx tsx bench/caption.ts [SPLIT] [COUNT] [DECODER]
//
// SPLIT is test (2,000 pictures) or validation (850 of the classes trained on; what beams are chosen on). A caption is read
// back by the templates of the data set and held to what was drawn. Beside it: the most frequent caption of the training
// stream, and the zero-shot label in a template. With JUDGE=FOLDER or a checkpoint: the mean cosine of pictures and captions
// by that model, CLIPScore without its factor 2.5 (Hessel et al. 2021).
import * as tf from '@tensorflow/tfjs-core';
import { labelledSet } from '../src/data/sets/labelled.ts';
import { type ClaimSlot, claimsOf, judgeClaims } from '../src/data/shapes/caption-claims.ts';
import type { ShapesExample } from '../src/data/shapes/shapes.ts';
import { shapesTest, shapesValidation, trainBatch } from '../src/data/shapes/shapes.ts';
import { beamSearch } from '../src/tasks/caption/beam.ts';
import { loadDecoder } from '../src/tasks/caption/decoder-file.node.ts';
import { embedPictures } from '../src/tasks/embed-pictures.node.ts';
import { embedTexts } from '../src/tasks/embed-texts.ts';
import { load } from '../src/tasks/load.node.ts';
import { normalizeRows } from '../src/tasks/normalize-rows.ts';
import { classify, zeroShotHead } from '../src/tasks/zero-shot.ts';

const [split = 'test', wanted = 'all', file] = process.argv.slice(2);
const judge = process.env.JUDGE ? await load(process.env.JUDGE) : undefined;
const loaded = await load('mini');
const pictures = split === 'validation' ? shapesValidation() : shapesTest();
const count = wanted === 'all' ? pictures.count : Number(wanted);
const examples = Array.from({ length: count }, (_, i) => pictures.example(i));
const set = labelledSet(split, { ...pictures, count });
const width = loaded.model.config.embed_dim;

const { features } = await embedPictures(loaded, set);
normalizeRows(features, width);
const judged = judge && (await embedPictures(judge, set)).features;
const { decoder, vocabulary } = await loadDecoder(loaded, file);
console.log(`${count} pictures of ${split}, ${loaded.backend}`);

const head = await zeroShotHead(loaded, pictures.fineNames);
const labels = await classify(
  loaded,
  examples.map(({ image }) => image),
  head,
  1,
);
await report('most frequent caption', Array(count).fill(mostFrequent()));
await report(
  'a photo of a LABEL',
  labels.map(([first]) => `a photo of a ${first!.label}`),
);
await report(
  "the data's own",
  examples.map(({ caption }) => caption),
);
for (const [beam, lengthPower] of [
  [1, 0],
  [3, 0],
  [3, 1],
  [5, 1],
  [5, 2],
] as const) {
  const began = performance.now();
  const captions: string[] = [];
  for (let start = 0; start < count; start += 64) {
    const rows = Math.min(64, count - start);
    const some = tf.tensor2d(features.slice(start * width, (start + rows) * width), [rows, width]);
    for (const { rows } of await beamSearch(decoder, some, { beam, lengthPower }))
      captions.push(vocabulary.decode(rows));
    some.dispose();
  }
  await report(`beam ${beam}, length power ${lengthPower}`, captions, (performance.now() - began) / count);
  if (process.env.SHOW)
    for (let i = 0; i < 8; i++) console.log(`   ${pictures.fineNames[examples[i]!.label]} → ${captions[i]}`);
}

function mostFrequent(): string {
  const counts = new Map<string, number>();
  for (let step = 0; step < 60; step++) {
    for (const { caption } of trainBatch(0, step, 85)) counts.set(caption, (counts.get(caption) ?? 0) + 1);
  }
  return [...counts].reduce((a, b) => (b[1] > a[1] ? b : a))[0];
}

async function report(what: string, captions: readonly string[], milliseconds?: number): Promise<void> {
  const read = captions.map((caption, i) => {
    const claims = claimsOf(caption);
    return claims ? judgeClaims(claims, examples[i]!.scene) : undefined;
  });
  const isSeen = ({ label }: ShapesExample): boolean => pictures.seen[label]!;
  const of = (some: (example: ShapesExample) => boolean, slots: readonly ClaimSlot[]): string => {
    const rows = read.filter((_, i) => some(examples[i]!));
    return share(rows.filter((row) => slots.every((slot) => row?.[slot] === true)).length, rows.length);
  };
  const stated = (slot: ClaimSlot): string => {
    const rows = read.filter((row) => row?.[slot] !== undefined);
    return `${share(rows.filter((row) => row![slot]).length, rows.length)} of ${share(rows.length, count)}`;
  };
  const all = read.filter((row) => row && !Object.values(row).includes(false)).length;
  const parts = [
    `by a template ${share(read.filter((row) => row !== undefined).length, count)}`,
    `colour and shape: seen ${of(isSeen, ['colour', 'shape'])}, unseen ${of((e) => !isSeen(e), ['colour', 'shape'])}`,
    `colour ${of(() => true, ['colour'])}, shape ${of(() => true, ['shape'])}`,
    `size ${stated('size')}, place ${stated('place')}, ground ${stated('ground')}`,
    `all true ${share(all, count)}`,
    `words ${(captions.reduce((sum, caption) => sum + caption.split(' ').length, 0) / count).toFixed(1)}`,
  ];
  if (judge && judged) parts.push(`judge ${(await meanCosine(judged, captions)).toFixed(4)}`);
  if (milliseconds !== undefined) parts.push(`${milliseconds.toFixed(2)} ms a picture`);
  console.log(`${what}\n  ${parts.join(' · ')}`);
}

async function meanCosine(ofPictures: Float32Array, captions: readonly string[]): Promise<number> {
  const { features: texts } = await embedTexts(judge!, captions, { truncate: true });
  const size = texts.length / captions.length;
  const [a, b] = [ofPictures.slice(), texts];
  normalizeRows(a, size);
  normalizeRows(b, size);
  return a.reduce((sum, value, i) => sum + value * b[i]!, 0) / captions.length;
}

function share(part: number, whole: number): string {
  return whole === 0 ? '–' : `${((100 * part) / whole).toFixed(1)}%`;
}
