// The end of a training: the weights as they are shipped, the test split's accuracy, the card and its figures.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { SEEN } from '../../src/data/shapes/classes.ts';
import { shapesTest } from '../../src/data/shapes/shapes.ts';
import type { LoadedModel } from '../../src/tasks/loaded-model.ts';
import { saveWeights } from '../../src/train/checkpoint.node.ts';
import type { TrainingOptions } from '../../src/train/loop.ts';
import { duration } from '../../src/train/progress.ts';
import { type CardFacts, writeCard } from './card.ts';
import { predict } from './evaluate.ts';
import { drawConfusion, drawCurves, type Metric } from './figures.ts';
import { MERGES } from './recipe.ts';

export interface Training {
  options: TrainingOptions;
  seed: number;
  batch: number;
  /** The lines of metrics.jsonl. */
  metrics: string;
}

/** Writes model.safetensors, merges.txt, metrics.jsonl, evaluation.json, README.md and two figures into `folder`. */
export async function publish(loaded: LoadedModel, folder: string, training: Training): Promise<void> {
  const { model, backend } = loaded;
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'model.safetensors');
  await saveWeights(file, model);
  writeFileSync(join(folder, 'merges.txt'), MERGES);
  writeFileSync(join(folder, 'metrics.jsonl'), training.metrics);

  const test = shapesTest();
  const predictions = await predict(loaded, test);
  const counts = test.fineNames.map(() => test.fineNames.map(() => 0));
  test.fineLabels.forEach((truth, i) => {
    counts[truth]![predictions[i]!]! += 1;
  });
  writeFileSync(join(folder, 'evaluation.json'), `${JSON.stringify({ labels: test.fineNames, counts })}\n`);

  const metrics = training.metrics
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Metric);
  writeFileSync(join(folder, 'curves.png'), drawCurves(metrics, training.batch));
  writeFileSync(join(folder, 'confusion.png'), drawConfusion(counts));
  const facts: CardFacts = {
    ...training,
    name: loaded.name,
    engine: backend,
    config: model.config,
    parameters: [...model.namedParameters()].reduce((sum, [, { size }]) => sum + size, 0),
    bytes: readFileSync(file).length,
    time: duration(metrics.reduce((sum, { seconds }) => sum + (seconds ?? 0), 0)),
    processor: cpus()[0]!.model,
    cores: cpus().length,
    validation: metrics.findLast(({ validation }) => validation !== undefined)?.validation,
    counts,
    seen: SEEN,
    labels: test.fineNames,
  };
  writeFileSync(join(folder, 'README.md'), writeCard(facts));
  // What PyTorch computed with other weights.
  rmSync(join(folder, 'reference.safetensors'), { force: true });
  console.log(
    `record PyTorch's run again: .venv/bin/python scripts/reference.py mini ${folder}/reference.safetensors --pairs 1 --parts tap,tokens,pixels`,
  );
}
