// What a generation refuses before it begins, and what stops it.
import { ClipError } from '../../errors.ts';
import { WAYS, type Way } from './canvas.ts';

/** The sides of a finished picture, in pixels. */
export const SIZES = { least: 16, most: 1024 } as const;

export interface Asked {
  text: string;
  by: Way;
  steps: number;
  seed: number;
  size: number;
  keep: number;
  hasStart: boolean;
}

/** Throws ClipError for what is out of its range. */
export function checkGeneration({ text, by, steps, seed, size, keep, hasStart }: Asked): void {
  if (text.trim() === '') {
    throw new ClipError('no text', { expected: 'what the picture is to show', got: `"${text}"` });
  }
  if (!WAYS.includes(by)) {
    throw new ClipError('no such way to hold a picture', { expected: WAYS.join(', '), got: by });
  }
  checkWhole('steps', steps, 1, 1e6);
  checkWhole('the seed', seed, 0, 2 ** 32 - 1);
  checkWhole("the picture's side", size, SIZES.least, SIZES.most);
  if (!(keep >= 0 && keep < 1)) {
    throw new ClipError('how much is kept of the start', {
      expected: 'a number, 0 or more, below 1',
      got: keep,
    });
  }
  if (hasStart && by === 'shapes') {
    throw new ClipError('shapes cannot start from a picture', {
      expected: 'by pixels or by fourier',
      got: by,
      hint: 'a few outlines cannot hold what is in it',
    });
  }
}

function checkWhole(what: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new ClipError(what, { expected: `a whole number, ${least} to ${most}`, got: value });
}

/** Throws ClipError where a step's loss is no number. */
export function checkFiniteLoss(loss: number, step: number): void {
  if (Number.isFinite(loss)) return;
  throw new ClipError(`the loss of step ${step} is ${loss}`, {
    expected: 'a number',
    hint: 'the checkpoint is damaged, or holds weights that overflow: clip-tfjs inspect counts those that are no numbers',
  });
}
