// clip-tfjs preprocess: pictures to the array the model reads, as a .npy file.
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmdirSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import type { Picture } from '../data/pictures/picture.ts';
import { ClipError } from '../errors.ts';
import { wholeNumber } from './numbers.ts';
import { note, progressBar, UsageError } from './terminal.ts';

interface Options {
  size: number;
  out: string;
  stage: string;
}

export function registerPreprocess(program: Command): void {
  program
    .command('preprocess')
    .summary('pictures to arrays')
    .description('Resizes, crops and normalises pictures, to the byte as Pillow and torchvision do for CLIP.')
    .argument('<image...>', 'PNG, JPEG, WebP or GIF files of at most 178,956,970 pixels')
    .requiredOption(
      '--out <x.npy|folder>',
      'the file; for several pictures a folder, which gets NAME.EXT.npy',
    )
    .option('--size <pixels>', "the model's resolution", wholeNumber(1), 224)
    .option('--stage <stage>', 'normalised: float32 [3, S, S]; cropped: uint8 [S, S, 3]', 'normalised')
    .addHelpText(
      'after',
      `
Examples:
  clip-tfjs preprocess cat.jpg --out cat.npy
  clip-tfjs preprocess *.jpg --size 336 --stage cropped --out crops`,
    )
    .action(run);
}

async function run(images: string[], { size, out, stage }: Options): Promise<void> {
  if (stage !== 'normalised' && stage !== 'cropped') {
    throw new UsageError(`no stage ${stage}: expected normalised or cropped`);
  }
  const isFolder = images.length > 1 || (existsSync(out) && statSync(out).isDirectory());
  const targets = images.map((image) => (isFolder ? join(out, `${basename(image)}.npy`) : out));
  checkTargets(images, targets);

  const { readPicture } = await import('../data/pictures/decode.node.ts');
  const { cropPicture } = await import('../data/pictures/crop.ts');
  const { preprocess } = await import('../data/pictures/preprocess.ts');
  const { encodeNpy } = await import('../data/npy.ts');
  const { writeFileAtomic } = await import('../data/bytes/write-file.node.ts');
  const encode = (picture: Picture): Uint8Array =>
    stage === 'cropped'
      ? encodeNpy(cropPicture(picture, size), [size, size, 3])
      : encodeNpy(preprocess(picture, size), [3, size, size]);
  const bar = progressBar('preprocessing');
  const made = isFolder && makeFolder(out);
  // All files or none: they are written beside their places, and take them when the last one is there.
  const staging = makeStaging(isFolder ? out : dirname(out));
  try {
    for (const [i, image] of images.entries()) {
      await writeFileAtomic(join(staging, String(i)), encode(await readPicture(image)));
      bar.update(i + 1, images.length);
    }
    targets.forEach((target, i) => {
      renameSync(join(staging, String(i)), target);
    });
  } catch (error) {
    rmSync(staging, { recursive: true });
    if (made) rmdirSync(out);
    throw error;
  } finally {
    bar.stop();
  }
  rmSync(staging, { recursive: true });
  note(`wrote ${isFolder ? `${images.length} files to ${out}` : out}`);
}

/** No file may be written twice, nor over a picture that is read. */
function checkTargets(images: readonly string[], targets: readonly string[]): void {
  targets.forEach((target, i) => {
    const first = targets.indexOf(target);
    if (first !== i) {
      throw new ClipError('two pictures would be written to one file', {
        expected: 'different names',
        got: `${images[first]} and ${images[i]}`,
        hint: 'write them to different folders',
      });
    }
    if (images.some((image) => resolve(image) === resolve(target))) {
      throw new ClipError('a picture would be written over', {
        got: target,
        hint: 'give --out another name',
      });
    }
  });
}

/** Makes the folder where there is none (one level), and says whether it did. */
function makeFolder(path: string): boolean {
  if (existsSync(path)) return false;
  inFolder(dirname(path), () => mkdirSync(path));
  return true;
}

function makeStaging(folder: string): string {
  return inFolder(folder, () => mkdtempSync(join(folder, '.clip-tfjs-')));
}

function inFolder<T>(folder: string, make: () => T): T {
  try {
    return make();
  } catch (error) {
    const hint = 'is the folder there, and is it yours?';
    throw new ClipError(`cannot write in ${folder}: ${(error as Error).message}`, { hint }, { cause: error });
  }
}
