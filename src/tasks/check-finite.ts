import { ClipError } from '../errors.ts';

/** A model with NaN among its weights answers in NaN: no answer at all. Throws ClipError. */
export function checkFinite(values: ArrayLike<number>, what: string): void {
  if (Array.prototype.every.call(values, Number.isFinite)) return;
  throw new ClipError(`the features of the ${what} are not finite`, {
    expected: 'numbers',
    got: 'NaN or infinity',
    hint: 'the checkpoint is damaged, or holds weights that overflow',
  });
}
