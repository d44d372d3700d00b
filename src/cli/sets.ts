// The three sets of pictures of every command that learns: what it learns from, what it is judged on, and what else the
// model knew.
import type { Command } from 'commander';
import type { LearningSets } from '../finetune/learning-sets.ts';
import type { Scores } from '../finetune/zero-shot-accuracy.node.ts';
import { note, percent, printLine } from './terminal.ts';

export interface SetOptions {
  data: string;
  evalData?: string;
  zeroshot: string;
  seed: number;
}

/** Of --data, what is judged on where there is no --eval-data. */
const HELD_OUT = 0.2;

export function withSets(command: Command): Command {
  return command
    .requiredOption(
      '--data <spec>',
      'what to learn from: a folder by class, a table (.csv, .tsv, .jsonl), shapes, cifar100, a path to CIFAR-100',
    )
    .option(
      '--eval-data <spec>',
      'what to judge on (default: the test split of --data, else a fifth of it, held out)',
    )
    .option('--zeroshot <spec>', 'what else the model is measured on, to see what it forgets', 'shapes');
}

export async function openSets({ data, evalData, zeroshot, seed }: SetOptions): Promise<LearningSets> {
  const { openPictureSet } = await import('../data/sets/open.node.ts');
  const { splitSet } = await import('../data/sets/order.ts');
  const whole = await openPictureSet(data, 'train');
  for (const line of whole.notes ?? []) note(line);
  const others = await openPictureSet(zeroshot, 'test');
  if (evalData !== undefined) {
    return { train: whole, evaluation: await openPictureSet(evalData, 'test'), zeroshot: others };
  }
  // A set without splits is opened as the whole again.
  const ownTest = await openPictureSet(data, 'test').catch((error: Error) => {
    note(`no test split of ${data}: ${error.message}`);
    return whole;
  });
  if (ownTest.fingerprint !== whole.fingerprint)
    return { train: whole, evaluation: ownTest, zeroshot: others };
  const [train, evaluation] = splitSet(whole, HELD_OUT, seed);
  note(`no --eval-data: ${evaluation.count} of the ${whole.count} pictures are held out to judge on`);
  return { train, evaluation, zeroshot: others };
}

/** What each is called, for JSON. */
export function namesOf({ train, evaluation, zeroshot }: LearningSets): Record<keyof LearningSets, string> {
  return { train: train.name, evaluation: evaluation.name, zeroshot: zeroshot.name };
}

/** Accuracies before and after, a row a set. */
export function printScores({ evaluation, zeroshot }: LearningSets, before: Scores, after: Scores): void {
  const column = (share: number) => percent(share).padStart(9);
  const names = [`target: ${evaluation.name}`, `zero-shot: ${zeroshot.name}`];
  const width = Math.max(...names.map((name) => name.length));
  printLine(`${''.padEnd(width)}   before     after`);
  printLine(`${names[0]!.padEnd(width)}${column(before.target)} ${column(after.target)}`);
  printLine(`${names[1]!.padEnd(width)}${column(before.zeroshot)} ${column(after.zeroshot)}`);
}
