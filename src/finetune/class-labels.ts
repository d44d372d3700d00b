// Classes by their names: what one set calls 3, another may call 7.
import type { PictureSet } from '../data/sets/picture-set.ts';
import { ClipError } from '../errors.ts';

/** The names of a set's classes. Throws ClipError for a set of captions. */
export function classesOf({ name, classes }: PictureSet): readonly string[] {
  if (classes) return classes;
  throw new ClipError(`${name} has no classes`, {
    expected: 'a folder by class, or a table with a column label',
    got: 'captions',
  });
}

/**
 * The labels that a set has for its pictures `kept`, as numbers of `classes`. Throws ClipError where a picture is of a class
 * that is not among those.
 */
export function labelsAmong(
  set: PictureSet,
  kept: ArrayLike<number>,
  classes: readonly string[],
): Int32Array {
  const names = classesOf(set);
  const numbers = new Map(classes.map((name, number) => [name, number]));
  return Int32Array.from(kept, (index) => {
    const name = names[set.labels![index]!]!;
    const number = numbers.get(name);
    if (number !== undefined) return number;
    throw new ClipError(`${set.name} has pictures of a class that was not learned`, {
      expected: `one of ${classes.slice(0, 5).join(', ')}${classes.length > 5 ? ', …' : ''}`,
      got: name,
    });
  });
}
