// How long a checkpoint of true size takes from the file to a model that is ready to run, beside Python, and how much
// memory it takes at its peak above a process that only started the same engine (the bar: 1.5 × the float32 size).
//
//     npx tsx bench/checkpoint.ts [--json] [--rounds N] [--model ViT-B/32] [--classify]
//
// Three files of the model, with random weights, are written to a temporary folder first: OpenAI's form (float16 for the
// most part), and safetensors with the same numbers and in float32. Each load is a process of its own; the files stay in
// the system's cache. With --classify, a picture is then classified among three labels, and the row has the whole
// process's peak; not on cpu, which would take minutes.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { median } from '../src/bench/statistics.ts';

const PYTHON = '.venv/bin/python';
const ENGINES = ['native', 'wasm', 'cpu'];
const FILES: readonly [file: string, ...options: string[]][] = [
  ['fp16.pt'],
  ['fp16.safetensors', '--format', 'safetensors'],
  ['fp32.safetensors', '--format', 'safetensors', '--dtype', 'fp32'],
];

interface Result {
  ms: number;
  /** Python's: the part of `ms` in which a model that is there is filled. */
  fill?: number;
  /** MB of resident memory: before, at the peak of loading, and at the peak of a classification after it. */
  base: number;
  peak: number;
  classified?: number;
  parameters?: number;
}

const resident = (): number => process.resourceUsage().maxRSS / 1024;

/** One load in this process, as a user of the library asks for it. */
async function loadOnce(engine: string, path: string, isClassified: boolean): Promise<Result> {
  const { startEngine } = await import('../src/backend/engines.node.ts');
  const { load } = await import('../src/tasks/load.node.ts');
  await startEngine(engine);
  const base = resident();
  const start = performance.now();
  const loaded = await load(path, { backend: engine, onNote: () => undefined });
  const ms = performance.now() - start;
  const result: Result = { ms, base, peak: resident() };
  const counts = [...loaded.model.namedParameters()].map(([, { size }]) => size);
  result.parameters = counts.reduce((a, b) => a + b, 0);
  if (isClassified) {
    const { classify, zeroShotHead } = await import('../src/tasks/zero-shot.ts');
    const { readPicture } = await import('../src/data/pictures/decode.node.ts');
    const head = await zeroShotHead(loaded, ['diagram', 'dog', 'cat']);
    await classify(loaded, [await readPicture('test/fixtures/pictures/colour-444.jpg')], head);
    result.classified = resident();
  }
  return result;
}

/** One load in a process of its own, so that its peak is its own too. */
function child(command: string, args: string[]): Result {
  return JSON.parse(execFileSync(command, args, { encoding: 'utf8', stdio: 'pipe' }));
}

interface Options {
  engines: string[];
  rounds: number;
  isClassified: boolean;
  model: string;
}

/** Python and every engine in turn, `rounds` times; a row for each. */
function compare(path: string, { engines, rounds, isClassified, model }: Options): object[] {
  const self = fileURLToPath(import.meta.url);
  const runs = new Map<string, Result[]>();
  const record = (name: string, result: Result) => runs.set(name, [...(runs.get(name) ?? []), result]);
  for (let round = 0; round < rounds; round++) {
    record('pytorch', child(PYTHON, ['bench/checkpoint_peer.py', path, model]));
    for (const engine of engines) {
      const classified = isClassified ? ['--classify'] : [];
      record(engine, child('npx', ['tsx', self, '--child', engine, ...classified, path]));
    }
  }
  const peer = runs.get('pytorch')!;
  const peerMs = median(peer.map(({ ms }) => ms));
  const sizeMB = (runs.get(engines[0]!)![0]!.parameters! * 4) / 2 ** 20;
  return [...runs].map(([engine, results]) => {
    const times = results.map(({ ms }) => ms);
    const aboveMB = Math.max(...results.map(({ peak, base }) => peak - base));
    const classified = results.flatMap((result) => result.classified ?? []);
    return {
      work: 'load',
      file: basename(path),
      engine,
      ms: Math.round(median(times)),
      range: [Math.min(...times), Math.max(...times)].map(Math.round).join('–'),
      toPeer: Number((median(times) / peerMs).toFixed(2)),
      ...(engine === 'pytorch' && path.endsWith('.safetensors')
        ? { fillMs: Math.round(median(peer.map(({ fill }) => fill!))) }
        : {}),
      aboveMB: Math.round(aboveMB),
      toSize: Number((aboveMB / sizeMB).toFixed(2)),
      ...(classified.length > 0 ? { classifiedMB: Math.round(Math.max(...classified)) } : {}),
    };
  });
}

/** The engines that start here. */
async function present(): Promise<string[]> {
  const { engines } = await import('../src/backend/engines.node.ts');
  const found: string[] = [];
  for (const { name, start } of engines) {
    const works = ENGINES.includes(name) && (await start({}).then(() => true, () => false)); // biome-ignore format: one line
    if (works) found.push(name);
  }
  return found;
}

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    model: { type: 'string', default: 'ViT-B/32' },
    classify: { type: 'boolean', default: false },
    child: { type: 'string' },
  },
});

async function main(): Promise<void> {
  if (flags.child) {
    console.log(JSON.stringify(await loadOnce(flags.child, positionals[0]!, flags.classify)));
    return;
  }
  const options = { rounds: Number(flags.rounds), isClassified: flags.classify, model: flags.model };
  const engines = (await present()).filter((name) => !(flags.classify && name === 'cpu'));
  const folder = mkdtempSync(join(tmpdir(), 'clip-bench-'));
  try {
    const rows: object[] = [];
    for (const [file, ...form] of FILES) {
      const path = join(folder, file);
      execFileSync(PYTHON, ['scripts/make_openai_archive.py', flags.model, path, ...form]);
      rows.push(...compare(path, { ...options, engines }));
      rmSync(path);
    }
    if (flags.json) console.log(JSON.stringify({ rows }));
    else
      for (const [file] of FILES)
        console.table(rows.filter((row) => (row as { file: string }).file === file));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

await main();
