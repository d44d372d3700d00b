// Character classes of Python's `re`, as pieces of a JavaScript regular expression with the flag `u`.
// Python 3.11 knows Unicode 14; a letter that came later is no \w there, although newer tables call it one.
import { LETTERS, NUMBERS, UNASSIGNED } from '../unicode.generated.ts';

/** Python's `\w`. */
export const PYTHON_WORD: string = `(?:(?![${UNASSIGNED}])[${LETTERS}${NUMBERS}_])`;
