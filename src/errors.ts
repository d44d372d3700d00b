/** What went wrong, as one line: what, expected, got, hint. */
export interface Complaint {
  expected?: string | number | undefined;
  got?: string | number | undefined;
  hint?: string | undefined;
}

/**
 * An error a user can act on. Its message is one line:
 * `what: expected …, got … (hint)`; parts that are not given are left out.
 */
export class ClipError extends Error {
  override readonly name = 'ClipError';
  readonly #complaint: Complaint & { what: string };

  constructor(what: string, { expected, got, hint }: Complaint = {}, options?: ErrorOptions) {
    const facts = [expected !== undefined && `expected ${expected}`, got !== undefined && `got ${got}`];
    const detail = facts.filter(Boolean).join(', ');
    const line = `${what}${detail && `: ${detail}`}${hint ? ` (${hint})` : ''}`;
    super(oneLine(line), options);
    this.#complaint = { what, expected, got, hint };
  }

  /** The same in its parts. */
  get complaint(): Readonly<Complaint & { what: string }> {
    return this.#complaint;
  }

  /** The same error, naming the file too where it does not yet, with `hint` where it has none of its own. */
  about(file: string, hint: string): ClipError {
    const { what, ...complaint } = this.#complaint;
    const subject = what.includes(file.split(/[\\/]/).at(-1)!) ? what : `${file}: ${what}`;
    return new ClipError(
      subject,
      { ...complaint, hint: complaint.hint ?? hint },
      { cause: this.cause ?? this },
    );
  }
}

/** Control characters (line breaks too) as escapes, so that a hostile file name or label stays on one line. */
export function oneLine(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029]/gu, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Runs `read`; a ClipError in it comes out naming the file, with a hint where it has none. */
export async function whileReading<T>(file: string, hint: string, read: () => Promise<T> | T): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw error instanceof ClipError ? error.about(file, hint) : error;
  }
}
