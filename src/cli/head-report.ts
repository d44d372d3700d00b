// What probe and finetune --method head do alike: learn a head, write it, say what came of it.
import { join } from 'node:path';
import type { HeadOptions, LearnedHead } from '../finetune/learn-head.node.ts';
import type { LearningSets } from '../finetune/learning-sets.ts';
import type { LoadedModel } from '../tasks/loaded-model.ts';
import { loadModel, type ModelOptions, type PromptOptions, readTemplates } from './options.ts';
import { namesOf, openSets, printScores, type SetOptions } from './sets.ts';
import { note, printJson, printLine, progressBars } from './terminal.ts';

export interface HeadFlags extends ModelOptions, PromptOptions, SetOptions {
  out: string;
  json?: boolean;
}

/** Learns with `learn`, writes OUT/head.safetensors and prints before and after; `more` goes into the JSON. */
export async function runHead(
  options: HeadFlags,
  method: string,
  learn: (loaded: LoadedModel, sets: LearningSets, options: HeadOptions) => Promise<LearnedHead>,
  more: object = {},
): Promise<void> {
  const templates = await readTemplates(options);
  const { stat } = await import('node:fs/promises');
  const { saveHead } = await import('../checkpoint/head-file.node.ts');
  const { checkWritable, refuseExisting, sizeText } = await import('../disk.node.ts');
  const { headFor } = await import('../tasks/linear-head.ts');
  const sets = await openSets(options);
  const file = join(options.out, 'head.safetensors');
  refuseExisting(file);
  await checkWritable(options.out, 'give another --out');
  const loaded = await loadModel(options);
  const bars = progressBars();
  const { seed } = options;
  const { head, c, ...report } = await learn(loaded, sets, {
    templates,
    seed,
    onProgress: bars.update,
    onNote: note,
  }).finally(bars.stop);
  await saveHead(file, await headFor(loaded, head));
  const { size: bytes } = await stat(file);
  if (options.json) {
    const { name: model, backend } = loaded;
    printJson({ method, ...report, file, bytes, C: c, ...more, model, backend, data: namesOf(sets) });
    return;
  }
  printScores(sets, report.before, report.after);
  const facts = [`${report.count.train} pictures in ${report.seconds.toFixed(1)} s`, `C ${c.toPrecision(3)}`];
  printLine(`\n${facts.join(', ')}; ${file}, ${sizeText(bytes)}`);
  note('the model stays as it was, and with it what it can do without this head');
}
