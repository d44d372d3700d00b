// Telling that an engine has run out of memory from whatever else it may throw: a batch may then be halved.
import { ClipError } from '../errors.ts';

/**
 * What engines say when memory is at its end. TensorFlow: status 8, `OOM when allocating tensor …`; CUDA and its
 * libraries: their codes' names; JavaScript: a RangeError; WebAssembly: an abort, after which it runs no more.
 */
const SAID: RegExp =
  /\bOOM\b|out[ _]of[ _]memory|ALLOC(ATION)?_FAILED|failed to allocate|allocation failed|invalid (typed )?array (buffer )?length|not enough memory|^Aborted\(/i;

/** Whether `error`, thrown by an engine, says that there was not enough memory for what it was to compute. */
export function isOutOfMemory(error: unknown): boolean {
  return error instanceof Error && (SAID.test(error.message) || isOutOfMemory(error.cause));
}

/** The one line for who has no smaller batch to try: `doing` is what was computed, such as `32 pictures at once`. */
export function outOfMemory(doing: string, engine: string, cause: unknown): ClipError {
  const [shape] = /shape\[[\d,]*\]/.exec((cause as Error).message) ?? [];
  return new ClipError(
    `the engine ${engine} has not enough memory for ${doing}`,
    { ...(shape && { got: `no room for a tensor of ${shape}` }), hint: 'a smaller --batch needs less' },
    { cause },
  );
}
