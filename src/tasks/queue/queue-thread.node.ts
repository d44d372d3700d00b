// The thread of a worker that holds its connection: BullMQ's Worker, which takes a shard, says every few seconds that it is
// alive, and hands the shard back when it is done. An engine may block the main thread for longer than a dead worker is
// waited for; here nothing blocks.
import { parentPort, workerData } from 'node:worker_threads';
import type { Job, Worker } from 'bullmq';
import { ClipError } from '../../errors.ts';
import { RedisLink } from './redis-link.node.ts';
import {
  type FromThread,
  type Outcome,
  QUEUE,
  type ShardJob,
  type ThreadSettings,
  type ToThread,
  wantedKey,
} from './shard-jobs.ts';

/** A shard whose worker died so often kills them. */
const MOST_DEATHS = 10;
const APART = 1000; // ms between two progress reports

const { url, lock, wait } = workerData as ThreadSettings;
const say = (message: FromThread): void => parentPort!.postMessage(message);
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

let link: RedisLink;
let worker: Worker<ShardJob> | undefined;
let job: Job<ShardJob> | undefined;
let answer: ((outcome: Outcome) => void) | undefined;
let told = 0;

parentPort!.on('message', (message: ToThread) => {
  if ('start' in message) takeShards();
  else if ('stop' in message) void stop();
  else if ('outcome' in message) answer?.(message.outcome);
  else if (performance.now() - told > APART) {
    told = performance.now();
    job?.updateProgress(message.progress).catch(() => {}); // it may have been taken away
  }
});

try {
  link = await RedisLink.open(url, { wait, onNote: (note) => say({ note }) });
  link.lost.catch((error) => say({ over: messageOf(error) }));
  say({ ready: link.name });
} catch (error) {
  say({ over: messageOf(error) });
}

function takeShards(): void {
  worker = new link.bull.bullmq.Worker<ShardJob>(QUEUE, makeShard, {
    connection: link.connection,
    lockDuration: 1000 * lock,
    stalledInterval: 500 * lock,
    maxStalledCount: MOST_DEATHS,
    runRetryDelay: 500,
  });
  worker.on('error', (error) => {
    // Errors of the connection are told by the link; of a lock that was lost, by lockRenewalFailed.
    if (error.name === 'ReplyError') link.fail(new ClipError(`${link.name} refuses`, { got: error.message }));
  });
  let lost: string | undefined;
  worker.on('lockRenewalFailed', ([id]) => {
    if (id === lost) return;
    lost = id;
    say({ note: `this worker was silent for too long: another one may be at work on ${id} too, to no harm` });
  });
}

async function makeShard(taken: Job<ShardJob>, token?: string): Promise<number | null> {
  const { bullmq } = link.bull;
  const isWanted = async () => (await link.redis.exists(wantedKey(taken.data.set))) === 1;
  if (!(await isWanted())) return null;
  job = taken;
  const outcome = await new Promise<Outcome>((resolve) => {
    answer = resolve;
    say({ shard: taken.data });
  });
  job = undefined;
  if ('rows' in outcome) return outcome.rows;
  if (!(await isWanted())) return null; // it was given up meanwhile, and its folder is gone
  if ('failed' in outcome) throw new Error(outcome.failed);
  await worker!.pause(true); // no other shard for a worker that cannot do this one
  await taken.moveToWait(token);
  say({ over: outcome.refused });
  throw new bullmq.WaitingError();
}

/** Waits for the shard in hand. */
async function stop(): Promise<void> {
  await worker?.close();
  link.close();
  say({ stopped: true });
  parentPort!.close();
}
