// A set of pictures encoded by a queue: one process adds the shards and waits, a worker does them. The two are in one
// process here; in earnest each is a machine's. Needs a Redis: redis-server --port 6379
//
//   npx tsx examples/queue.ts [redis://127.0.0.1:6379] [FOLDER]
import { embedByQueue, identify, load, openSubject, work } from '../src/index.ts'; // 'clip-tfjs' in your own project

const [url = 'redis://127.0.0.1:6379', folder = 'shapes'] = process.argv.slice(2);

// 1. A worker: the model that it has is the one whose shards it takes. On another machine: clip-tfjs worker --queue …
const stop = new AbortController();
const worker = work(url, () => load(), {
  signal: stop.signal,
  onShard: (name, _, rows, seconds) => console.log(`${name}: ${rows} rows, ${seconds.toFixed(1)} s`),
});

// 2. The set, in shards. Called again after a crash, this goes on where it was.
const input = { pictures: [folder], split: 'test' } as const;
const { count, shards } = await embedByQueue(await openSubject(input), input, await identify('mini', {}), {
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
