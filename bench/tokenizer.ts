// Texts to ids: this tokenizer beside transformers.js and OpenAI's Python, on the same 10,000 captions, in turns.
//
//   npm install --prefix ../peers --ignore-scripts @huggingface/transformers@4.3.1     (anywhere outside the repository)
//   PEERS=../peers npx tsx bench/tokenizer.ts [--json]
//
// A peer that is not there is left out, and said so. "cold" is the first pass of a new tokenizer, with an empty cache of
// words; "warm" passes over the same captions again. Before timing, the peers' ids are compared with ours.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cpus } from 'node:os';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { median } from '../src/bench/statistics.ts';
import { MERGES } from '../src/tokenizer/merges.generated.ts';
import { Tokenizer } from '../src/tokenizer/tokenizer.ts';
import { captions } from './captions.ts';
import { huggingFaceFiles } from './hugging-face-tokenizer.ts';

const ROUNDS = 7;
const PASSES = 3; // warm passes a round
const PYTHON = '.venv/bin/python';

/** Milliseconds. */
interface Times {
  start: number;
  cold: number;
  warm: number;
}

/** One tokenizer: `round` makes a new one and gives the milliseconds of its first pass and of a later one. */
interface Peer {
  name: string;
  ids(texts: readonly string[]): Promise<number[][]>;
  round(texts: readonly string[]): Promise<Times>;
  close?(): void;
}

const texts = captions(10_000);
const peers: Peer[] = [ours()];
for (const find of [transformersJs, python]) {
  const peer = await find();
  if (peer) peers.push(peer);
}

const expected = await peers[0]!.ids(texts);
const agree = new Map<string, number>();
for (const peer of peers) {
  const ids = await peer.ids(texts);
  agree.set(peer.name, ids.filter((row, i) => row.join() === expected[i]!.join()).length);
}

const rounds = new Map(peers.map(({ name }) => [name, [] as Times[]]));
for (let i = 0; i < ROUNDS; i++) {
  for (const peer of peers) rounds.get(peer.name)!.push(await peer.round(texts));
}

const rows = peers.map(({ name }) => {
  const column = (key: 'start' | 'cold' | 'warm') => median(rounds.get(name)!.map((round) => round[key]));
  return {
    engine: name,
    start: column('start'),
    cold: column('cold'),
    warm: column('warm'),
    agrees: agree.get(name)!,
  };
});
report();
for (const peer of peers) peer.close?.();

function report(): void {
  if (process.argv.includes('--json')) {
    const machine = { cpu: cpus()[0]?.model, cores: cpus().length, node: process.version };
    const work = 'tokenize';
    const list = rows.map(({ engine, start, cold, warm, agrees }) => ({
      work,
      batch: texts.length,
      engine,
      ms: warm,
      coldMs: cold,
      startMs: start,
      agrees,
    }));
    console.log(JSON.stringify({ machine, rows: list }));
    return;
  }
  console.log(
    `${texts.length} captions, ${new Set(texts).size} different; median of ${ROUNDS} rounds, milliseconds`,
  );
  console.log(
    `${'tokenizer'.padEnd(24)}${'start'.padStart(9)}${'cold'.padStart(9)}${'warm'.padStart(9)}  cold/ours  warm/ours  equal ids`,
  );
  for (const { engine, start, cold, warm, agrees } of rows) {
    const times = [start, cold, warm].map((ms) => ms.toFixed(1).padStart(9)).join('');
    const ratios = [cold / rows[0]!.cold, warm / rows[0]!.warm]
      .map((ratio) => ratio.toFixed(2).padStart(11))
      .join('');
    console.log(`${engine.padEnd(24)}${times}${ratios}${String(agrees).padStart(11)}`);
  }
}

/** A new tokenizer's start, its first pass, and the mean of later ones. */
function time(make: () => (text: string) => unknown, list: readonly string[]): Times {
  const marks = [performance.now()];
  const encode = make();
  marks.push(performance.now());
  for (let pass = 0; pass < 1 + PASSES; pass++) {
    for (const text of list) encode(text);
    marks.push(performance.now());
  }
  const [begin, made, first, last] = [marks[0]!, marks[1]!, marks[2]!, marks.at(-1)!];
  return { start: made - begin, cold: first - made, warm: (last - first) / PASSES };
}

function ours(): Peer {
  const make = () => {
    const tokenizer = new Tokenizer();
    return (text: string) => [tokenizer.startOfText, ...tokenizer.encode(text), tokenizer.endOfText];
  };
  return {
    name: 'clip-tfjs',
    ids: async (list) => list.map(make()),
    round: async (list) => time(make, list),
  };
}

async function transformersJs(): Promise<Peer | undefined> {
  const folder = resolve(process.env.PEERS ?? '../peers', 'node_modules/@huggingface/transformers');
  if (!existsSync(folder)) {
    console.error(
      `transformers.js left out: not in ${process.env.PEERS ?? '../peers'} (see the top of this file)`,
    );
    return undefined;
  }
  const { default: manifest } = await import(pathToFileURL(resolve(folder, 'package.json')).href, {
    with: { type: 'json' },
  });
  const { CLIPTokenizer } = await import(
    pathToFileURL(resolve(folder, manifest.exports.node.import.default)).href
  );
  const { tokenizer, config } = huggingFaceFiles(MERGES.split('\n'));
  const file = JSON.stringify(tokenizer);
  const make = () => {
    const peer = new CLIPTokenizer(JSON.parse(file), config);
    return (text: string): number[] => peer.encode(text);
  };
  return {
    name: `transformers.js ${manifest.version}`,
    ids: async (list) => list.map(make()),
    round: async (list) => time(make, list),
  };
}

/** OpenAI's SimpleTokenizer in one Python process, which answers a line with a line. */
async function python(): Promise<Peer | undefined> {
  if (!existsSync(PYTHON)) {
    console.error(`OpenAI's Python left out: ${PYTHON} is not there (docs/benchmarks.md)`);
    return undefined;
  }
  const child = spawn(PYTHON, ['bench/tokenizer_peer.py'], { stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (request: unknown) => {
    child.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error('the Python peer ended');
    return JSON.parse(value);
  };
  return {
    name: "OpenAI's Python",
    ids: (list) => ask({ do: 'ids', texts: list }),
    round: (list) => ask({ do: 'time', texts: list, passes: PASSES }),
    close: () => child.stdin.end(),
  };
}
