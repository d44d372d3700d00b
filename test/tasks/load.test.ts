// A model by name that is not here: refused with the way to get it, or fetched where that is asked for.
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { isMissing, load } from '../../src/tasks/load.node.ts';

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'clip-home-'));
  vi.stubEnv('HOME', home);
  vi.stubEnv('HTTPS_PROXY', 'http://127.0.0.1:1'); // nobody answers there: no test goes out
  vi.stubEnv('NO_PROXY', '');
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(home, { recursive: true });
});

it('is refused, with the command that fetches it', async () => {
  expect(isMissing('RN101')).toBe(true);
  await expect(load('RN101')).rejects.toThrow(
    /^the weights of RN101 are not here: expected .*RN101\.pt, got no such file \(clip-tfjs download RN101 fetches them\)$/,
  );
  expect(existsSync(join(home, '.cache'))).toBe(false);
});

it('is fetched from its address to where Python looks for it, with `download`', async () => {
  const notes: string[] = [];
  const onNote = (note: string) => notes.push(note);
  const loading = load('RN101', { download: true, onNote });
  const place = join(home, '.cache', 'clip', 'RN101.pt');
  await expect(loading).rejects.toThrow(`by hand: put that file at ${place}; its sha256 is 8fa8567bab74a42d`);
  expect(notes[0]).toMatch(
    /^fetching RN101 from https:\/\/openaipublic\.azureedge\.net\/clip\/models\/8fa8567bab/,
  );
});

it('nothing else is ever fetched', async () => {
  expect(['mini', 'no/such/file', 'cifar100'].map(isMissing)).toEqual([false, false, false]);
  await expect(load('no/such/file', { download: true })).rejects.toThrow(/^no model no\/such\/file/);
});
