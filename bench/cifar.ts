// Opening CIFAR-100's `test` pickle (31 MB), beside Python's pickle.load(file, encoding='latin1'). The bar: 1.5 × its time.
//
//     npx tsx bench/cifar.ts [--json] [--rounds N] [CIFAR-100-PYTHON.TAR.GZ]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { median } from '../src/bench/statistics.ts';
import { ByteReader } from '../src/data/bytes/byte-reader.ts';
import { chunksOf } from '../src/data/bytes/byte-source.ts';
import { openFile } from '../src/data/bytes/file-source.node.ts';
import { decompress } from '../src/data/bytes/gunzip.ts';
import { readTarMembers } from '../src/data/bytes/tar.ts';
import { openCifar100 } from '../src/data/cifar.node.ts';

const PYTHON = '.venv/bin/python';

/** Loads the file once for every line it is sent, and answers with milliseconds. */
const PEER = `
import pickle, sys, time
for _ in sys.stdin:
    start = time.perf_counter()
    with open(sys.argv[1], "rb") as file:
        pickle.load(file, encoding="latin1")
    print((time.perf_counter() - start) * 1000, flush=True)
`;

async function unpack(archive: string, folder: string): Promise<void> {
  const source = await openFile(archive);
  const reader = new ByteReader(decompress(chunksOf(source), 'gzip', archive), archive);
  const keys = ['meta', 'test'] as const;
  const members = await readTarMembers(
    reader,
    keys,
    (path) => keys.find((key) => path.endsWith(`/${key}`)),
    archive,
  );
  for (const [name, content] of members) await writeFile(join(folder, name), content);
  await reader.close();
  await source.close();
}

async function compare(archive: string, rounds: number, json: boolean): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'clip-bench-'));
  await unpack(archive, folder);
  const peer = spawn(PYTHON, ['-c', PEER, join(folder, 'test')], { stdio: ['pipe', 'pipe', 'inherit'] });
  const answers = createInterface(peer.stdout)[Symbol.asyncIterator]();
  const times = { 'clip-tfjs': [] as number[], python: [] as number[] };
  try {
    for (let round = -2; round < rounds; round++) {
      const start = performance.now();
      await openCifar100(folder);
      const ours = performance.now() - start;
      peer.stdin.write('once\n');
      const theirs = Number((await answers.next()).value);
      if (round < 0) continue; // the disk and the compilers warm up
      times['clip-tfjs'].push(ours);
      times.python.push(theirs);
    }
  } finally {
    peer.stdin.end();
    await once(peer, 'exit');
    await rm(folder, { recursive: true });
  }
  const ratio = Number((median(times['clip-tfjs']) / median(times.python)).toFixed(2));
  const rows = Object.entries(times).map(([engine, ms]) => ({
    work: 'cifar',
    engine,
    ms: Number(median(ms).toFixed(1)),
  }));
  if (json) console.log(JSON.stringify({ rows, ratio }));
  else {
    console.table(rows);
    console.log(`clip-tfjs takes ${ratio} × Python's time`);
  }
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { json: { type: 'boolean', default: false }, rounds: { type: 'string', default: '15' } },
});
const archive = positionals[0] ?? '../shared/data/cifar-100-python.tar.gz';
if (existsSync(archive)) void compare(archive, Number(values.rounds), values.json);
else console.log(`skipped: CIFAR-100 is not at ${archive}`);
