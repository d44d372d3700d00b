// clip-tfjs eval --task retrieval: Recall@K of pictures and captions, both ways.
import type { PictureSet } from '../data/sets/picture-set.ts';
import type { Recalls } from '../tasks/retrieval/recall.ts';
import { loadModel, type ModelOptions } from './options.ts';
import { note, percent, printJson, printLine, progressBar, UsageError } from './terminal.ts';

interface Options extends ModelOptions {
  head?: string;
  template?: string[];
  templates?: string;
  truncate?: boolean;
  json?: boolean;
}

/** Measures on a set that is open and prints. */
export async function runRetrieval(set: PictureSet, options: Options): Promise<void> {
  const { head, template, templates, truncate, json } = options;
  if (head !== undefined || template || templates) {
    throw new UsageError(
      '--task retrieval takes texts as they are: expected no --head, --template or --templates',
    );
  }
  const loaded = await loadModel(options);
  const { evaluateRetrieval } = await import('../tasks/retrieval/retrieve.node.ts');
  const bar = progressBar('encoding pictures', 'items');
  const found = await evaluateRetrieval(loaded, set, {
    truncate,
    onProgress: bar.update,
    onNote: note,
  }).finally(bar.stop);
  if (json) {
    printJson({
      model: loaded.name,
      backend: loaded.backend,
      dataset: set.name,
      task: 'retrieval',
      ...found,
    });
    return;
  }
  printLine(`${found.pictures} pictures and ${found.texts} different texts of ${set.name}`);
  const ks = Object.keys(found.textToImage.recall);
  printLine(`${''.padEnd(16)}${ks.map((k) => `R@${k}`.padStart(10)).join('')}`);
  printRow('text → image', found.textToImage.recall, ks);
  printRow('  by chance', found.textToImage.chance, ks);
  printRow('image → text', found.imageToText.recall, ks);
  printRow('  by chance', found.imageToText.chance, ks);
}

function printRow(name: string, shares: Recalls['recall'], ks: readonly string[]): void {
  printLine(`${name.padEnd(16)}${ks.map((k) => percent(shares[k]!).padStart(10)).join('')}`);
}
