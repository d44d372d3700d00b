// Pictures → pixels, by workers, so that the engine's next batch is read while it computes. Stands beside the worker
// processes of PyTorch's DataLoader; who reads ahead is the caller: `read` the next batch before the step, await it after.
import { availableParallelism } from 'node:os';
import { ClipError, oneLine } from '../../errors.ts';
import { processorQuota } from '../../processor-quota.node.ts';
import { checkAugmentation } from '../pictures/augment.ts';
import { checkSize } from '../pictures/crop.ts';
import { Crew, type Outcome } from './crew.node.ts';
import type { PixelBatch, PixelRequest } from './pixel-batch.ts';
// Brings sharp into the main thread too: its libraries must not leave memory with the first worker that ends.
import { type PixelJob, type PixelSettings, readPixels } from './read-pixels.node.ts';

export type { BrokenPicture, PixelBatch, PixelRequest } from './pixel-batch.ts';

export interface PixelPoolOptions extends PixelSettings {
  /** Threads; 0: none but this one. Unless given, one less than the processors that this process may use, 1…8. */
  readonly workers?: number | undefined;
}

const MOST_WORKERS = 8;

/** The bits are those of `preprocess`, or of `augment` and `normalize`, whatever the number of workers. */
export class PixelPool {
  readonly #settings: PixelSettings;
  readonly #crew: Crew<PixelJob, true> | undefined;
  /** Memory of batches that were released. */
  readonly #free: Float32Array[] = [];

  constructor({
    workers = defaultWorkers(),
    size,
    normalization,
    augmentation,
    mostPixels,
  }: PixelPoolOptions) {
    checkSize(size);
    if (augmentation) checkAugmentation(augmentation);
    if (!Number.isInteger(workers) || workers < 0) {
      throw new ClipError('workers', { expected: 'a whole number, 0 or more', got: workers });
    }
    const { image_mean, image_std } = normalization; // a model's configuration has more, which no worker needs
    this.#settings = {
      size,
      normalization: { ...(image_mean && { image_mean }), ...(image_std && { image_std }) },
      augmentation,
      mostPixels,
    };
    if (workers > 0) this.#crew = new Crew(workerScript(), this.#settings, workers);
  }

  /**
   * Reads, decodes and preprocesses pictures; those with a seed are augmented, if the pool has an augmentation. Several
   * calls may be under way; the workers take them in order. A picture that cannot be read is never an error, but in
   * `broken`. Pictures in memory are copied to every worker, so they should be small. Rejects once the pool is closed.
   */
  read(requests: readonly PixelRequest[]): Promise<PixelBatch> {
    const batch = this.#read(requests);
    batch.catch(() => {}); // who reads ahead may close, and never wait for it
    return batch;
  }

  async #read(requests: readonly PixelRequest[]): Promise<PixelBatch> {
    const length = 3 * this.#settings.size ** 2;
    const room = this.#room(requests.length * length);
    const jobs = requests.map(({ source, seed }, at): PixelJob => {
      return { source, seed, into: room.subarray(at * length, (at + 1) * length) };
    });
    const reasons = new Map<number, string>();
    const take = (at: number, outcome: Outcome<true>): void => {
      if ('reason' in outcome) reasons.set(at, outcome.reason);
    };
    if (this.#crew) {
      await this.#crew.run(jobs.map(forSending), take);
    } else {
      for (const [at, job] of jobs.entries()) take(at, await readPixels(job, this.#settings));
    }
    const pixels = room.subarray(0, requests.length * length); // [requests, 3, size, size]
    return { ...batchOf(requests, pixels, reasons), release: () => void this.#free.push(room) };
  }

  /** Room for so many numbers that the workers can write to. */
  #room(length: number): Float32Array {
    const at = this.#free.findIndex((room) => room.length >= length);
    if (at >= 0) return this.#free.splice(at, 1)[0]!;
    return new Float32Array(new SharedArrayBuffer(4 * length));
  }

  /** Ends the workers. Reads that are under way are rejected. May be called again. */
  async close(): Promise<void> {
    await this.#crew?.close();
  }
}

function batchOf(
  requests: readonly PixelRequest[],
  pixels: Float32Array, // [requests, 3, size, size]
  reasons: ReadonlyMap<number, string>,
): Omit<PixelBatch, 'release'> {
  const kept = [...requests.keys()].filter((at) => !reasons.has(at));
  const broken = [...reasons.entries()]
    .sort(([a], [b]) => a - b)
    .map(([at, reason]) => ({ at, name: nameOf(requests[at]!), reason }));
  if (broken.length === 0) return { pixels, kept, broken };
  const length = pixels.length / requests.length;
  kept.forEach((at, place) => {
    pixels.copyWithin(place * length, at * length, (at + 1) * length);
  });
  return { pixels: pixels.subarray(0, kept.length * length), kept, broken }; // [kept, 3, size, size]
}

/** What is sent to the workers: of a picture in memory its own bytes, not all of a buffer that it is a part of. */
function forSending({ source, seed, into }: PixelJob): PixelJob {
  if ('path' in source) return { source: { path: source.path }, seed, into };
  if ('bytes' in source) return { source: { bytes: shared(source.bytes) }, seed, into };
  const { mode, width, height, data, palette } = source.picture;
  const own = data.byteLength < data.buffer.byteLength ? data.slice() : data;
  const picture = { mode, width, height, data: own, ...(palette && { palette: palette.slice() }) };
  return { source: { picture }, seed, into };
}

/** The same bytes in memory that all workers see: the list of jobs goes to each of them. */
function shared(bytes: Uint8Array): Uint8Array {
  const copy = new Uint8Array(new SharedArrayBuffer(bytes.length));
  copy.set(bytes);
  return copy;
}

function nameOf({ source }: PixelRequest): string {
  return 'path' in source ? oneLine(source.path) : 'a picture in memory';
}

function defaultWorkers(): number {
  const processors = Math.min(availableParallelism(), Math.ceil(processorQuota()));
  return Math.min(MOST_WORKERS, Math.max(1, processors - 1));
}

function workerScript(): URL {
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  return new URL(`./pixel-worker.node.${ending}`, import.meta.url);
}
