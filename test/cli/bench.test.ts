// `clip-tfjs bench` on the embedded model; its numbers depend on the machine, its form does not.
import { describe, expect, it } from 'vitest';
import { commandLine } from './run.ts';

const { clip } = commandLine();

describe('bench', () => {
  it('measures what it is asked for, and prints JSON', () => {
    const works = 'load,preprocess,tokenize,image,cold-start';
    const { status, stdout, stderr } = clip('bench', '--model', 'mini', '--engines', 'wasm', '--work', works, '--batch', '1', '--rounds', '1', '--threads', '1', '--json'); // biome-ignore format: a command
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const { machine, model, threads, rows, notes } = JSON.parse(stdout);
    expect({ model, threads, notes }).toEqual({ model: 'mini', threads: 1, notes: [] });
    expect(machine).toMatchObject({ cores: expect.any(Number), node: process.versions.node });
    expect(
      rows.map(
        (row: { work: string; batch: number; engine: string }) => `${row.work} ${row.batch} ${row.engine}`,
      ),
    ).toEqual([
      'load 1 wasm',
      'preprocess 1 wasm',
      'tokenize 1000 wasm',
      'image 1 wasm',
      'cold-start 1 wasm',
    ]);
    for (const row of rows) {
      expect(row).toMatchObject({
        ms: expect.any(Number),
        rssMB: expect.any(Number),
        version: expect.any(String),
      });
      expect(row.ms).toBeGreaterThan(0);
      expect(row.reason).toBeUndefined();
      expect(row.agrees).not.toBe(false);
      if (['load', 'image', 'cold-start'].includes(row.work)) expect(row.agrees).toBe(true);
    }
  }, 180_000);

  it('prints a table, and says in one note who is not here', () => {
    const { status, stdout } = clip('bench', '--model', 'mini', '--engines', 'cuda,wasm', '--work', 'image', '--batch', '1', '--rounds', '1'); // biome-ignore format: a command
    expect(status).toBe(0);
    expect(stdout).toMatch(/^image, batch 1\n {2}wasm \S+ +[\d.]+/m);
    expect(stdout.match(/cuda is left out: /g)).toHaveLength(1);
  }, 180_000);

  it.each([
    [['--engines', 'wasm,tensorflow'], 'got tensorflow', 2],
    [['--work', 'image,everything'], 'got everything', 2],
    [['--batch', '0'], 'whole numbers', 2],
    [['--rounds', '0'], 'at least 1', 2],
    [['--model', 'no-such-model'], 'no model no-such-model', 1],
  ])('%j is refused', (args, message, expected) => {
    const { status, stdout, stderr } = clip('bench', ...args);
    expect(stderr).toContain(message);
    expect({ status, stdout }).toEqual({ status: expected, stdout: '' });
  });
});
