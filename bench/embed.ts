// End to end, files to features in a file: `clip-tfjs embed` beside @huggingface/transformers, in turns, each a process of
// its own. 1,000 JPEGs of 640×480 (100 different ones) and captions of natural length (bench/captions.ts).
//
//   npx tsx bench/embed.ts [--pictures 1000] [--captions 5000] [--rounds 1] [--peer-batches 8,32] [--backend native]
//     [--threads 2] [--json]
//
// The peer and a ViT-B/32 come from `npm run bench:setup`; without them the embedded model is timed alone. Features are
// compared before anything is timed: for pictures after both resizes, which differ, so that cosines are below 1.
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { defaultModel, HOME } from '../src/bench/programs.node.ts';
import { median } from '../src/bench/statistics.ts';
import { decodeNpy } from '../src/data/npy.ts';
import { MINI } from '../src/tasks/load.node.ts';
import { captions } from './captions.ts';
import { writePictures } from './pictures.ts';

const { values: flags } = parseArgs({
  options: {
    pictures: { type: 'string', default: '1000' },
    captions: { type: 'string', default: '5000' },
    rounds: { type: 'string', default: '1' },
    'peer-batches': { type: 'string', default: '8,32' },
    backend: { type: 'string', default: 'native' },
    threads: { type: 'string', default: '2' },
    json: { type: 'boolean', default: false },
  },
});
const MODEL = defaultModel();
const isSetUp = existsSync(join(HOME, 'peers')) && MODEL !== MINI;
const DIFFERENT = 100; // pictures
const COMPARED = 24;
const PEER_BATCHES = flags['peer-batches'].split(',').map(Number); // the fastest counts

