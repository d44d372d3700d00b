// A body's pieces, up to the last one before a break.
import type { Readable } from 'node:stream';

const MOST_HELD = 1 << 20; // bytes: then the sender waits for the disk

/**
 * Reads a body from the moment of the call. A stream that is iterated drops what it has buffered when it breaks; here
 * those pieces come first, and then the error, so that a connection that breaks again and again still moves on.
 */
export function arriving(body: Readable): AsyncIterable<Uint8Array> {
  const pieces: Uint8Array[] = [];
  let held = 0;
  let over: { error?: unknown } | undefined;
  let wake = (): void => undefined;
  const end = (outcome: { error?: unknown }) => {
    over ??= outcome;
    wake();
  };
  body.on('data', (piece: Uint8Array) => {
    pieces.push(piece);
    held += piece.length;
    if (held > MOST_HELD) body.pause();
    wake();
  });
  body.on('end', () => end({}));
  body.on('error', (error) => end({ error }));

  return {
    async *[Symbol.asyncIterator]() {
      while (true) {
        const piece = pieces.shift();
        if (piece) {
          held -= piece.length;
          if (held <= MOST_HELD && body.isPaused()) body.resume();
          yield piece;
        } else if (over) {
          if ('error' in over) throw over.error;
          return;
        } else {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
      }
    },
  };
}

/** Hangs up on a body that nobody wants to read. */
export function discard(body: Readable): void {
  body.on('error', () => undefined); // that nobody does is no news
  body.destroy();
}
