// Files made to exhaust their reader: each ends at once in one line or an answer, and all of them in little memory.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Hostile } from './fuzz/hostile-parts.ts';
import { hostilePickles } from './fuzz/hostile-pickles.ts';
import { hostileSafetensors } from './fuzz/hostile-safetensors.ts';
import { hostileTensors } from './fuzz/hostile-tensors.ts';
import { hostileZips } from './fuzz/hostile-zips.ts';
import { ReadingProcess } from './fuzz/reading-process.ts';
import { fixture } from './samples.ts';

/** JavaScript's own memory of the process that reads, in MB; beyond it Node ends. */
const HEAP = 256;
/** What the process may take at most beyond what it has once it has read a small file: src/checkpoint/limits.ts. */
const LARGEST_GROWTH = 400;

let reading: ReadingProcess;
let before = 0;
beforeAll(async () => {
  reading = new ReadingProcess(HEAP);
  expect(await reading.read('a small file', fixture('views.pt'))).toBe(undefined);
  before = reading.peak;
});
afterAll(() => {
  reading.close();
});

const kinds: [string, Hostile[]][] = [
  ['a zip archive', hostileZips],
  ['tensors', hostileTensors],
  ['a pickle', hostilePickles],
  ['a safetensors file', hostileSafetensors],
];

describe.each(kinds)('%s', (_, files) => {
  it.each(files)('%s', async (name, make, message) => {
    const refused = await reading.read(name, make());
    if (message) expect(refused).toMatch(message);
    else expect(refused).toBe(undefined);
    expect(reading.peak - before, 'MB').toBeLessThan(LARGEST_GROWTH);
  });
});
