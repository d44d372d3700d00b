import { describe, expect, it } from 'vitest';
import { tableOf } from '../../src/bench/table.ts';
import type { Report, Row } from '../../src/bench/work.ts';

const row = (more: Partial<Row>): Row => ({
  work: 'image',
  batch: 8,
  engine: 'native',
  version: '1',
  ms: 12.345,
  ratio: 1,
  rssMB: 500,
  agrees: true,
  error: 1e-7,
  runs: 3,
  ...more,
});
const report = (rows: Row[], notes: string[] = []): Report => ({
  machine: { cpu: 'a processor', cores: 2, memoryGB: 8, node: '20.0.0', platform: 'linux x64' },
  model: 'mini',
  threads: 2,
  rounds: 3,
  reference: 'pytorch',
  rows,
  notes,
});

describe('the table', () => {
  it('has a title for each work and batch, and aligned columns', () => {
    const lines = tableOf(
      report([row({}), row({ engine: 'wasm', ms: 1234.5, ratio: 100 }), row({ work: 'load', batch: 1 })]),
    );
    expect(lines.slice(3)).toEqual([
      '              ms  a second  × fastest  peak MB  right',
      'image, batch 8',
      '  native 1  12.3      81.0       1.00      500  yes',
      '  wasm 1    1235     0.810     100.00      500  yes',
      'load',
      '  native 1  12.3      81.0       1.00      500  yes',
    ]);
  });

  it('marks a wrong answer, a failure and what was not compared', () => {
    const lines = tableOf(
      report(
        [
          row({ agrees: false, error: 0.01 }),
          row({ ms: null, ratio: null, reason: 'it crashed' }),
          row({ agrees: null }),
        ],
        ['pytorch is left out'],
      ),
    ).join('\n');
    expect(lines).toContain('WRONG: off by 1.0e-2 of the largest');
    expect(lines).toContain('failed: it crashed');
    expect(lines).toContain('not compared');
    expect(lines.endsWith('\npytorch is left out')).toBe(true);
  });
});
