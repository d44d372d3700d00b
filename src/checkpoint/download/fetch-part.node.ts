// From a part of a file, or nothing, to the whole: asks for what is missing until the digest is right or it is clear
// that it will not be.
import { setTimeout as sleep } from 'node:timers/promises';
import { freeBytes, sizeText } from '../../disk.node.ts';
import { ClipError } from '../../errors.ts';
import { Interrupted, Refused, Unreachable } from './failure.ts';
import type { PartFile } from './part-file.node.ts';
import type { PublishedFile } from './published.node.ts';
import { type ReceiveCalls, Receiver, type ReceiveSettings } from './receive.node.ts';

export interface FetchSettings extends ReceiveSettings {
  /** So many times in a row it is asked without getting further than ever before. */
  attempts: number;
  /** How long to wait after the nth of them; after the 0th, which got further and then broke. */
  waitMs: (failures: number) => number;
}

export const PATIENT: FetchSettings = {
  idleMs: 30_000,
  attempts: 5,
  waitMs: (failures) => 1000 * 2 ** (failures - 1),
  freeBytes,
};

export interface FetchCalls extends ReceiveCalls {
  /** Something the user should know, in one line. */
  onNote?: ((line: string) => void) | undefined;
}

/**
 * Fills `part`, which is to become `target`, with `file`. Throws ClipError, or the signal's reason; then what is there
 * is left for the next time, unless it is wrong.
 */
export async function fetchPart(
  part: PartFile,
  file: PublishedFile,
  target: string,
  settings: FetchSettings,
  calls: FetchCalls,
): Promise<void> {
  const receiver = new Receiver(file, part, settings, calls);
  try {
    await fetchWith(receiver, part, file, settings, calls);
  } catch (error) {
    if (!(error instanceof Refused || error instanceof Unreachable)) throw error;
    const { name, url, digest } = file;
    const byHand = `by hand: put that file at ${target}; its ${digest.algorithm} is ${digest.hex}`;
    const hint = error instanceof Refused && error.hint ? `${error.hint}; or ${byHand}` : byHand;
    throw new ClipError(
      `${name} cannot be fetched from ${url}: ${error.message}`,
      { hint },
      { cause: error },
    );
  } finally {
    await receiver.close();
  }
}

async function fetchWith(
  receiver: Receiver,
  part: PartFile,
  file: PublishedFile,
  settings: FetchSettings,
  { onNote, signal }: FetchCalls,
): Promise<void> {
  const isRight = () => part.size > 0 && part.digest() === file.digest.hex;
  let furthest = part.size;
  let failures = 0;
  let hasStartedOver = false;
  if (!isRight()) await receiver.checkRoom(file.bytes.about);
  while (!isRight()) {
    try {
      const isWhole = await receiver.receive();
      if (isWhole && !isRight()) {
        if (receiver.isOnePiece || hasStartedOver) throw await wrongFile(part, file);
        onNote?.('the pieces do not make the right file: it is fetched once more from the start');
        receiver.startOver();
        hasStartedOver = true;
        furthest = 0;
      } else if (part.size > furthest) {
        furthest = part.size; // a server that gives a part at a time
      } else {
        throw new Interrupted('the server sends the same part again');
      }
    } catch (error) {
      signal?.throwIfAborted();
      if (!(error instanceof Interrupted)) throw error;
      if (error instanceof Unreachable && !receiver.isKnown) throw error;
      failures = part.size > furthest ? 0 : failures + 1;
      furthest = Math.max(furthest, part.size);
      if (isRight()) return;
      if (failures === settings.attempts) throw givenUp(part, file, failures, error);
      const wait = settings.waitMs(failures);
      const again = `asked again in ${Math.round(wait / 1000)} s, attempt ${failures + 1} of ${settings.attempts}`;
      onNote?.(`${error.message} at ${sizeText(part.size)}: ${again}`);
      await pause(wait, signal);
    }
  }
}

async function wrongFile(part: PartFile, { name, url, digest }: PublishedFile): Promise<ClipError> {
  const got = `${part.digest()}, ${part.size} bytes`;
  await part.remove();
  return new ClipError(`${url} sends another file than ${name}`, {
    expected: `${digest.algorithm} ${digest.hex}`,
    got,
    hint: 'it was removed; is there a proxy that changes what passes?',
  });
}

function givenUp(
  part: PartFile,
  { name, url }: PublishedFile,
  attempts: number,
  error: Interrupted,
): ClipError {
  const what = `${name}: ${attempts} attempts brought nothing more from ${url}`;
  const hint = part.size > 0 ? `${sizeText(part.size)} are kept: the next run goes on from there` : undefined;
  return new ClipError(what, { got: error.message, hint }, { cause: error });
}

async function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await sleep(ms, undefined, { signal });
  } catch (error) {
    signal?.throwIfAborted();
    throw error;
  }
}
