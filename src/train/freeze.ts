// Which parameters a training leaves alone, by patterns over state-dict names: `visual.*` for locked-image tuning (LiT,
// Zhai et al. 2022), `transformer.*` and its like for the mirror of it. Stands beside parameter.requires_grad_(False).
import { ClipError } from '../errors.ts';
import type { Parameter } from '../model/module.ts';

/** Everything of the picture's tower. */
export const IMAGE_TOWER: readonly string[] = ['visual.*'];
/** Everything of the text's. */
export const TEXT_TOWER: readonly string[] = [
  'transformer.*',
  'token_embedding.*',
  'positional_embedding',
  'ln_final.*',
  'text_projection',
];

/**
 * The parameters whose names no pattern matches as a whole; `*` stands for anything. Throws ClipError for a pattern that
 * matches nothing, and where nothing is left.
 */
export function withoutFrozen(
  parameters: ReadonlyMap<string, Parameter>,
  patterns: readonly string[],
): Map<string, Parameter> {
  const left = new Map(parameters);
  for (const pattern of patterns) {
    const matched = [...parameters.keys()].filter((name) => matches(pattern, name));
    if (matched.length === 0) {
      throw new ClipError(`no parameter is called ${pattern}`, {
        expected: 'state-dict names, * for any characters, such as visual.*',
        hint: 'clip-tfjs inspect lists the names',
      });
    }
    for (const name of matched) left.delete(name);
  }
  if (left.size > 0) return left;
  throw new ClipError('everything is frozen', {
    expected: 'a parameter to train',
    got: patterns.join(' '),
  });
}

/** Whether a pattern is the whole name, `*` standing for anything. No regular expression: thirty stars would take it for ever. */
function matches(pattern: string, name: string): boolean {
  const [first, ...others] = pattern.split('*') as [string, ...string[]];
  const last = others.pop();
  if (last === undefined) return name === first;
  if (!name.startsWith(first)) return false;
  let from = first.length;
  for (const part of others) {
    const at = name.indexOf(part, from); // the earliest place leaves the most for the rest
    if (at < 0) return false;
    from = at + part.length;
  }
  return name.length - last.length >= from && name.endsWith(last);
}
