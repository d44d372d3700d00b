import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Command } from '../../src/bench/ask.node.ts';
import { type BenchOptions, bench } from '../../src/bench/run.node.ts';
import type { Report, SubjectName } from '../../src/bench/work.ts';

const STAND_IN = join(import.meta.dirname, 'stand-in.mjs');

/** Programs that are not in `kinds` are not here. */
function benchOf(
  kinds: Partial<Record<SubjectName, string>>,
  more: Partial<BenchOptions> = {},
): Promise<Report> {
  return bench({
    model: 'mini',
    subjects: Object.keys(kinds) as SubjectName[],
    named: true,
    works: ['image', 'text'],
    batches: [1, 8],
    threads: 2,
    rounds: 2,
    command: (subject): Command | string => {
      const kind = kinds[subject];
      return kind ? { program: process.execPath, args: [STAND_IN, kind] } : 'not installed';
    },
    ...more,
  });
}

describe('bench', () => {
  it('gives medians for one of a batch, and ratios to the fastest', async () => {
    const { rows, reference } = await benchOf({ native: 'slow', pytorch: 'right' });
    expect(reference).toBe('pytorch');
    expect(rows.map(({ work, batch, engine }) => `${work} ${batch} ${engine}`)).toEqual([
      'image 1 native',
      'image 1 pytorch',
      'image 8 native',
      'image 8 pytorch',
      'text 1 native',
      'text 1 pytorch',
      'text 8 native',
      'text 8 pytorch',
    ]);
    for (const { engine, ms, ratio, agrees, runs, version, rssMB, batch } of rows) {
      expect({ ms, ratio }).toEqual(engine === 'native' ? { ms: 60, ratio: 1.5 } : { ms: 40, ratio: 1 });
      expect({ agrees, runs, version, rssMB }).toEqual({
        agrees: true,
        runs: 6,
        version: '1.2.3',
        rssMB: 100 + batch,
      });
    }
  });

  it('reports a fast wrong answer as wrong, and holds nobody to its time', async () => {
    const { rows } = await benchOf({ native: 'right', wasm: 'wrong', 'onnxruntime-node': 'slow' });
    const text = rows.filter(({ work, batch }) => work === 'text' && batch === 8);
    expect(text.map(({ engine, agrees, ratio }) => ({ engine, agrees, ratio }))).toEqual([
      { engine: 'native', agrees: true, ratio: 1 },
      { engine: 'wasm', agrees: false, ratio: 0.05 },
      { engine: 'onnxruntime-node', agrees: true, ratio: 1.5 },
    ]);
  });

  it('goes on without a program that crashes, hangs or refuses, and says why', async () => {
    const kinds = { native: 'crashes', wasm: 'hangs', cpu: 'refuses', pytorch: 'right' };
    const { rows } = await benchOf(kinds, { patience: 5000, batches: [1] });
    const reasons = rows
      .filter(({ work }) => work === 'text')
      .map(({ engine, ms, reason }) => ({ engine, ms, reason }));
    expect(reasons).toEqual([
      { engine: 'native', ms: null, reason: 'it was ended by SIGSEGV' },
      { engine: 'wasm', ms: null, reason: 'it said nothing for 5 s and was ended' },
      { engine: 'cpu', ms: null, reason: 'out of memory' },
      { engine: 'pytorch', ms: 40, reason: undefined },
    ]);
    expect(rows.filter(({ work }) => work === 'image').every(({ ms }) => ms !== null)).toBe(true);
  });

  it('leaves out who is not here in one note', async () => {
    const { rows, notes } = await benchOf({ native: 'right', cuda: 'not-here', pytorch: 'slow' });
    expect(notes).toEqual(['cuda is left out: Error: no such library']);
    expect(new Set(rows.map(({ engine }) => engine))).toEqual(new Set(['native', 'pytorch']));
  });

  it('compares nothing where there is nobody to compare with', async () => {
    const { rows, reference } = await benchOf({ native: 'right' });
    expect(reference).toBe('native');
    expect(rows.every(({ agrees }) => agrees === null)).toBe(true);
  });

  it('counts what is done', async () => {
    const seen: number[] = [];
    let all = 0;
    const onProgress = (done: number, total: number) => {
      seen.push(done);
      all = total;
    };
    await benchOf({ native: 'right' }, { onProgress, rounds: 1 });
    expect(seen.at(-1)).toBe(all);
  });
});
