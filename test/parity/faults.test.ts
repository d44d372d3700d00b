// Parity is itself tested: each deliberate mistake must make it fail, first at the layer where the mistake is. The table
// in docs/parity.md is what this test found; UPDATE_DOCS=1 writes it again.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { startEngine } from '../../src/backend/engines.node.ts';
import type { Kernel } from '../../src/data/pictures/kernel.ts';
import { FAULTS, type Fault } from './faults.ts';
import { ENGINES, openCase, reportOf, startListed } from './support.ts';

/** What runs instead of a function of the program, by the name of its file and its own. */
const replaced = vi.hoisted(() => new Map<string, unknown>());

/** A module whose functions give way to what `replaced` has under their names. */
const replaceable = vi.hoisted(() => (file: string, module: Record<string, unknown>) => {
  const call = (name: string, original: unknown) =>
    typeof original === 'function'
      ? (...inputs: unknown[]) =>
          ((replaced.get(`${file}.${name}`) ?? original) as typeof Function.prototype)(...inputs)
      : original;
  return Object.fromEntries(Object.entries(module).map(([name, original]) => [name, call(name, original)]));
});
vi.mock('../../src/model/ops.ts', async (original) => replaceable('ops', await original()));
vi.mock('../../src/model/loss.ts', async (original) => replaceable('loss', await original()));
vi.mock('../../src/train/accumulate.ts', async (original) => replaceable('accumulate', await original()));
vi.mock('../../src/train/clip-gradients.ts', async (original) =>
  replaceable('clip-gradients', await original()),
);
vi.mock('../../src/train/freeze.ts', async (original) => replaceable('freeze', await original()));
vi.mock('../../src/data/pictures/preprocess.ts', async (original) =>
  replaceable('preprocess', await original()),
);
vi.mock('../../src/tokenizer/html.ts', async (original) => replaceable('html', await original()));
vi.mock('../../src/data/pictures/kernel.ts', async (original) => {
  const module = await original<{ bicubic: Kernel }>();
  const kernel = () => (replaced.get('kernel.bicubic') ?? module.bicubic) as Kernel;
  const bicubic: Kernel = {
    get support() {
      return kernel().support;
    },
    at: (distance) => kernel().at(distance),
  };
  return { ...module, bicubic };
});

const restore: (() => void)[] = [];
afterEach(() => {
  replaced.clear();
  for (const undo of restore.splice(0)) undo();
});

function swap(object: object, property: string, value: unknown): void {
  const before = Object.getOwnPropertyDescriptor(object, property)!;
  restore.push(() => Object.defineProperty(object, property, before));
  Object.defineProperty(object, property, { ...before, value });
}

/** The report with the fault on. */
async function reportWith(fault: Fault) {
  const replace = (name: string, faulty: unknown) => replaced.set(name, faulty);
  return reportOf(await openCase(fault.case), [fault.part], ({ model }) =>
    fault.on({ replace, swap, model }),
  );
}

const found = new Map<string, string>();

describe.each(ENGINES)('on %s parity notices, first where it is:', (engine) => {
  test.each(FAULTS.map((fault) => [fault.mistake, fault] as const))('%s', async (_, fault) => {
    await startListed(engine);
    const report = await reportWith(fault);
    const row = report.rows.find(({ name }) => name === report.first)!;
    expect(report.first).toBe(fault.first);
    expect(row.error! / row.bar!).toBeGreaterThan(2); // not a close call
    if (engine === 'wasm (1 thread)') found.set(fault.mistake, tableLine(fault, row));
  });
});

test('with every fault off again, the same parts pass', async () => {
  await startEngine('wasm');
  for (const name of new Set(FAULTS.map((fault) => fault.case))) {
    expect((await reportOf(await openCase(name))).verdict).toBe('pass');
  }
});

const PAGE = join(import.meta.dirname, '../../docs/parity.md');
const TABLE = /(<!-- faults: .* -->\n)([\s\S]*?)(<!-- end of faults -->)/;

interface Row {
  error: number | null;
  measure: string | null;
  bar: number | null;
}

function tableLine({ mistake, case: name, first }: Fault, { error, measure, bar }: Row): string {
  const short = (value: number) =>
    value < 0.01 ? value.toExponential(0) : String(Number(value.toPrecision(1)));
  return `| ${mistake} | ${name} | \`${first}\` | ${short(error!)} ${measure} | ${bar === 0 ? 0 : short(bar!)} |`;
}

test('the table of the documentation is what was found', () => {
  const head = '| mistake | case | first row over its bar | by | bar |\n| --- | --- | --- | --- | --- |';
  const table = [head, ...FAULTS.map(({ mistake }) => found.get(mistake))].join('\n');
  const page = readFileSync(PAGE, 'utf8');
  if (process.env.UPDATE_DOCS) writeFileSync(PAGE, page.replace(TABLE, `$1${table}\n$3`));
  else expect(page.match(TABLE)![2]).toBe(`${table}\n`);
});
