// JSON from a file that is not trusted: JSON.parse lets the last of two equal names win, silently, and nests without end.
import { ClipError } from '../errors.ts';

/** A safetensors header needs 3. */
const DEEPEST = 16;

/** JSON.parse. Throws ClipError, naming `what`, for text that does not parse, two equal names in one object, deep nesting. */
export function parseJson(text: string, what: string): unknown {
  checkKeys(text, what);
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ClipError(what, { expected: 'JSON', got: 'text that does not parse' }, { cause: error });
  }
}

/** Goes through the tokens that matter: strings, brackets and commas. What is no JSON is left to JSON.parse. */
function checkKeys(text: string, what: string): void {
  /** For each open bracket the names in it so far; undefined for lists. */
  const open: (Set<string> | undefined)[] = [];
  let isKey = false; // the next string is a name, not a value
  for (let at = 0; at < text.length; at++) {
    const letter = text[at];
    if (letter === '{' || letter === '[') {
      open.push(letter === '{' ? new Set() : undefined);
      if (open.length > DEEPEST) {
        throw new ClipError(`${what}: nested too deeply`, { expected: `at most ${DEEPEST}` });
      }
      isKey = letter === '{';
    } else if (letter === '}' || letter === ']') open.pop();
    else if (letter === ',') isKey = open.at(-1) !== undefined;
    else if (letter === '"') {
      const end = endOfString(text, at);
      const names = open.at(-1);
      if (isKey && names) checkKey(text.slice(at, end + 1), names, what);
      isKey = false;
      at = end;
    }
  }
}

/** Where the string that begins at `start` has its closing quote; the text's end where it has none. */
function endOfString(text: string, start: number): number {
  for (let quote = text.indexOf('"', start + 1); quote >= 0; quote = text.indexOf('"', quote + 1)) {
    let slashes = quote;
    while (text[slashes - 1] === '\\') slashes--;
    if ((quote - slashes) % 2 === 0) return quote;
  }
  return text.length;
}

function checkKey(quoted: string, names: Set<string>, what: string): void {
  let name = quoted;
  if (quoted.includes('\\')) {
    try {
      name = JSON.stringify(JSON.parse(quoted));
    } catch {
      return; // no JSON
    }
  }
  if (names.has(name)) throw new ClipError(`${what}: two entries are called ${name.slice(0, 60)}`);
  names.add(name);
}
