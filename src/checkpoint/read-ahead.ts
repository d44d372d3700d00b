// Tensors' bytes one after another, the next ones being read while the caller works on the one before.
import type { Parameter } from '../model/module.ts';
import type { StoredTensor } from './stored-tensor.ts';

export interface Pair {
  /** The parameter's, in the model. */
  readonly name: string;
  readonly parameter: Parameter;
  readonly tensor: StoredTensor;
}

/** Reading from an archive takes three steps (a header, its name, the numbers), and one is taken each time. */
const AHEAD = 3;

/**
 * The bytes are good until the next ones are asked for, but for float32 in the parameter's order, which the caller may
 * keep. When a read fails, or the caller stops, every other one has come to its end before this one does.
 */
export async function* readAhead(pairs: readonly Pair[]): AsyncGenerator<[pair: Pair, bytes: Uint8Array]> {
  const reading: Promise<Uint8Array>[] = []; // and no longer: what is read would stay in memory
  const buffers: Uint8Array[] = [];
  const start = (i: number): void => {
    if (i >= pairs.length) return;
    const { parameter, tensor } = pairs[i]!;
    const isFinal = tensor.dtype === 'F32' && parameter.order.every((axis, at) => axis === at);
    const slot = i % (AHEAD + 1);
    if (!isFinal && !(buffers[slot] && buffers[slot].length >= tensor.byteLength)) {
      buffers[slot] = new Uint8Array(tensor.byteLength);
    }
    const bytes = tensor.readBytes(isFinal ? undefined : buffers[slot]);
    bytes.catch(() => undefined); // it is thrown when its turn comes
    reading.push(bytes);
  };
  try {
    for (let i = 0; i < AHEAD; i++) start(i);
    for (const [i, pair] of pairs.entries()) {
      start(i + AHEAD);
      yield [pair, await reading.shift()!];
    }
  } finally {
    await Promise.allSettled(reading);
  }
}
