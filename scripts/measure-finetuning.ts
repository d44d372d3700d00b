// The table of docs/finetuning.md, measured: every way to learn five classes that the embedded model has not seen, with
// default options, before and after. Prints markdown.
//   npx tsx scripts/measure-finetuning.ts [--backend native]        after npm run build
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { sizeText } from '../src/disk.node.ts';
import { writeSketches } from './make-sketches.ts';

const { values } = parseArgs({ options: { backend: { type: 'string', default: 'native' } } });
const MAIN = join(import.meta.dirname, '../dist/cli/main.js');
const folder = mkdtempSync(join(tmpdir(), 'clip-tfjs-'));

interface Report {
  before: { target: number; zeroshot: number };
  after: { target: number; zeroshot: number };
  seconds: number;
  bytes: number;
}

const WAYS: readonly (readonly [name: string, ...args: string[]])[] = [
  ['`finetune --method full`', 'finetune', '--method', 'full'],
  ['`finetune --method lora`', 'finetune', '--method', 'lora'],
  ['`finetune --method image-only`', 'finetune', '--method', 'image-only'],
  ['`finetune --method text-only`', 'finetune', '--method', 'text-only'],
  ['`finetune --method head`', 'finetune', '--method', 'head'],
  ['`probe`', 'probe'],
  ['`probe --features after`', 'probe', '--features', 'after'],
];

const percent = (share: number): string => `${(100 * share).toFixed(1)} %`;
try {
  writeSketches(join(folder, 'five'), 'train', 40);
  writeSketches(join(folder, 'five'), 'test', 40);
  console.log('| | five classes, before | after | 100 shapes, before | after | seconds | written |');
  console.log('| --- | --- | --- | --- | --- | --- | --- |');
  for (const [i, [name, ...args]] of WAYS.entries()) {
    const sets = ['--data', 'five/train', '--eval-data', 'five/test', '--backend', values.backend];
    const all = [MAIN, ...args, ...sets, '--out', `out${i}`, '--json'];
    const stdout = execFileSync(process.execPath, all, { cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] });
    const { before, after, seconds, bytes } = JSON.parse(stdout.toString()) as Report;
    const shares = [before.target, after.target, before.zeroshot, after.zeroshot].map(percent);
    console.log(`| ${[name, ...shares, seconds.toFixed(1), sizeText(bytes)].join(' | ')} |`);
  }
} finally {
  rmSync(folder, { recursive: true });
}
