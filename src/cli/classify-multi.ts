// clip-tfjs classify --multi: every label that is true of a picture, each scored for itself.
import type { Command } from 'commander';
import type { SavedHead } from '../checkpoint/head-file.ts';
import type { Picture } from '../data/pictures/picture.ts';
import { ClipError } from '../errors.ts';
import type { LoadedModel } from '../tasks/loaded-model.ts';
import { checkHead } from './head-option.ts';
import { numberFrom } from './numbers.ts';
import { loadModel, type ModelOptions, makeHead, type Prompts } from './options.ts';
import { printJson, printLine, progressBar, UsageError } from './terminal.ts';

export interface MultiOptions {
  multi?: boolean;
  threshold?: number;
  negation?: boolean;
}

interface Options extends ModelOptions, MultiOptions {
  head?: string;
  figure?: string;
  json?: boolean;
}

export function withMulti(command: Command): Command {
  return command
    .option(
      '--multi',
      'several labels may be true: a score for each by itself, with --head of clip-tfjs calibrate, --threshold or --negation',
    )
    .option(
      '--threshold <score>',
      'of --multi: the least cosine of a label that is given; with --head or --negation the least probability (default there: 0.5)',
      numberFrom(-1),
    )
    .option(
      '--negation',
      'of --multi: each label against its negation; for models that know what "without" means',
    );
}

/** Throws where options of --multi stand without it, or it has nothing to tell a label that is true by. */
export function checkMulti({ multi, threshold, negation, head, figure }: Options): void {
  if (!multi) {
    if (threshold !== undefined || negation) {
      throw new UsageError('--threshold and --negation go with --multi');
    }
    return;
  }
  if (figure !== undefined) throw new UsageError('--multi draws no figure');
  if (head !== undefined && negation) throw new UsageError('--head and --negation: give one of the two');
  if (head === undefined && !negation && threshold === undefined) {
    throw new UsageError(
      '--multi has no default threshold, for each model’s cosines lie elsewhere: expected --head FILE (clip-tfjs calibrate writes it), --threshold COSINE or --negation',
    );
  }
}

interface Subject {
  image: string;
  picture: Picture;
  label?: string;
}

/** Scores all labels of all pictures and prints them. */
export async function runMulti(
  subjects: readonly Subject[],
  labels: readonly string[],
  prompts: Prompts,
  saved: SavedHead | undefined,
  options: Options,
): Promise<void> {
  if (saved && !saved.independent) {
    throw new ClipError(`${options.head} shares out one probability among its labels`, {
      expected: 'a head of clip-tfjs calibrate',
      got: 'one of probe or finetune',
      hint: 'use it without --multi',
    });
  }
  const { labelScores } = await import('../tasks/labels/multi-label.ts');
  const loaded = await loadModel(options);
  const threshold = options.threshold ?? 0.5;
  const pictures = subjects.map(({ picture }) => picture);
  const [scale, rows] = await scoresOf(loaded, pictures, prompts, saved, options);
  const results = subjects.map(({ picture, ...subject }, i) => ({
    ...subject,
    labels: labelScores(labels, rows[i]!, threshold),
  }));
  if (options.json) {
    printJson({ model: loaded.name, backend: loaded.backend, scores: scale, threshold, results });
    return;
  }
  results.forEach(({ image, label, labels: scored }, i) => {
    if (results.length > 1) printLine(`${i > 0 ? '\n' : ''}${label ? `${image} · ${label}` : image}`);
    printLine(
      `\n${scale === 'cosine' ? 'Cosines' : 'Probabilities'}, each label by itself, over ${threshold}:\n`,
    );
    for (const { label, score, isOver } of scored) {
      printLine(`${isOver ? '✓' : ' '} ${label.padStart(16)}: ${score.toFixed(4)}`);
    }
  });
}

async function scoresOf(
  loaded: LoadedModel,
  pictures: readonly Picture[],
  prompts: Prompts,
  saved: SavedHead | undefined,
  { head: path, negation }: Options,
): Promise<['cosine' | 'probability', number[][]]> {
  const { cosineScores, independentScores, negationScores } = await import('../tasks/labels/multi-label.ts');
  const bar = progressBar('encoding pictures');
  try {
    if (saved) {
      await checkHead(saved, loaded, path!);
      return ['probability', await independentScores(loaded, pictures, saved, bar.update)];
    }
    if (negation) {
      const { labels, ...rest } = prompts;
      return ['probability', await negationScores(loaded, pictures, labels, rest, bar.update)];
    }
    const texts = await makeHead(loaded, prompts);
    return ['cosine', await cosineScores(loaded, pictures, texts, bar.update)];
  } finally {
    bar.stop();
  }
}
