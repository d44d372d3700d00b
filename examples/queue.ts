// A set of pictures encoded by a queue: one process adds the shards and waits, a worker does them. The two are in one
// process here; in earnest each is a machine's. Needs a Redis: redis-server --port 6379
//
//   npx tsx examples/queue.ts [redis://127.0.0.1:6379] [FOLDER]

import { openSubject } from '../src/tasks/embed-subject.node.ts';
import { load, MINI } from '../src/tasks/load.node.ts';
import { embedByQueue } from '../src/tasks/queue/embed-by-queue.node.ts';
import { identify } from '../src/tasks/queue/shard-set.node.ts';
import { work } from '../src/tasks/queue/work.node.ts';

const [url = 'redis://127.0.0.1:6379', folder = 'shapes'] = process.argv.slice(2);

// 1. A worker: the model that it has is the one whose shards it takes. On another machine: clip-tfjs worker --queue …
const stop = new AbortController();
const worker = work(url, () => load(MINI), {
  signal: stop.signal,
  onShard: (name, _, rows, seconds) => console.log(`${name}: ${rows} rows, ${seconds.toFixed(1)} s`),
});

// 2. The set, in shards. Called again after a crash, this goes on where it was.
const input = { pictures: [folder], split: 'test' } as const;
const { count, shards } = await embedByQueue(await openSubject(input), input, await identify(MINI, {}), {
  url,
  out: 'queued.npy',
  dtype: 'f32',
  normalized: false,
  onNote: console.log,
});
console.log(`${count} rows in queued.npy, from ${shards} shards`);

// 3. The worker finishes what it has in hand.
stop.abort();
await worker;
