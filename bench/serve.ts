// The server with batching against the same server with a window of 0 and batches of 1, at 32 clients: /embed with texts and
// with pictures (PNG in the body), on each engine; p50, p99, errors, and the server's resident memory over many requests;
// then how long /health takes while photographs are decoded, by no worker and by one. The server is one process, its clients
// (autocannon) another.
//
//     npx tsx bench/serve.ts [--backend native,wasm] [--seconds 10] [--clients 32] [--requests 50000] [--workers n]
//       [--threads 2] [--window 3] [--batch 32] [--rounds 3] [--json]
//
// --requests 0 leaves the memory out. Texts are all different; nothing that is asked here is kept by the server.
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { median } from '../src/bench/statistics.ts';
import { encodePng } from '../src/data/pictures/encode-png.node.ts';
import { load, shapesTest } from '../src/index.ts';
import { createServer } from '../src/serve/index.node.ts';
import { writePictures } from './pictures.ts';

const { values: flags } = parseArgs({
  options: {
    backend: { type: 'string', default: 'native,wasm' },
    seconds: { type: 'string', default: '10' },
    clients: { type: 'string', default: '32' },
    requests: { type: 'string', default: '50000' },
    rounds: { type: 'string', default: '3' },
    window: { type: 'string', default: '3' },
    batch: { type: 'string', default: '32' },
    workers: { type: 'string' },
    threads: { type: 'string' },
    model: { type: 'string', default: 'mini' },
    json: { type: 'boolean', default: false },
    serve: { type: 'boolean', default: false },
  },
});

/** The server's process: says its address, and its resident memory and processor time whenever it is asked. */
async function serve(): Promise<void> {
  const { backend, window, batch, workers, threads, model } = flags;
  const loaded = await load(model, {
    backend,
    ...(threads && { threads: Number(threads) }),
    onNote: () => {},
  });
  const app = await createServer(loaded, {
    windowMs: Number(window),
    largest: Number(batch),
    ...(workers && { workers: Number(workers) }),
  });
  console.log(await app.listen({ port: 0 }));
  createInterface({ input: process.stdin })
    .on('line', () => {
      const { user, system } = process.cpuUsage();
      console.log(JSON.stringify({ rssMB: process.memoryUsage.rss() / 1e6, cpuMs: (user + system) / 1000 }));
    })
    .on('close', () => process.exit()); // whoever measures has ended
}

interface Server {
  address: string;
  state(): Promise<{ rssMB: number; cpuMs: number }>;
  end(): Promise<void>;
}

async function start(
  backend: string,
  window: string,
  batch: string,
  workers: string | undefined = flags.workers,
): Promise<Server> {
  const given = { workers, threads: flags.threads };
  const args = [
    ...['--import', import.meta.resolve('tsx'), fileURLToPath(import.meta.url), '--serve'],
    ...['--backend', backend, '--window', window, '--batch', batch, '--model', flags.model],
    ...Object.entries(given).flatMap(([name, value]) => (value === undefined ? [] : [`--${name}`, value])),
  ];
  const child: ChildProcess = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const next = async (): Promise<string> =>
    (await lines.next()).value ?? Promise.reject(new Error('it ended'));
  return {
    address: await next(),
    state: async () => {
      child.stdin!.write('\n');
      return JSON.parse(await next());
    },
    end: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve());
        child.kill();
      }),
  };
}

interface Load {
  perSecond: number;
  p50: number;
  p99: number;
  /** Of all the server's threads, a request: what a busy machine distorts less. */
  cpuMs: number;
  requests: number;
  errors: number;
}

/** What is used here of autocannon, which comes without types. */
type Request = Record<string, unknown>;
const autocannon: (options: {
  url: string;
  connections: number;
  duration?: number;
  amount?: number;
  requests: Request[];
}) => Promise<{
  latency: { p50: number; p99: number };
  requests: { total: number };
  duration: number;
  errors: number;
  timeouts: number;
  non2xx: number;
}> = createRequire(import.meta.url)('autocannon');

const shapes = shapesTest();
const pngs = Array.from({ length: 64 }, (_, i) => {
  const { data, width, height } = shapes.image(i * 7);
  return encodePng(data as Uint8Array, width, height);
});
let asked = 0;

