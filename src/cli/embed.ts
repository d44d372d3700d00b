// clip-tfjs embed: features of pictures or of texts, in a file.
import { type Command, Option } from 'commander';
import type { PictureSet } from '../data/sets/picture-set.ts';
import type { LoadedModel } from '../tasks/loaded-model.ts';
import type { FeatureRow, FeatureType } from '../tasks/save-features.node.ts';
import { wholeNumber } from './numbers.ts';
import { collect, loadModel, type ModelOptions, withModel } from './options.ts';
import { note, printJson, printLine, progressBar, UsageError } from './terminal.ts';

interface Options extends ModelOptions {
  out: string;
  text?: string[];
  texts?: string;
  column?: string;
  truncate?: boolean;
  split: 'train' | 'test';
  normalize?: boolean;
  dtype: FeatureType;
  batch?: number;
  force?: boolean;
  json?: boolean;
}

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
    .option('--force', 'replace files that are there')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  clip-tfjs embed photos --out photos.npy --model ViT-B/32
  clip-tfjs embed --texts captions.txt --out captions.safetensors --normalize
  clip-tfjs embed --text "a photo of a cat" --text "a photo of a dog" --out two.npy`,
    )
    .action(run);
}

/** What is encoded, opened before a model is loaded for it. */
interface Subject {
  what: 'pictures' | 'texts';
  count: number;
  encode(loaded: LoadedModel, onProgress: (done: number, total: number) => void): Promise<Encoded>;
}

interface Encoded {
  features: Float32Array;
  rows: FeatureRow[];
  busy: number;
  /** Pictures in one call. */
  batch?: number;
  broken?: { picture: string; reason: string }[];
}

async function run(pictures: string[], options: Options): Promise<void> {
  const { out, dtype, json } = options;
  const { stat } = await import('node:fs/promises');
  const { sizeText } = await import('../disk.node.ts');
  const { checkFeatureFiles, featureFiles, saveFeatures } = await import('../tasks/save-features.node.ts');
  const { normalizeRows } = await import('../tasks/normalize-rows.ts');
  const [file, list] = featureFiles(out);
  const { what, count, encode } = await openSubject(pictures, options);
  const force = options.force === true;
  await checkFeatureFiles(out, { count, dtype, force });
  const loaded = await loadModel(options);
  const width = loaded.model.config.embed_dim;
  await checkFeatureFiles(out, { count: count * width, dtype, force });

  const bar = progressBar(`encoding ${what}`, 'items');
  const began = performance.now();
  const { features, rows, busy, batch, broken } = await encode(loaded, bar.update).finally(bar.stop);
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

async function openSubject(pictures: string[], options: Options): Promise<Subject> {
  const { text, texts, column } = options;
  const given = [pictures.length > 0, text !== undefined, texts !== undefined].filter(Boolean).length;
  if (given !== 1) {
    const got = given === 0 ? 'none' : 'several';
    throw new UsageError(
      `nothing to encode: expected pictures, --text or --texts, one of the three, got ${got}`,
    );
  }
  if (column !== undefined && texts === undefined)
    throw new UsageError('--column is one of the table in --texts');
  if (pictures.length > 0) {
    const { openPictures } = await import('../data/sets/pictures.node.ts');
    const set = await openPictures(pictures, options.split);
    for (const line of set.notes ?? []) note(line);
    return ofPictures(set, options);
  }
  if (text !== undefined) return ofTexts(text, options);
  const { readTexts } = await import('../data/sets/texts.node.ts');
  return ofTexts(readTexts(texts!, column), options);
}

function ofPictures(set: PictureSet, { batch }: Options): Subject {
  return {
    what: 'pictures',
    count: set.count,
    encode: async (loaded, onProgress) => {
      const { embedPictures } = await import('../tasks/embed-pictures.node.ts');
      const { pictureName } = await import('../data/sets/pictures.node.ts');
      const mostBroken = set.count; // an hour's work is not given up for the 101st picture
      const { kept, broken, ...encoded } = await embedPictures(loaded, set, {
        batch,
        mostBroken,
        onProgress,
        onNote: note,
      });
      const label = (index: number) => (set.classes ? { label: set.classes[set.labels![index]!]! } : {});
      return {
        ...encoded,
        rows: Array.from(kept, (index) => ({ picture: pictureName(set, index), ...label(index) })),
        broken: broken.map(({ name, reason }) => ({ picture: name, reason })),
      };
    },
  };
}

function ofTexts(texts: readonly string[], { batch, truncate }: Options): Subject {
  return {
    what: 'texts',
    count: texts.length,
    encode: async (loaded, onProgress) => {
      const { embedTexts } = await import('../tasks/embed-texts.ts');
      const { freeMemory } = await import('../tasks/free-memory.node.ts');
      const memory = freeMemory(loaded.backend);
      const encoded = await embedTexts(loaded, texts, { batch, truncate, memory, onProgress, onNote: note });
      return { ...encoded, rows: texts.map((text) => ({ text })) };
    },
  };
}
