// clip-tfjs embed: features of pictures or of texts, in a file.
import { type Command, Option } from 'commander';
import { checkQueueOptions, type EmbedOptions, subjectInput } from './embed-options.ts';
import { wholeNumber } from './numbers.ts';
import { collect, loadModel, withModel } from './options.ts';
import { note, printJson, printLine, progressBar } from './terminal.ts';

export function registerEmbed(program: Command): void {
  const command = program
    .command('embed')
    .summary('features of pictures or texts')
    .description(
      'Writes the features of pictures or of texts, a row each, in the order they come in. Beside a .npy, NAME.rows.jsonl says what each row is of; a .safetensors has that in its metadata, as rows. A picture that cannot be read is told and has no row.',
    )
    .argument(
      '[picture...]',
      'picture files, folders with all below them, tables (.csv, .tsv, .jsonl) with a column of pictures, shapes, cifar100',
    )
    .requiredOption('--out <file>', 'where to: a .npy or .safetensors file')
    .option('--text <text>', 'a text; may be repeated', collect)
    .option('--texts <file>', 'texts: one a line, a .jsonl of JSON strings, or a column of a table')
    .option('--column <name>', 'of the table in --texts (default: caption, text or title)')
    .option('--truncate', 'cut texts over the context length instead of refusing them')
    .addOption(
      new Option('--split <name>', 'of shapes and cifar100').choices(['train', 'test']).default('test'),
    )
    .option('--normalize', "scale each row to length 1 (default: as the model's encoder gives it)")
    .addOption(new Option('--dtype <type>', "the numbers' type").choices(['f32', 'f16']).default('f32'))
    .option(
      '--batch <n>',
      'how many at once (default: as many as are fast and fit the memory)',
      wholeNumber(1),
    );
  withModel(command)
    .option('--queue <url>', 'let workers encode them: redis://HOST:PORT[/DB]; see clip-tfjs worker')
    .option(
      '--shard <n>',
      'how many a worker takes at once (default: 512 pictures, 4096 texts)',
      wholeNumber(1),
    )
    .option('--wait <seconds>', 'how long Redis may be gone (default: 60)', wholeNumber(1))
    .option('--force', 'replace files that are there')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  clip-tfjs embed photos --out photos.npy --model ViT-B/32
  clip-tfjs embed --texts captions.txt --out captions.safetensors --normalize
  clip-tfjs embed --text "a photo of a cat" --text "a photo of a dog" --out two.npy
  clip-tfjs embed photos --out photos.npy --queue redis://10.0.0.7:6379`,
    )
    .action(run);
}

async function run(pictures: string[], options: EmbedOptions): Promise<void> {
  checkQueueOptions(options);
  const { out, dtype, json } = options;
  const { stat } = await import('node:fs/promises');
  const { sizeText } = await import('../disk.node.ts');
  const { checkFeatureFiles, featureFiles, saveFeatures } = await import('../tasks/save-features.node.ts');
  const { normalizeRows } = await import('../tasks/normalize-rows.ts');
  const [file, list] = featureFiles(out);
  const input = subjectInput(pictures, options);
  const { openSubject } = await import('../tasks/embed-subject.node.ts');
  const subject = await openSubject(input);
  for (const line of subject.notes) note(line);
  const { what, count } = subject;
  const force = options.force === true;
  await checkFeatureFiles(out, { count, dtype, force });
  if (options.queue !== undefined) {
    const { runByQueue } = await import('./embed-by-queue.ts');
    return runByQueue(options.queue, subject, input, options);
  }
  const loaded = await loadModel(options);
  const width = loaded.model.config.embed_dim;
  await checkFeatureFiles(out, { count: count * width, dtype, force });

  const bar = progressBar(`encoding ${what}`, 'items');
  const began = performance.now();
  const how = { batch: options.batch, onProgress: bar.update, onNote: note };
  const { features, kept, busy, batch, broken } = await subject.encode(loaded, how).finally(bar.stop);
  const rows = Array.from(kept, subject.row);
  const seconds = (performance.now() - began) / 1000;
  const normalized = options.normalize === true;
  if (normalized) normalizeRows(features, width);
  await saveFeatures(out, { features, rows, model: loaded.name, normalized }, dtype);
  const { size: bytes } = await stat(file!);

  if (json) {
    const { name: model, backend } = loaded;
    const speed = { seconds, perSecond: rows.length / seconds, busy, ...(batch && { batch }) };
    printJson({
      model,
      backend,
      of: what,
      count: rows.length,
      width,
      dtype,
      normalized,
      file,
      ...(list !== undefined && { rows: list }),
      bytes,
      ...(broken && { broken }),
      ...speed,
    });
    return;
  }
  const rate = `${(rows.length / seconds).toFixed(1)} a second`;
  printLine(`${rows.length} ${what} → ${file}: [${rows.length}, ${width}] ${dtype}, ${sizeText(bytes)}`);
  if (list !== undefined) printLine(`what each row is of: ${list}`);
  printLine(`${seconds.toFixed(1)} s, ${rate}; the engine was busy for ${(100 * busy).toFixed(0)}% of it`);
  if (broken && broken.length > 0) printLine(`${broken.length} pictures could not be read and have no row`);
}