/** Clients that each send the next request when the last one is answered. */
async function ask(
  server: Server,
  what: 'texts' | readonly Uint8Array[],
  most: { duration: number } | { amount: number },
  clients: number = Number(flags.clients),
): Promise<Load> {
  const setupRequest = (request: Request): Request => {
    const at = asked++;
    const text = `a photo of a ${shapes.fineNames[at % 100]} and a ${shapes.fineNames[Math.floor(at / 100) % 100]}`;
    const body = what === 'texts' ? JSON.stringify({ texts: [text] }) : Buffer.from(what[at % what.length]!);
    return { ...request, body };
  };
  const type = what === 'texts' ? 'application/json' : 'image/png'; // the bytes tell which it is
  const before = await server.state();
  const result = await autocannon({
    url: `${server.address}/embed`,
    connections: clients,
    ...most,
    requests: [{ method: 'POST', headers: { 'content-type': type }, setupRequest }],
  });
  const { latency, errors, timeouts, non2xx, requests, duration } = result;
  return {
    perSecond: requests.total / duration,
    p50: latency.p50,
    p99: latency.p99,
    cpuMs: ((await server.state()).cpuMs - before.cpuMs) / requests.total,
    requests: requests.total,
    errors: errors + timeouts + non2xx,
  };
}

async function measure(): Promise<void> {
  const rows: object[] = [];
  const tell = (row: object): void => {
    rows.push(row);
    if (!flags.json) console.log(JSON.stringify(row));
  };
  for (const backend of flags.backend.split(',')) {
    const batching = await start(backend, flags.window, flags.batch);
    const single = await start(backend, '0', '1');
    for (const what of ['texts', pngs] as const) {
      const kind = what === 'texts' ? what : 'pictures';
      const [together, alone]: [Load[], Load[]] = [[], []];
      for (const server of [batching, single]) await ask(server, what, { duration: 2 }); // warm
      for (let round = 0; round < Number(flags.rounds); round++) {
        together.push(await ask(batching, what, { duration: Number(flags.seconds) }));
        alone.push(await ask(single, what, { duration: Number(flags.seconds) }));
      }
      const ratioOf = (name: keyof Load): number => medianOf(together)[name] / medianOf(alone)[name];
      const [ratio, cpuRatio] = [ratioOf('perSecond'), 1 / ratioOf('cpuMs')];
      tell({ backend, kind, ratio, cpuRatio, batching: medianOf(together), oneAtATime: medianOf(alone) });
    }
    await single.end();
    if (Number(flags.requests) > 0) tell({ backend, memory: await memory(batching) });
    await batching.end();
    for (const workers of ['0', '1']) {
      const server = await start(backend, flags.window, flags.batch, workers);
      tell({ backend, workers: Number(workers), photographs: await health(server) });
      await server.end();
    }
  }
  if (flags.json) console.log(JSON.stringify({ model: flags.model, clients: Number(flags.clients), rows }));
}

/** Resident memory, MB, over the requests, half of them texts. */
async function memory(server: Server): Promise<{ requests: number; errors: number; rssMB: number[] }> {
  const rssMB: number[] = [];
  let [requests, errors] = [0, 0];
  while (requests < Number(flags.requests)) {
    for (const what of ['texts', pngs] as const) {
      const done = await ask(server, what, { amount: Math.ceil(Number(flags.requests) / 20) });
      requests += done.requests;
      errors += done.errors;
    }
    rssMB.push(Math.round((await server.state()).rssMB));
  }
  return { requests, errors, rssMB };
}

/** How long /health takes, in ms, while 8 clients send JPEGs of 640×480: is the thread that listens kept from it? */
async function health(server: Server): Promise<object> {
  const folder = mkdtempSync(join(tmpdir(), 'clip-tfjs-bench-'));
  const photographs = (await writePictures(folder, 8)).map((path) => readFileSync(path));
  rmSync(folder, { recursive: true });
  await ask(server, photographs, { duration: 2 }, 8);
  let isOver = false;
  const load = ask(server, photographs, { duration: Number(flags.seconds) }, 8).finally(() => {
    isOver = true;
  });
  const times: number[] = [];
  while (!isOver) {
    const began = performance.now();
    await (await fetch(`${server.address}/health`)).arrayBuffer();
    times.push(performance.now() - began);
    await setTimeout(20);
  }
  times.sort((a, b) => a - b);
  const at = (share: number): number => times[Math.floor(share * (times.length - 1))]!;
  return { ...(await load), health: { asked: times.length, p50: at(0.5), p99: at(0.99), most: at(1) } };
}

function medianOf(loads: readonly Load[]): Load {
  const of = (name: keyof Load): number => median(loads.map((load) => load[name]));
  return {
    perSecond: of('perSecond'),
    p50: of('p50'),
    p99: of('p99'),
    cpuMs: of('cpuMs'),
    requests: loads.reduce((sum, { requests }) => sum + requests, 0),
    errors: loads.reduce((sum, { errors }) => sum + errors, 0),
  };
}

if (flags.serve) await serve();
else await measure();
