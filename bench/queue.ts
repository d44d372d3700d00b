// What a queue costs: `embed` beside `embed --queue` with one worker and with two, the embedded model on Shapes-100's test
// split; and what a shard's job takes of Redis's memory. Starts its own redis-server, in a temporary folder.
//
//   npm run build && npx tsx bench/queue.ts [--backend native] [--jobs 20000]
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Queue } from 'bullmq';
import { Redis } from 'ioredis';

const { values: flags } = parseArgs({
  options: {
    backend: { type: 'string', default: 'native' },
    jobs: { type: 'string', default: '20000' },
    port: { type: 'string', default: '7411' },
  },
});
const MAIN = resolve(import.meta.dirname, '../dist/cli/main.js');
const folder = mkdtempSync(join(tmpdir(), 'clip-tfjs-bench-'));
const url = `redis://127.0.0.1:${flags.port}`;
const server = spawn('redis-server', ['--port', flags.port, '--dir', folder, '--save', ''], {
  stdio: 'pipe',
});
process.on('exit', () => {
  server.kill();
  rmSync(folder, { recursive: true, force: true });
});
await new Promise<void>((ready) =>
  server.stdout.on('data', (said) => `${said}`.includes('Ready') && ready()),
);

// The memory of a job, as embed --queue adds it.
const redis = new Redis(url);
const used = async (): Promise<number> => Number(/^used_memory:(\d+)/m.exec(await redis.info('memory'))![1]);
const queue = new Queue('clip-tfjs', { connection: { port: Number(flags.port) } });
await queue.waitUntilReady();
const [before, jobs, set] = [await used(), Number(flags.jobs), '0123456789abcdef'];
const began = performance.now();
for (let at = 0; at < jobs; at += 1000) {
  await queue.addBulk(
    Array.from({ length: Math.min(1000, jobs - at) }, (_, i) => ({
      name: 'shard',
      data: { set, folder: 'photos.npy.shards', start: 512 * (at + i), count: 512 },
      opts: {
        jobId: `${set}-${512 * (at + i)}`,
        attempts: 3,
        backoff: { type: 'fixed', delay: 1000 },
        removeOnComplete: true,
        removeOnFail: true,
      },
    })),
  );
}
const addSeconds = (performance.now() - began) / 1000;
const job = {
  bytes: Math.round(((await used()) - before) / jobs),
  addedPerSecond: Math.round(jobs / addSeconds),
};
console.log(JSON.stringify({ job }));
await queue.close();
await redis.flushall();
redis.disconnect();

function embed(out: string, ...args: string[]): { seconds: number; count: number } {
  const all = ['embed', 'shapes', '--out', out, '--json', ...args];
  const { stdout, stderr, status } = spawnSync(process.execPath, [MAIN, ...all], {
    cwd: folder,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return JSON.parse(stdout);
}

const plain = embed('plain.npy', '--backend', flags.backend);
console.log(JSON.stringify({ workers: 0, seconds: plain.seconds, count: plain.count }));
for (const workers of [1, 2]) {
  const args = ['worker', '--queue', url, '--backend', flags.backend];
  const started: ChildProcess[] = [];
  for (let i = 0; i < workers; i++) {
    const child = spawn(process.execPath, [MAIN, ...args], {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    started.push(child);
    await new Promise<void>((ready) =>
      child.stderr!.on('data', (said) => `${said}`.includes('waiting for') && ready()),
    );
  }
  const { seconds } = embed(`${workers}.npy`, '--queue', url);
  const same = readFileSync(join(folder, `${workers}.npy`)).equals(readFileSync(join(folder, 'plain.npy')));
  console.log(JSON.stringify({ workers, seconds, same }));
  for (const child of started) {
    const ended = once(child, 'close');
    child.kill('SIGTERM');
    await ended;
  }
}
process.exit(0);
