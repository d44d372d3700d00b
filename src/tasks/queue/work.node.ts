// A worker: takes shards from a queue on Redis, encodes them and writes their fragments, until it is told to stop.
import { Worker } from 'node:worker_threads';
import { loader } from '../../data/pool/crew.node.ts';
import { ClipError } from '../../errors.ts';
import type { LoadedModel } from '../loaded-model.ts';
import type { FromThread, ShardJob, ThreadSettings, ToThread } from './shard-jobs.ts';
import { type MakerOptions, nameOf, ShardMaker } from './shard-maker.node.ts';

export interface WorkOptions extends MakerOptions {
  /** Seconds of silence after which another worker takes this one's shard. Default: 10. */
  lock?: number | undefined;
  /** Seconds for which Redis may be gone. Default: 60. */
  wait?: number | undefined;
  /** Once aborted, the shard in hand is the last. */
  signal?: AbortSignal | undefined;
  /** Called when shards are being waited for, with the name of the queue. */
  onReady?: ((queue: string) => void) | undefined;
  /** Called with each shard that is done, its rows and the seconds it took. */
  onShard?: ((name: string, job: ShardJob, rows: number, seconds: number) => void) | undefined;
}

/**
 * Works for the queue at `url`, redis://…, with the model that `load` gives, which is called once Redis has answered.
 * Resolves after `signal`. Throws ClipError where Redis is not there, or gone for longer than `wait`, and for a shard of
 * another model or of a set that is another one here: it goes back to the queue.
 */
export async function work(
  url: string,
  load: () => Promise<LoadedModel>,
  { lock = 10, wait = 60, signal, onReady, onShard, onNote = () => {}, ...how }: WorkOptions = {},
): Promise<void> {
  const script = new URL(
    `./queue-thread.node.${import.meta.url.endsWith('.ts') ? 'ts' : 'js'}`,
    import.meta.url,
  );
  const workerData: ThreadSettings = { url, lock, wait };
  const thread = new Worker(script, { workerData, ...loader(script) });
  const tell = (message: ToThread): void => thread.postMessage(message);
  const stop = (): void => tell({ stop: true });
  let maker: ShardMaker | undefined;
  let name = '';
  try {
    await new Promise<void>((resolve, reject) => {
      const begin = async (): Promise<void> => {
        const onProgress = (done: number, total: number): void => {
          tell({ progress: done });
          how.onProgress?.(done, total);
        };
        maker = await ShardMaker.of(await load(), { ...how, onNote, onProgress });
        if (signal?.aborted) return stop();
        signal?.addEventListener('abort', stop);
        tell({ start: true });
        onReady?.(name);
      };
      const make = async (job: ShardJob): Promise<void> => {
        const began = performance.now();
        const outcome = await maker!.make(job);
        if ('rows' in outcome) onShard?.(nameOf(job), job, outcome.rows, (performance.now() - began) / 1000);
        if ('failed' in outcome) onNote(`${nameOf(job)} failed: ${outcome.failed}`);
        tell({ outcome });
      };
      thread.on('message', (message: FromThread) => {
        if ('note' in message) onNote(message.note);
        else if ('over' in message) reject(new ClipError(message.over));
        else if ('stopped' in message) resolve();
        else if ('shard' in message) make(message.shard).catch(reject);
        else {
          name = message.ready;
          begin().catch(reject);
        }
      });
      thread.on('error', reject);
      thread.on('exit', (code) => reject(new ClipError('the thread of the queue ended', { got: code })));
    });
  } finally {
    signal?.removeEventListener('abort', stop);
    await maker?.close();
    await thread.terminate();
  }
}
