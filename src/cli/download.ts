// clip-tfjs download: a published file by its name, to where everything here and Python's code looks for it.
import type { Command } from 'commander';
import type { Downloaded } from '../checkpoint/download/download.node.ts';
import type { PublishedFile } from '../checkpoint/download/published.node.ts';
import { ClipError } from '../errors.ts';
import { note, type Progress, printJson, printLine, progressBar, UsageError } from './terminal.ts';

export function registerDownload(program: Command): void {
  program
    .command('download')
    .summary("fetch one of OpenAI's models, or CIFAR-100")
    .description(
      "Fetches one of OpenAI's models, or CIFAR-100, checks it, and prints where it is. A file that is there already is " +
        'checked and kept; what a broken run has left is gone on from. HTTPS_PROXY and NO_PROXY are honoured.',
    )
    .argument('<name>', 'a model that clip-tfjs models lists, or cifar100')
    .option('--root <folder>', 'where to put it (default: ~/.cache/clip for models, ~/.cache for cifar100)')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExamples:\n  clip-tfjs download ViT-B/32\n  clip-tfjs download cifar100')
    .action(run);
}

interface Options {
  root?: string;
  json?: boolean;
}

async function run(name: string, options: Options): Promise<void> {
  const { downloadableNames, publishedFile } = await import('../checkpoint/download/published.node.ts');
  if (!downloadableNames().includes(name)) {
    throw new UsageError(`nothing to fetch is called ${name}: expected ${downloadableNames().join(', ')}`);
  }
  await fetchAndTell(publishedFile(name), options);
}

/** Says on stderr what happens, and on stdout where the file is. */
export async function fetchAndTell(file: PublishedFile, { root, json }: Options): Promise<void> {
  const { name, path, bytes, digest, fetched } = await fetchFile(file, root);
  if (json) printJson({ name, path, bytes, [digest.algorithm]: digest.hex, fetched });
  else printLine(path);
}

async function fetchFile(file: PublishedFile, root?: string): Promise<Downloaded> {
  const { download } = await import('../checkpoint/download/download.node.ts');
  const { sizeText } = await import('../disk.node.ts');
  const bars: Record<string, Progress> = {
    checking: progressBar(`checking ${file.name}`, 'bytes'),
    fetching: progressBar(`fetching ${file.name}`, 'bytes'),
  };
  const clear = () => Object.values(bars).forEach((bar) => void bar.stop());
  const stop = new AbortController();
  const onInterrupt = () => {
    stop.abort(
      new ClipError('stopped', { hint: 'what has arrived is kept: the next run goes on from there' }),
    );
  };
  process.once('SIGINT', onInterrupt);
  try {
    const downloaded = await download(file, {
      root,
      signal: stop.signal,
      onProgress: (done, total, phase) => bars[phase]!.update(done, total),
      onNote: (line) => {
        clear();
        note(line);
      },
    });
    clear();
    const { bytes, digest, fetched } = downloaded;
    note(
      `${file.name} ${fetched ? 'is here' : 'was here'}: ${sizeText(bytes)}, ${digest.algorithm} is right`,
    );
    return downloaded;
  } finally {
    process.off('SIGINT', onInterrupt);
    clear();
  }
}

/** Where a person can answer, asks whether a model of OpenAI's that is not here shall be fetched, and fetches it. */
export async function offerDownload(model: string): Promise<void> {
  const { isMissing } = await import('../tasks/load.node.ts');
  if (!process.stdin.isTTY || !process.stderr.isTTY || !isMissing(model)) return;
  const { publishedFile } = await import('../checkpoint/download/published.node.ts');
  const file = publishedFile(model);
  const { sizeText } = await import('../disk.node.ts');
  const { createInterface } = await import('node:readline/promises');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const size = sizeText(file.bytes.about);
    const answer = await terminal.question(`${model} is not here. Fetch it, about ${size}? [Y/n] `);
    if (!/^(y|yes|)$/i.test(answer.trim())) return;
  } finally {
    terminal.close();
  }
  await fetchFile(file);
}
