// clip-tfjs interpolate: the weights between two models, and what they can do.
import { type Command, InvalidArgumentError } from 'commander';
import type { Between } from '../finetune/interpolate.node.ts';
import type { LoadedModel } from '../tasks/loaded-model.ts';
import {
  checkFigurePath,
  type EngineOptions,
  loadModel,
  type PromptOptions,
  readTemplates,
  withEngine,
  withTemplates,
} from './options.ts';
import { note, percent, printJson, printLine, progressBars, UsageError } from './terminal.ts';

interface Options extends EngineOptions, PromptOptions {
  alpha: number[];
  evalData?: string;
  zeroshot: string;
  figure?: string;
  out?: string;
  json?: boolean;
}

export function registerInterpolate(program: Command): void {
  const command = program
    .command('interpolate')
    .summary('the weights between two models')
    .description(
      'Measures (1 − alpha) · A + alpha · B for several alphas: between a model and what fine-tuning made of it there is often one that has learned nearly all and forgotten little (WiSE-FT).',
    )
    .argument('<a>', 'the model before: a name or a path')
    .argument('<b>', 'the model after, or a LoRA adapter for A');
  withEngine(withTemplates(command))
    .option('--alpha <from:to:step|alpha>', 'which alphas, 0 … 1', alphas, alphas('0:1:0.1'))
    .option('--eval-data <spec>', 'what B was trained for: pictures to judge on')
    .option('--zeroshot <spec>', 'what else the model is measured on', 'shapes')
    .option('--figure <out.png>', 'draw both accuracies, a point an alpha')
    .option('--out <dir>', 'write the model of a single alpha there')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  clip-tfjs interpolate ViT-B/32 tuned/model.safetensors --eval-data pictures/test --figure between.png
  clip-tfjs interpolate mini tuned/adapter.safetensors --alpha 0.5 --out half`,
    )
    .action(run);
}

async function run(a: string, b: string, options: Options): Promise<void> {
  const { alpha, evalData, zeroshot, figure, out, backend, threads } = options;
  checkFigurePath(figure);
  if (evalData === undefined && out === undefined) {
    throw new UsageError('nothing to do: expected --eval-data to measure on, or --out to write to');
  }
  if (figure !== undefined && evalData === undefined) throw new UsageError('--figure needs --eval-data');
  if (out !== undefined && alpha.length > 1) {
    throw new UsageError(`--out writes one model: expected a single --alpha, got ${alpha.length}`);
  }
  const templates = await readTemplates(options);
  const { openPictureSet } = await import('../data/sets/open.node.ts');
  const { checkNoModel } = await import('../finetune/save-model.node.ts');
  const { bestBetween, interpolate } = await import('../finetune/interpolate.node.ts');
  const sets =
    evalData === undefined
      ? undefined
      : {
          evaluation: await openPictureSet(evalData, 'test'),
          zeroshot: await openPictureSet(zeroshot, 'test'),
        };
  if (out !== undefined) await checkNoModel(out);
  const engine: EngineOptions = { backend, ...(threads !== undefined && { threads }) };
  const first = await loadModel({ model: a, ...engine });
  const second = await loadModel({
    ...((await isAdapterFile(b)) ? { model: a, adapter: b } : { model: b }),
    ...engine,
  });
  const bars = progressBars();
  const points = sets
    ? await interpolate(first, second, sets, {
        alphas: alpha,
        templates,
        onProgress: bars.update,
        onNote: note,
      }).finally(bars.stop)
    : [];
  const file = out === undefined ? undefined : await writeBlend(first, second, alpha[0]!, out);
  const best = points.length > 1 ? points[bestBetween(points)] : undefined;
  if (figure !== undefined && sets) await drawFigure(figure, `${a} to ${b}`, sets, points, best);
  if (options.json) {
    const data = sets && { evaluation: sets.evaluation.name, zeroshot: sets.zeroshot.name };
    printJson({
      a,
      b,
      backend: first.backend,
      data,
      points,
      ...(best && { best }),
      ...(file !== undefined && { file }),
    });
    return;
  }
  if (sets) printPoints(points, best);
  if (file !== undefined) printLine(file);
}

async function isAdapterFile(path: string): Promise<boolean> {
  const { existsSync, statSync } = await import('node:fs');
  if (!existsSync(path) || !statSync(path).isFile()) return false; // a name, a folder, or nothing: for `load` to tell
  const { openFile } = await import('../data/bytes/file-source.node.ts');
  const { openCheckpoint } = await import('../checkpoint/checkpoint.ts');
  const { isAdapter } = await import('../checkpoint/adapter.ts');
  const file = await openFile(path);
  try {
    return isAdapter(await openCheckpoint(file));
  } finally {
    await file.close();
  }
}

async function writeBlend(
  first: LoadedModel,
  second: LoadedModel,
  alpha: number,
  out: string,
): Promise<string> {
  const { Blend } = await import('../finetune/blend.ts');
  const { saveModel } = await import('../finetune/save-model.node.ts');
  const blend = new Blend(first.model, second.model);
  try {
    blend.set(alpha);
    return await saveModel(out, first);
  } finally {
    blend.release();
  }
}

async function drawFigure(
  path: string,
  title: string,
  { evaluation, zeroshot }: { evaluation: { name: string }; zeroshot: { name: string } },
  points: readonly Between[],
  best: Between | undefined,
): Promise<void> {
  const { scatterFigure } = await import('../figure/scatter-figure.ts');
  const { writeFileAtomic } = await import('../data/bytes/write-file.node.ts');
  const figure = scatterFigure({
    title,
    axes: [`zero-shot: ${zeroshot.name}`, `target: ${evaluation.name}`],
    points: points.map(({ alpha, target, zeroshot }) => ({ x: zeroshot, y: target, label: `${alpha}` })),
    marked: best && { point: points.indexOf(best), meaning: 'best sum' },
  });
  await writeFileAtomic(path, figure);
}

function printPoints(points: readonly Between[], best: Between | undefined): void {
  const column = (share: number) => percent(share).padStart(10);
  printLine('alpha    target zero-shot');
  for (const point of points) {
    const mark = point === best ? '  best sum' : '';
    printLine(`${String(point.alpha).padEnd(5)}${column(point.target)}${column(point.zeroshot)}${mark}`);
  }
}

const MOST = 101;

/** `0:1:0.1` or `0.5` → each alpha, to ten digits. */
function alphas(value: string): number[] {
  const parts = value.split(':').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  const [from = 0, to = from, step = 1] = parts;
  const count = parts.length === 1 ? 1 : Math.floor((to - from) / step + 1e-9) + 1;
  const isRange = parts.length === 1 || (parts.length === 3 && step > 0 && to >= from);
  if (!(isRange && from >= 0 && to <= 1 && count <= MOST)) {
    throw new InvalidArgumentError(
      `expected a number from 0 to 1, or from:to:step as in 0:1:0.1, at most ${MOST} of them.`,
    );
  }
  return Array.from({ length: count }, (_, i) => Number((from + i * step).toFixed(10)));
}
