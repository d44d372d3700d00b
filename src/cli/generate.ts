// clip-tfjs generate: a picture of a text, and what two models say of it.
import { type Command, Option } from 'commander';
import type { Generated } from '../tasks/generate/generate-picture.ts';
import type { Verdict } from '../tasks/generate/judge.ts';
import type { LoadedModel } from '../tasks/loaded-model.ts';
import { checkOutputs, type Outputs, openRecorder } from './generate-outputs.ts';
import { shareBelowOne, wholeNumber } from './numbers.ts';
import { collect, loadModel, type ModelOptions, withModel } from './options.ts';
import { stoppable } from './run-training.ts';
import { note, percent, printJson, printLine, UsageError } from './terminal.ts';

interface Options extends ModelOptions, Outputs {
  by?: Generated['by'];
  steps: number;
  seed: number;
  size: number;
  image?: string;
  keep?: number;
  template?: string[];
  without?: string[];
  judge?: string;
  labels?: string;
  json?: boolean;
}

const FEW = 50; // steps below which a picture is seldom finished

export function registerGenerate(program: Command): void {
  const command = program
    .command('generate')
    .summary('a picture of a text')
    .description(
      'Makes a picture that the model finds like a text: the gradient of the cosine between the two features goes through the image encoder into the picture. A second model, trained apart from the first, then says what it sees.',
    )
    .argument('<text>', 'what the picture is to show')
    .requiredOption('--out <file.png>', 'where the picture goes')
    .addOption(
      new Option('--by <way>', 'what the picture is made of (default: shapes; fourier with --image)').choices(
        ['shapes', 'fourier', 'pixels'],
      ),
    )
    .option('--steps <n>', 'of the optimiser', wholeNumber(1), 300)
    .option('--seed <n>', 'the same seed on the same engine gives the same picture', wholeNumber(0), 1)
    .option('--size <pixels>', "the picture's side, 16 to 1024", wholeNumber(1), 256)
    .option('--image <file>', 'a picture to start from and to stay near')
    .option('--keep <share>', 'how much of its structure is kept, 0 to below 1 (default: 0.5)', shareBelowOne)
    .option('--template <text>', 'a prompt with {} for the text; several are ensembled', collect)
    .option('--without <text>', 'what it should not be like; may be repeated', collect)
    .option('--preview <k>', 'write the picture so far to NAME.preview.png every k steps', wholeNumber(1))
    .option('--film <file>', 'the run as a .gif that moves, or a .png of its pictures side by side');
  withModel(command)
    .option(
      '--judge <name|path>',
      'another model that says what it sees; none: nobody (default for mini: judge)',
    )
    .option('--labels <a,b,c>', 'what the two may say (default for mini: the 100 of shapes)')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      `
Examples:
  clip-tfjs generate "a blue star" --out star.png
  clip-tfjs generate "a blue star" --out star.png --by fourier --seed 7 --film star.gif --preview 20
  clip-tfjs generate "a blue star" --out near.png --image start.png --keep 0.5`,
    )
    .action(run);
}

async function run(text: string, options: Options): Promise<void> {
  const { image, steps } = options;
  if (options.keep !== undefined && image === undefined) {
    throw new UsageError('--keep is of the structure of --image: expected --image beside it');
  }
  await checkOutputs(options);
  const { readPicture } = await import('../data/pictures/decode.node.ts');
  const { generatePicture } = await import('../tasks/generate/generate-picture.ts');
  const { checkGeneration } = await import('../tasks/generate/check.ts');
  const start = image === undefined ? undefined : await readPicture(image);
  const by = options.by ?? (start ? 'fourier' : 'shapes');
  const { seed, size, keep = 0.5 } = options;
  checkGeneration({ text, by, steps, seed, size, keep, hasStart: start !== undefined });
  const names = await labelsOf(options);
  const loaded = await loadModel(options);
  const judge = names && (await openJudge(options));
  if (steps < FEW) note(`${steps} steps are few: most pictures need ${FEW} and more to be recognised`);

  const recorder = await openRecorder(text, options);
  const made = await stoppable(async (signal) => {
    const { template: prompts, without } = options;
    const own = { by, steps, seed, size, keep, prompts, without, start, signal };
    const result = await generatePicture(loaded, text, {
      ...own,
      onTry: recorder.tried,
      onStep: recorder.see,
    });
    if (result.steps < steps) await recorder.giveUp(result);
    return result;
  }).finally(recorder.stop);
  if (!made) return;
  const written = await recorder.finish(made);
  const { judgePicture } = await import('../tasks/generate/judge.ts');
  const verdicts: Verdict[] = [];
  for (const model of [loaded, judge]) {
    if (names && model) verdicts.push(await judgePicture(model, made.picture, names, text));
  }
  if (options.json) {
    const { picture: _, by, ...numbers } = made;
    const [own, second] = verdicts;
    const { name: model, backend } = loaded;
    printJson({
      text,
      by,
      seed,
      ...numbers,
      model,
      backend,
      optimised: own ?? null,
      judge: second ?? null,
      ...written,
    });
  } else {
    printMade(made, written, verdicts);
  }
}

/** What the models may say: the labels asked for, or those that the embedded models know. */
async function labelsOf({ labels, model, judge }: Options): Promise<readonly string[] | undefined> {
  const { MINI } = await import('../tasks/load.node.ts');
  if (labels === undefined) {
    if (model === MINI) return (await import('../data/shapes/classes.ts')).FINE_NAMES;
    if (judge === undefined) return undefined;
    throw new UsageError('--judge has to choose among labels: expected --labels a,b,c');
  }
  const names = labels.split(',').map((label) => label.trim());
  const { checkLabels } = await import('../tasks/prompts.ts');
  checkLabels(names);
  return names;
}

/** The second model: the one asked for, or the embedded model's own judge where that is here. */
async function openJudge(options: Options): Promise<LoadedModel | undefined> {
  const { existsSync } = await import('node:fs');
  const { JUDGE, load, MINI, modelPaths } = await import('../tasks/load.node.ts');
  const { model, judge = model === MINI ? JUDGE : 'none', backend, threads } = options;
  if (judge === 'none') return undefined;
  if (options.judge === undefined && !existsSync(modelPaths(JUDGE)[0]!)) {
    note(`no second model says what it sees: expected ${modelPaths(JUDGE)[0]}, got no such file`);
    return undefined;
  }
  return load(judge, { backend, threads, onNote: note });
}

function printMade(
  { by, steps, seconds, cosine, structure }: Generated,
  written: object,
  verdicts: Verdict[],
): void {
  const files = Object.values(written).join(', ');
  printLine(`${files}: by ${by}, ${steps} steps in ${seconds.toFixed(1)} s, cosine ${cosine.toFixed(3)}`);
  if (structure !== undefined) printLine(`luminance correlates with the start's: ${structure.toFixed(2)}`);
  verdicts.forEach(({ model, top }, i) => {
    const said = top.map(({ label, probability }) => `${label} ${percent(probability)}`).join(', ');
    printLine(`${model}, ${i === 0 ? 'which was optimised' : 'which was not'}: ${said}`);
  });
}