const folder = mkdtempSync(join(tmpdir(), 'clip-tfjs-bench-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));

/** One program's way through all of its input. */
interface Pass {
  /** From the process's start to its end. */
  wall: number;
  /** Without starting and loading the model. */
  seconds: number;
  /** Of all the process's threads, starting included: what a busy machine distorts less. */
  cpu: number;
  features: Float32Array;
  busy?: number;
}

type Kind = 'pictures' | 'texts';

function ours(kind: Kind, input: string): Pass {
  const out = join(folder, 'ours.npy');
  const subject = kind === 'texts' ? ['--texts', input] : [input];
  const args = [
    'embed',
    ...subject,
    '--out',
    out,
    '--force',
    '--json',
    '--backend',
    flags.backend,
    '--model',
    MODEL,
  ];
  const { wall, cpu, said } = runTimed([resolve(import.meta.dirname, '../dist/cli/main.js'), ...args]);
  return {
    wall,
    cpu,
    seconds: said.seconds,
    busy: said.busy,
    features: decodeNpy(readFileSync(out)).data as Float32Array,
  };
}

function theirs(kind: Kind, input: string, batch: number): Pass {
  const out = join(folder, 'theirs.f32');
  const script = resolve(import.meta.dirname, 'embed_peer.mjs');
  const { wall, cpu, said } = runTimed([
    script,
    join(HOME, 'peers'),
    join(HOME, 'models/ViT-B-32'),
    kind,
    input,
    out,
    String(batch),
    flags.threads,
  ]);
  const bytes = readFileSync(out);
  return { wall, cpu, seconds: said.seconds, features: new Float32Array(new Uint8Array(bytes).buffer) };
}

/** Loaded before a program: says on stderr, at its end, what it took of the processors. */
const METER = `data:text/javascript,${encodeURIComponent(`
  import { isMainThread } from 'node:worker_threads';
  import { writeSync } from 'node:fs';
  if (isMainThread) process.on('exit', () => {
    const { user, system } = process.cpuUsage();
    writeSync(2, '\\ncpu ' + (user + system) / 1e6 + '\\n');
  });`)}`;

interface Timed {
  wall: number;
  cpu: number;
  said: { seconds: number; busy?: number };
}

function runTimed(args: readonly string[]): Timed {
  const env = { ...process.env, OMP_NUM_THREADS: flags.threads, TF_NUM_INTRAOP_THREADS: flags.threads };
  const began = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, ['--import', METER, ...args], {
    encoding: 'utf8',
    env,
  });
  if (status !== 0) throw new Error(stderr || `it ended with status ${status}`);
  const wall = (performance.now() - began) / 1000;
  const cpu = Number(/^cpu (.*)$/m.exec(stderr)![1]);
  const name = args[1] === 'embed' ? 'clip-tfjs' : 'transformers.js';
  console.error(`${name}: ${wall.toFixed(1)} s, of the processors ${cpu.toFixed(1)} s`);
  return { wall, cpu, said: JSON.parse(stdout) };
}

async function writeInputs(kind: Kind, name: string, count: number): Promise<string> {
  const path = join(folder, name);
  if (kind === 'texts') {
    writeFileSync(path, `${captions(count).join('\n')}\n`);
    return path;
  }
  mkdirSync(path);
  const different = await writePictures(path, Math.min(DIFFERENT, count));
  for (let i = different.length; i < count; i++) {
    copyFileSync(different[i % different.length]!, join(path, `${String(i).padStart(4, '0')}.jpg`));
  }
  return path;
}

/** The least cosine of two rows. */
function leastCosine(a: Float32Array, b: Float32Array, count: number): number {
  if (a.length !== b.length) throw new Error(`${a.length} numbers beside ${b.length}`);
  const width = a.length / count;
  const cosines = Array.from({ length: count }, (_, row) => {
    let [dot, first, second] = [0, 0, 0];
    for (let i = row * width; i < (row + 1) * width; i++) {
      dot += a[i]! * b[i]!;
      first += a[i]! ** 2;
      second += b[i]! ** 2;
    }
    return dot / Math.sqrt(first * second);
  });
  return Math.min(...cosines);
}

const rows: object[] = [];
for (const [kind, count] of [
  ['pictures', Number(flags.pictures)],
  ['texts', Number(flags.captions)],
] as const) {
  if (count === 0) continue;
  const input = await writeInputs(kind, kind, count);
  const row = { work: kind, count, backend: flags.backend };
  let beside = {};
  const passes: Pass[] = [];
  if (isSetUp) {
    const few = await writeInputs(kind, `few-${kind}`, COMPARED);
    const cosine = leastCosine(ours(kind, few).features, theirs(kind, few, 8).features, COMPARED);
    const peers = PEER_BATCHES.map((batch) => ({ batch, passes: [] as Pass[] }));
    for (let round = 0; round < Number(flags.rounds); round++) {
      passes.push(ours(kind, input));
      for (const peer of peers) peer.passes.push(theirs(kind, input, peer.batch));
    }
    const medians = peers.map(({ batch, passes }) => ({
      batch,
      seconds: median(passes.map(({ wall }) => wall)),
      cpuSeconds: median(passes.map(({ cpu }) => cpu)),
    }));
    const best = medians.toSorted((a, b) => a.seconds - b.seconds)[0]!;
    const ratio = best.seconds / median(passes.map(({ wall }) => wall));
    beside = { leastCosine: cosine, theirs: medians, ratio };
  } else {
    for (let round = 0; round < Number(flags.rounds); round++) passes.push(ours(kind, input));
  }
  const [wall, seconds] = [
    median(passes.map((pass) => pass.wall)),
    median(passes.map((pass) => pass.seconds)),
  ];
  const cpuSeconds = median(passes.map(({ cpu }) => cpu));
  rows.push({
    ...row,
    seconds: wall,
    cpuSeconds,
    perSecond: count / seconds,
    busy: passes.at(-1)!.busy,
    ...beside,
  });
  if (!flags.json) console.log(JSON.stringify(rows.at(-1)));
}
if (flags.json) console.log(JSON.stringify({ model: basename(MODEL), threads: Number(flags.threads), rows }));
