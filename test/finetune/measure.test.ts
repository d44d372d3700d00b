import { writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { labelledSet } from '../../src/data/sets/labelled.ts';
import { subset } from '../../src/data/sets/order.ts';
import type { PictureSet } from '../../src/data/sets/picture-set.ts';
import { shapesTest } from '../../src/data/shapes/shapes.ts';
import { measureOf, scoreOf } from '../../src/finetune/measure.node.ts';
import { readMetrics } from '../../src/finetune/run.node.ts';
import { load } from '../../src/index.ts';
import type { LoadedModel } from '../../src/tasks/loaded-model.ts';

let loaded: LoadedModel;
let shapes: PictureSet;
beforeAll(async () => {
  loaded = await load('mini', { backend: 'wasm' });
  shapes = subset(
    labelledSet('shapes', shapesTest()),
    Array.from({ length: 60 }, (_, i) => i),
    'sixty',
  );
});
afterAll(() => loaded.release());

/** The same pictures, said in captions. */
function captioned(captionsOf: (index: number) => string[]): PictureSet {
  const { labels: _, classes: __, ...set } = shapes;
  return { ...set, captions: captionsOf };
}

test('classes are measured by their names, captions by finding a picture’s own', async () => {
  expect(measureOf(shapes)).toBe('top1');
  const top1 = await scoreOf(loaded, shapes, undefined, {});
  expect(top1).toBeGreaterThan(0.8);
  const own = captioned((index) => [`a photo of a ${shapes.classes![shapes.labels![index]!]}`]);
  expect(measureOf(own)).toBe('recall1');
  const recall = await scoreOf(loaded, own, undefined, {});
  expect(recall).toBeGreaterThanOrEqual(top1); // the same texts, fewer of them
  // Captions of another picture: what is nearest is hardly ever its own.
  const other = captioned((index) => own.captions!((index + 7) % 60) as string[]);
  expect(await scoreOf(loaded, other, undefined, {})).toBeLessThan(0.2);
});

test('a metrics line that a kill cut short is no line', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'clip-metrics-'));
  const path = join(folder, 'metrics.jsonl');
  writeFileSync(path, '{"step":0,"loss":2}\n{"step":1,"lo');
  expect(readMetrics(path)).toEqual([{ step: 0, loss: 2 }]);
  expect(readMetrics(join(folder, 'none'))).toEqual([]);
  await rm(folder, { recursive: true });
});
