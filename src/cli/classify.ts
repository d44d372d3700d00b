// clip-tfjs classify: which label fits a picture best.
import type { Command } from 'commander';
import type { Picture } from '../data/pictures/picture.ts';
import { checkMulti, type MultiOptions, runMulti, withMulti } from './classify-multi.ts';
import { checkHead, openHead, withHead } from './head-option.ts';
import { wholeNumber, wholeNumbers } from './numbers.ts';
import {
  checkFigurePath,
  type DatasetOptions,
  loadModel,
  type ModelOptions,
  makeHead,
  openDataset,
  type PromptOptions,
  readLines,
  readPrompts,
  withDataset,
  withModel,
  withPrompts,
} from './options.ts';
import { percent, printJson, printLine, UsageError } from './terminal.ts';

interface Options extends ModelOptions, DatasetOptions, PromptOptions, MultiOptions {
  index?: number[];
  labels?: string;
  labelsFile?: string;
  top: number;
  json?: boolean;
  figure?: string;
  head?: string;
}

/** A picture to classify, with what is printed of where it comes from. */
interface Subject {
  image: string;
  picture: Picture;
  label?: string;
}

/** Of one picture, best first; the JSON has what the classifier computed too, a cosine or a logit. */
type Predictions = readonly { label: string; probability: number }[];

export function registerClassify(program: Command): void {
  const command = program
    .command('classify')
    .summary('which label fits a picture best')
    .description(
      'Which of some labels fits a picture best: probabilities are softmax(100 · cosine), or those of a head that was learned.',
    )
    .argument('[image...]', 'PNG, JPEG, WebP or GIF files');
  withModel(withMulti(withHead(withPrompts(withDataset(command)))))
    .option('--index <n>', "the data set's picture, from 0; may be repeated", wholeNumbers(0))
    .option('--labels <a,b,c>', 'the labels, between commas')
    .option('--labels-file <file>', 'the labels, one a line')
    .option('--top <k>', 'how many labels to print', wholeNumber(1), 5)
    .option('--figure <out.png>', 'draw the pictures with their labels as bars')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  clip-tfjs classify cat.jpg dog.png --labels cat,dog,"a duck" --model ViT-B/32
  clip-tfjs classify --dataset cifar100 --data cifar-100-python.tar.gz --index 3637 --model ViT-B/32
  clip-tfjs classify cat.jpg --multi --labels cat,sofa,outdoors --threshold 0.25 --model ViT-B/32
  clip-tfjs classify shape.png --multi --head labels.safetensors`,
    )
    .action(run);
}

async function run(images: string[], options: Options): Promise<void> {
  if (images.length > 0 === (options.dataset !== undefined)) {
    throw new UsageError('expected pictures, or --dataset with --index');
  }
  if (!options.dataset && (options.index || options.data)) {
    throw new UsageError('--index and --data go with --dataset');
  }
  checkFigurePath(options.figure);
  checkMulti(options);
  const ownLabels = await readLabels(options);
  if (options.head !== undefined && ownLabels) {
    throw new UsageError('--head has its own labels: expected no --labels or --labels-file beside it');
  }
  const saved = await openHead(options.head, options);
  const { subjects, names } = options.dataset ? await readDataset(options) : await readPictures(images);
  const labels = saved?.labels ?? ownLabels ?? names;
  if (!labels) throw new UsageError('no labels: expected --labels a,b,c, --labels-file FILE or --head FILE');

  const prompts = await readPrompts(labels, options);
  if (options.multi) return runMulti(subjects, labels, prompts, saved, options);
  if (saved?.independent) {
    throw new UsageError(`${options.head} has independent labels: expected --multi beside it`);
  }
  const loaded = await loadModel(options);
  const pictures = subjects.map(({ picture }) => picture);
  let predictions: Predictions[];
  if (saved) {
    await checkHead(saved, loaded, options.head!);
    const { classifyWithHead } = await import('../tasks/linear-head.ts');
    predictions = await classifyWithHead(loaded, pictures, saved, options.top);
  } else {
    const { classify } = await import('../tasks/zero-shot.ts');
    predictions = await classify(loaded, pictures, await makeHead(loaded, prompts), options.top);
  }

  if (options.figure) await drawFigure(options.figure, subjects, predictions);
  if (options.json) {
    const results = subjects.map(({ picture, ...subject }, i) => ({
      ...subject,
      predictions: predictions[i],
    }));
    printJson({ model: loaded.name, backend: loaded.backend, results });
  } else {
    subjects.forEach((subject, i) => {
      if (subjects.length > 1) printLine(`${i > 0 ? '\n' : ''}${titleOf(subject)}`);
      printPredictions(predictions[i]!);
    });
  }
}

async function readLabels({ labels, labelsFile }: Options): Promise<string[] | undefined> {
  if (labels !== undefined && labelsFile !== undefined) {
    throw new UsageError('--labels and --labels-file: give one of the two');
  }
  if (labelsFile !== undefined) return readLines(labelsFile);
  return labels?.split(',').map((label) => label.trim());
}

async function readPictures(images: string[]): Promise<{ subjects: Subject[]; names?: undefined }> {
  const { readPicture } = await import('../data/pictures/decode.node.ts');
  const subjects: Subject[] = [];
  for (const image of images) subjects.push({ image, picture: await readPicture(image) });
  return { subjects };
}

async function readDataset(options: Options): Promise<{ subjects: Subject[]; names: readonly string[] }> {
  if (!options.index) throw new UsageError('--dataset needs --index N');
  const dataset = await openDataset(options);
  const subjects = options.index.map((index) => ({
    image: `${options.dataset}[${index}]`,
    index,
    label: dataset.fineNames[dataset.fineLabels[index]!]!,
    picture: dataset.image(index),
  }));
  return { subjects, names: dataset.fineNames };
}

/** Where the picture comes from, and what it is where that is known. */
function titleOf({ image, label }: Subject): string {
  return label ? `${image} · ${label}` : image;
}

/** The article's layout. */
function printPredictions(predictions: Predictions): void {
  printLine('\nTop predictions:\n');
  for (const { label, probability } of predictions) {
    printLine(`${label.padStart(16)}: ${percent(probability)}`);
  }
}

async function drawFigure(path: string, subjects: Subject[], predictions: Predictions[]): Promise<void> {
  const { classificationFigure } = await import('../figure/classification-figure.ts');
  const { writeFileAtomic } = await import('../data/bytes/write-file.node.ts');
  const rows = subjects.map((subject, i) => ({
    title: titleOf(subject),
    picture: subject.picture,
    predictions: predictions[i]!,
  }));
  await writeFileAtomic(path, classificationFigure(rows));
}
