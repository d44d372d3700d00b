// The names in a JSON object as they are written, equal ones too, which JSON.parse does not tell.

/** The keys of the outermost object, in order. `text` must be JSON that parses. */
export function topLevelKeys(text: string): string[] {
  const keys: string[] = [];
  let depth = 0;
  let isKey = false; // the next string at depth 1 is a key, not a value
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"|[{}[\],]/g)) {
    if (token === '{' || token === '[') depth++;
    else if (token === '}' || token === ']') depth--;
    else if (token !== ',' && depth === 1 && isKey) keys.push(JSON.parse(token) as string);
    isKey = token === '{' || token === ',';
  }
  return keys;
}
