import { describe, expect, it } from 'vitest';
import { replaceBetween, resultLines } from '../../bench/docs.ts';
import { targetLines } from '../../bench/targets.ts';
import type { Row } from '../../src/bench/work.ts';

const row = (
  engine: Row['engine'],
  work: Row['work'],
  batch: number,
  ms: number | null,
  agrees = true,
): Row => ({
  ...{ engine, work, batch, ms, agrees },
  ...{ version: '1', ratio: 1, rssMB: 100, error: 0, runs: 3 },
});
const lineOf = (lines: string[], ...parts: string[]) =>
  lines.find((line) => parts.every((part) => line.includes(part)));

describe('targets', () => {
  const rows = [
    row('native', 'image', 32, 90),
    row('onnxruntime-node', 'image', 32, 100),
    row('pytorch', 'image', 32, 120),
    row('native', 'image', 8, 115),
    row('onnxruntime-node', 'image', 8, 100),
    row('pytorch', 'image', 8, 50, false),
    row('wasm', 'text-trimmed', 32, 80),
    row('onnxruntime-web', 'text', 32, 200),
    row('onnxruntime-web', 'text-trimmed', 32, 60),
    row('wasm', 'cold-start', 1, 1300),
  ];
  const lines = targetLines(rows);

  it('are held to the fastest peer', () => {
    expect(lineOf(lines, 'image, batch 32', 'native')).toBe(
      '| image, batch 32 | native | 90.0 ms | 100 ms (onnxruntime-node) | 0.90 | ≤ 0.95 | reached |',
    );
  });

  it('are not held to a wrong answer', () => {
    expect(lineOf(lines, 'image, batch 8', 'native')).toContain(
      '100 ms (onnxruntime-node) | 1.15 | ≤ 1.1 | **not reached**',
    );
  });

  it('hold trimmed captions to all 77 tokens', () => {
    expect(lineOf(lines, 'captions', 'wasm')).toContain('200 ms (onnxruntime-web) | 0.40 | ≤ 0.5 | reached');
  });

  it('take the way from files to files from the other script', () => {
    const pictures = { work: 'pictures', count: 1000, backend: 'native', seconds: 20 } as const;
    const [reached] = targetLines(rows, [{ ...pictures, ratio: 1.5 }]).slice(-2);
    expect(reached).toBe(
      '| 1,000 JPEGs of 640×480 to features in a file | native | 20.0 s | 30.0 s (transformers.js) | 0.67 | ≤ 0.77 | reached |',
    );
    expect(targetLines(rows, [{ ...pictures, ratio: 1.2 }]).at(-2)).toContain(
      '0.83 | ≤ 0.77 | **not reached**',
    );
  });

  it('say what was not measured, and how long a cold start took', () => {
    expect(lineOf(lines, 'text, 77 tokens, batch 1 ', 'wasm')).toContain('not measured');
    expect(lineOf(lines, 'cold start')).toContain('1300 ms');
    expect(lineOf(lines, 'cold start')).toContain('**not reached**');
  });
});

describe('the page', () => {
  it('has its tables between markers, and keeps the rest', () => {
    const page = 'one\n<!-- t -->\nold\n<!-- /t -->\ntwo\n';
    const once = replaceBetween(page, 't', ['new']);
    expect(once).toBe('one\n<!-- t -->\n\nnew\n\n<!-- /t -->\ntwo\n');
    expect(replaceBetween(once, 't', ['new'])).toBe(once);
  });

  it('is refused without them', () => {
    expect(() => replaceBetween('one <!-- t --> two', 't', [])).toThrow('<!-- /t -->');
    expect(() => replaceBetween('one', 't', [])).toThrow('<!-- t -->');
  });

  it('has a column for each program, ours first, and strikes out what is wrong', () => {
    const machine = { cpu: 'a processor', cores: 2, memoryGB: 8, node: '20', platform: 'linux' };
    const rows = [
      row('pytorch', 'image', 8, 5, false),
      row('native', 'image', 8, 10),
      row('native', 'load', 1, null),
    ];
    const lines = resultLines({ machine, threads: 2, rounds: 3, rows });
    expect(lines[2]).toBe('| ms for one | native | pytorch |');
    expect(lineOf(lines, 'image, 8')).toBe('| image, 8 | 10.0 | ~~5.00~~ wrong |');
    expect(lineOf(lines, 'peak MB')).toBe('| peak MB, no training | 100 | 100 |');
  });
});
