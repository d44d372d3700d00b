// clip-tfjs worker: encodes what embed --queue puts into a queue, on any machine that shares the folder.
import type { Command } from 'commander';
import { checkQueueAddress } from './embed-by-queue.ts';
import { wholeNumber } from './numbers.ts';
import { loadModel, type ModelOptions, withModel } from './options.ts';
import { note, printJson, printLine, progressBar } from './terminal.ts';

interface Options extends ModelOptions {
  queue: string;
  batch?: number;
  lock: number;
  wait: number;
  json?: boolean;
}

export function registerWorker(program: Command): void {
  const command = program
    .command('worker')
    .summary('encodes what embed --queue puts into a queue')
    .description(
      'Takes shards of pictures or texts from a queue on Redis, encodes them and writes their features to the folder that embed --queue named, which all machines share, until Ctrl-C, which lets it finish the shard in hand. A worker that dies loses nothing: another takes its shard.',
    )
    .requiredOption('--queue <url>', "embed --queue's: redis://HOST:PORT[/DB]")
    .option(
      '--batch <n>',
      'how many at once (default: as many as are fast and fit the memory)',
      wholeNumber(1),
    )
    .option(
      '--lock <seconds>',
      'of silence, after which this worker counts as dead and another takes its shard',
      wholeNumber(1),
      10,
    )
    .option('--wait <seconds>', 'how long Redis may be gone', wholeNumber(1), 60);
  withModel(command)
    .option('--json', 'print a JSON object for each shard')
    .addHelpText(
      'after',
      `
Started in the folder that embed --queue was started in, as this machine sees it; with absolute paths anywhere.

Example:
  clip-tfjs worker --queue redis://10.0.0.7:6379 --model ViT-B/32`,
    )
    .action(run);
}

async function run(options: Options): Promise<void> {
  const { queue, batch, lock, wait, json } = options;
  await checkQueueAddress(queue);
  const { work } = await import('../tasks/queue/work.node.ts');
  const stop = new AbortController();
  const onSignal = (): void => {
    if (stop.signal.aborted) process.exit(130);
    note('finishing the shard in hand: Ctrl-C again leaves it to another worker');
    stop.abort();
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal);
  const bar = progressBar('encoding a shard', 'items');
  await work(queue, () => loadModel(options), {
    batch,
    lock,
    wait,
    signal: stop.signal,
    onReady: (name) => note(`waiting for shards from ${name}`),
    onProgress: bar.update,
    onNote: note,
    onShard: (name, { folder, start, count }, rows, seconds) => {
      bar.stop();
      if (json) printJson({ folder, start, count, rows, seconds, perSecond: rows / seconds });
      else
        printLine(`${name}: ${rows} rows, ${seconds.toFixed(1)} s, ${(rows / seconds).toFixed(1)} a second`);
    },
  }).finally(bar.stop);
}
