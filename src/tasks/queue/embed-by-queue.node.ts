// A set → shards in a queue on Redis → fragments by workers → one file of features, the one that `embed` writes.
import { rmdir } from 'node:fs/promises';
import { resolve } from 'node:path';
import { checkWritable } from '../../disk.node.ts';
import { PICTURES_ON_GPU, TEXT_WINDOW } from '../batch-size.ts';
import type { Subject, SubjectInput } from '../embed-subject.node.ts';
import type { FeatureType } from '../save-features.node.ts';
import { joinFragments } from './join-fragments.node.ts';
import { RedisLink } from './redis-link.node.ts';
import { wantedKey } from './shard-jobs.ts';
import {
  clearFolder,
  fragmentFolder,
  type ModelIdentity,
  readSet,
  type ShardSet,
  shardSet,
  writeSet,
} from './shard-set.node.ts';
import { WaitingForShards } from './waiting-for-shards.node.ts';

export interface QueueOptions {
  /** redis://… */
  url: string;
  /** The file: see `featureFiles`. Fragments are in `OUT.shards` beside it until it is whole. */
  out: string;
  dtype: FeatureType;
  /** Whether rows are scaled to length 1. */
  normalized: boolean;
  /** Pictures or texts in a shard. Default: `defaultShard`. */
  shard?: number | undefined;
  /** Seconds for which Redis may be gone. Default: 60. */
  wait?: number | undefined;
  /** Called with the pictures or texts done so far, and all. */
  onProgress?: ((done: number, total: number) => void) | undefined;
  onNote?: ((note: string) => void) | undefined;
}

export interface QueueResult {
  /** Rows in the file. */
  count: number;
  shards: number;
  broken: { picture: string; reason: string }[];
}

/** A shard takes a worker some seconds to a minute on two cores: see docs/scale.md. */
export function defaultShard(what: Subject['what']): number {
  return what === 'texts' ? TEXT_WINDOW : 4 * PICTURES_ON_GPU;
}

/**
 * Puts what is not done yet into the queue, waits for the workers, and joins what they wrote. Called again after whatever
 * ended it, it goes on. Throws ClipError where Redis is not there or gone for longer than `wait`, for a shard that
 * failed three times, and where too many pictures are broken.
 */
export async function embedByQueue(
  subject: Subject,
  input: SubjectInput,
  model: ModelIdentity,
  { url, out, shard = defaultShard(subject.what), wait = 60, onNote = () => {}, ...options }: QueueOptions,
): Promise<QueueResult> {
  const folder = fragmentFolder(out);
  const set = shardSet(resolve(out), input, subject, model, shard);
  const link = await RedisLink.open(url, { wait, onNote });
  try {
    await prepareFolder(folder, set, onNote);
    const waiting = new WaitingForShards(link, folder, set, onNote, options.onProgress);
    try {
      for (;;) {
        await Promise.race([waiting.untilDone(), link.lost]);
        const joined = await joinFragments(subject, set, folder, out, { ...options, onNote });
        if (joined === undefined) continue; // a fragment was damaged, and is gone now
        await Promise.race([link.redis.del(wantedKey(set.id)), link.lost]);
        await clearFolder(folder);
        await rmdir(folder).catch(() => {}); // something else is in it
        return { ...joined, shards: Math.ceil(set.count / shard) };
      }
    } finally {
      await waiting.close();
    }
  } finally {
    link.close();
  }
}

async function prepareFolder(folder: string, set: ShardSet, onNote: (note: string) => void): Promise<void> {
  await checkWritable(folder, 'give another --out');
  const found = await readSet(folder);
  if (found?.id === set.id) return;
  if (found) onNote(`${folder} held shards of another set, model or size: begun anew`);
  await clearFolder(folder);
  await writeSet(folder, set);
}
