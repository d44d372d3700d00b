// clip-tfjs embed --queue: the features are computed by workers, wherever they run, and come to the same file.
import type { Subject, SubjectInput } from '../tasks/embed-subject.node.ts';
import { offerDownload } from './download.ts';
import type { EmbedOptions } from './embed-options.ts';
import { settingsOf } from './options.ts';
import { note, printJson, printLine, progressBar, UsageError } from './terminal.ts';

export async function runByQueue(
  url: string,
  subject: Subject,
  input: SubjectInput,
  options: EmbedOptions,
): Promise<void> {
  const { stat } = await import('node:fs/promises');
  const { onStop, sizeText } = await import('../disk.node.ts');
  const { embedByQueue } = await import('../tasks/queue/embed-by-queue.node.ts');
  const { identify } = await import('../tasks/queue/shard-set.node.ts');
  const { checkFeatureFiles, featureFiles } = await import('../tasks/save-features.node.ts');
  const { out, dtype, json, shard, wait } = options;
  const { what } = subject;
  await checkQueueAddress(url);
  const [file, list] = featureFiles(out);
  await offerDownload(options.model);
  const model = await identify(options.model, settingsOf(options));
  const force = options.force === true;
  await checkFeatureFiles(out, { count: subject.count * model.width, dtype, force });

  const forget = onStop(() =>
    note('stopped waiting: workers go on, and the same command joins what they write'),
  );
  const bar = progressBar(`waiting for workers`, 'items');
  const began = performance.now();
  const normalized = options.normalize === true;
  const { count, shards, broken } = await embedByQueue(subject, input, model, {
    url,
    out,
    dtype,
    normalized,
    shard,
    wait,
    onProgress: bar.update,
    onNote: note,
  }).finally(() => {
    bar.stop();
    forget();
  });
  const seconds = (performance.now() - began) / 1000;
  const { size: bytes } = await stat(file!);
  if (json) {
    printJson({
      model: model.name,
      of: what,
      count,
      width: model.width,
      dtype,
      normalized,
      file,
      ...(list !== undefined && { rows: list }),
      bytes,
      ...(what === 'pictures' && { broken }),
      shards,
      seconds,
      perSecond: count / seconds,
    });
    return;
  }
  printLine(`${count} ${what} → ${file}: [${count}, ${model.width}] ${dtype}, ${sizeText(bytes)}`);
  if (list !== undefined) printLine(`what each row is of: ${list}`);
  const rate = `${(count / seconds).toFixed(1)} a second`;
  printLine(`${seconds.toFixed(1)} s, ${rate}; ${shards} shards, by workers`);
  if (broken.length > 0) printLine(`${broken.length} pictures could not be read and have no row`);
}

/** Throws UsageError for an address that is none. */
export async function checkQueueAddress(url: string): Promise<void> {
  const { redisAddress } = await import('../tasks/queue/redis-address.ts');
  try {
    redisAddress(url);
  } catch (error) {
    throw new UsageError((error as Error).message);
  }
}
