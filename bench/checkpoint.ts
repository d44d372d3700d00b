// How long a true-size checkpoint takes from file to ready parameters, beside Python's clip.load, and how much memory
// it takes at its peak above a process that only started the same engine (the bar: 1.5 × the model's float32 size).
//
//     npx tsx bench/checkpoint.ts [--json] [--rounds N] [ARCHIVE]
//
// Without ARCHIVE, ViT-B/32 with random weights is written to a temporary folder first.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const PYTHON = '.venv/bin/python';
const ENGINES = ['wasm', 'cpu'] as const;

const PEER = `
import resource, sys, time, types, warnings
warnings.filterwarnings("ignore")
sys.modules["torchvision._meta_registrations"] = types.ModuleType("unused")
import clip, json, torch
base = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
start = time.perf_counter()
clip.load(sys.argv[1], device="cpu")
ms = (time.perf_counter() - start) * 1000
print(json.dumps({"ms": ms, "base": base / 1024, "peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}))
`;

interface Result {
  ms: number;
  /** MB of resident memory before, and at the peak. */
  base: number;
  peak: number;
  parameters: number;
}

/** One load in this process. */
async function loadOnce(engine: string, path: string): Promise<Result> {
  const { startEngine } = await import('../src/backend/engines.node.ts');
  const { openCheckpoint } = await import('../src/checkpoint/checkpoint.ts');
  const { loadStateDict } = await import('../src/checkpoint/state-dict.ts');
  const { openFile } = await import('../src/data/bytes/file-source.node.ts');
  const { CLIP } = await import('../src/model/clip.ts');
  const { inferConfig } = await import('../src/model/config.ts');
  await startEngine(engine);
  const resident = () => process.resourceUsage().maxRSS / 1024;
  const base = resident();

  const start = performance.now();
  const file = await openFile(path);
  const checkpoint = await openCheckpoint(file);
  const shapes = new Map([...checkpoint.tensors].map(([name, { shape }]) => [name, shape]));
  const model = new CLIP(inferConfig(shapes));
  await loadStateDict(model, checkpoint);
  const ms = performance.now() - start;
  await file.close();

  const counts = [...model.namedParameters()].map(([, { size }]) => size);
  return { ms, base, peak: resident(), parameters: counts.reduce((a, b) => a + b, 0) };
}

/** One load in a process of its own, so that its peak is its own too. */
function child(command: string, args: string[]): Result {
  return JSON.parse(execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }));
}

function median(values: number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)]!;
}

function compare(path: string, rounds: number, json: boolean): void {
  const self = fileURLToPath(import.meta.url);
  const runs = new Map<string, Result[]>();
  const record = (name: string, result: Result) => runs.set(name, [...(runs.get(name) ?? []), result]);
  for (let round = 0; round < rounds; round++) {
    record('pytorch', child(PYTHON, ['-c', PEER, path]));
    for (const engine of ENGINES) record(engine, child('npx', ['tsx', self, '--child', engine, path]));
  }
  const peer = median(runs.get('pytorch')!.map(({ ms }) => ms));
  const rows = [...runs].map(([engine, results]) => {
    const ms = median(results.map((result) => result.ms));
    const aboveMB = Math.max(...results.map(({ peak, base }) => peak - base));
    const sizeMB = ((results[0]!.parameters ?? 0) * 4) / 2 ** 20;
    return {
      work: 'load',
      model: basename(path),
      engine,
      ms: Math.round(ms),
      toPeer: Number((ms / peer).toFixed(2)),
      aboveMB: Math.round(aboveMB),
      toSize: sizeMB ? Number((aboveMB / sizeMB).toFixed(2)) : undefined,
    };
  });
  if (json) console.log(JSON.stringify({ rows }));
  else console.table(rows);
}

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean', default: false },
    rounds: { type: 'string', default: '5' },
    child: { type: 'string' },
  },
});
if (values.child) {
  loadOnce(values.child, positionals[0]!).then((result) => console.log(JSON.stringify(result)));
} else {
  const folder = mkdtempSync(join(tmpdir(), 'clip-bench-'));
  try {
    const path = positionals[0] ?? join(folder, 'ViT-B-32.pt');
    if (!positionals[0]) execFileSync(PYTHON, ['scripts/make_openai_archive.py', 'ViT-B/32', path]);
    compare(path, Number(values.rounds), values.json);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
