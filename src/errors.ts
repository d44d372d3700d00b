/** What went wrong, as one line: what, expected, got, hint. */
export interface Complaint {
  expected?: string | number;
  got?: string | number;
  hint?: string;
}

/**
 * An error a user can act on. Its message is one line:
 * `what: expected …, got … (hint)`; parts that are not given are left out.
 */
export class ClipError extends Error {
  override readonly name = 'ClipError';

  constructor(what: string, { expected, got, hint }: Complaint = {}, options?: ErrorOptions) {
    const facts = [expected !== undefined && `expected ${expected}`, got !== undefined && `got ${got}`];
    const detail = facts.filter(Boolean).join(', ');
    const line = `${what}${detail && `: ${detail}`}${hint ? ` (${hint})` : ''}`;
    super(oneLine(line), options);
  }
}

/** Control characters (line breaks too) as escapes, so that a hostile file name or label stays on one line. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
