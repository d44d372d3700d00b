// What ViT-B/32 is to reach beside the programs that a person would use instead, and what it reached.
import { numberText } from '../src/bench/table.ts';
import type { Row } from '../src/bench/work.ts';
import { tableLines } from './markdown.ts';

type Measured = Pick<Row, 'work' | 'batch' | 'engine' | 'ms' | 'agrees'>;

/** `most`: our time over that of the fastest peer whose answer is right. */
interface Target {
  what: string;
  engine: string;
  work: string;
  batch: number;
  peers: readonly string[];
  /** Where the peers do another work: CLIP's processors pad captions to all 77 tokens. */
  peersWork?: string;
  most: number;
}

const NATIVE = { engine: 'native', peers: ['onnxruntime-node', 'pytorch'] } as const;
const WASM = { engine: 'wasm', peers: ['onnxruntime-web'] } as const;

const TARGETS: readonly Target[] = [
  { what: 'image, batch 32', work: 'image', batch: 32, ...NATIVE, most: 0.95 },
  { what: 'image, batch 8', work: 'image', batch: 8, ...NATIVE, most: 1.1 },
  { what: 'image, batch 1', work: 'image', batch: 1, ...NATIVE, most: 1.4 },
  { what: 'text, 77 tokens, batch 32', work: 'text', batch: 32, ...NATIVE, most: 1.1 },
  { what: 'text, 77 tokens, batch 8', work: 'text', batch: 8, ...NATIVE, most: 1.2 },
  { what: 'text, 77 tokens, batch 1', work: 'text', batch: 1, ...NATIVE, most: 1.4 },
  {
    what: 'captions, trimmed, batch 32',
    work: 'text-trimmed',
    batch: 32,
    ...NATIVE,
    peersWork: 'text',
    most: 0.5,
  },
  { what: 'image, batch 32', work: 'image', batch: 32, ...WASM, most: 1.3 },
  { what: 'image, batch 8', work: 'image', batch: 8, ...WASM, most: 1.3 },
  { what: 'image, batch 1', work: 'image', batch: 1, ...WASM, most: 1.15 },
  { what: 'text, 77 tokens, batch 32', work: 'text', batch: 32, ...WASM, most: 1.3 },
  { what: 'text, 77 tokens, batch 8', work: 'text', batch: 8, ...WASM, most: 1.3 },
  { what: 'text, 77 tokens, batch 1', work: 'text', batch: 1, ...WASM, most: 1.3 },
  {
    what: 'captions, trimmed, batch 32',
    work: 'text-trimmed',
    batch: 32,
    ...WASM,
    peersWork: 'text',
    most: 0.5,
  },
];
const COLD_START = 1200; // milliseconds, wasm

/** What bench/embed.ts says: files to features in a file, whole processes. */
export interface EndToEnd {
  work: 'pictures' | 'texts';
  count: number;
  backend: string;
  seconds: number;
  /** transformers.js's time over ours. */
  ratio?: number;
}

/** How many times as long transformers.js should take. */
const AHEAD = { pictures: 1.3, texts: 1.5 } as const;

/** A line for each target: ours, the peer's, the ratio, whether it is reached. */
export function targetLines(rows: readonly Measured[], endToEnd: readonly EndToEnd[] = []): string[] {
  const body = TARGETS.map((target) => {
    const { what, engine, work, batch, most } = target;
    const ours = rows.find((row) => row.engine === engine && row.work === work && row.batch === batch);
    const peer = fastest(rows, target);
    if (ours?.ms == null || ours.agrees === false || peer?.ms == null) {
      return [what, engine, '–', '–', '–', `≤ ${most}`, 'not measured'];
    }
    const ratio = ours.ms / peer.ms;
    const theirs = `${numberText(peer.ms)} ms (${peer.engine})`;
    return [
      what,
      engine,
      `${numberText(ours.ms)} ms`,
      theirs,
      ratio.toFixed(2),
      `≤ ${most}`,
      verdict(ratio <= most),
    ];
  });
  const head = ['', 'engine', 'ours', 'the fastest peer', 'ratio', 'to reach', ''];
  return tableLines(head, [...body, ...endToEnd.map(endToEndCells), coldStartCells(rows)]);
}

function endToEndCells({ work, count, backend, seconds, ratio }: EndToEnd): string[] {
  const what = `${count.toLocaleString('en')} ${work === 'pictures' ? 'JPEGs of 640×480' : 'captions'} to features in a file`;
  const [ours, most] = [`${numberText(seconds)} s`, 1 / AHEAD[work]];
  const bar = `≤ ${most.toFixed(2)}`;
  if (ratio === undefined) return [what, backend, ours, '–', '–', bar, 'not measured'];
  const theirs = `${numberText(seconds * ratio)} s (transformers.js)`;
  return [what, backend, ours, theirs, (1 / ratio).toFixed(2), bar, verdict(1 / ratio <= most)];
}

function coldStartCells(rows: readonly Measured[]): string[] {
  const what = ['cold start of `classify`, embedded model', 'wasm'];
  const ms = rows.find((row) => row.work === 'cold-start' && row.engine === 'wasm')?.ms;
  if (ms == null) return [...what, '–', '–', '–', '≤ 1.2 s', 'not measured'];
  return [...what, `${numberText(ms)} ms`, '–', '–', '≤ 1.2 s', verdict(ms <= COLD_START)];
}

function fastest(
  rows: readonly Measured[],
  { peers, work, peersWork = work, batch }: Target,
): Measured | undefined {
  return rows
    .filter((row) => peers.includes(row.engine) && row.work === peersWork && row.batch === batch)
    .filter((row) => row.ms !== null && row.agrees !== false)
    .sort((a, b) => a.ms! - b.ms!)[0];
}

function verdict(isReached: boolean): string {
  return isReached ? 'reached' : '**not reached**';
}
