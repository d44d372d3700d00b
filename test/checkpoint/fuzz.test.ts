// Damaged files: whatever is done to them, reading ends soon, in an answer or in one line, and in little memory. Each
// number of times is for every run of the tests; `npm run test:long` (FUZZ=10) does ten times as many, these first.
import { expect, it } from 'vitest';
import { tarOf } from '../data/bytes/tar-writer.ts';
import { python2Pickle, tinyCifar } from '../data/pickle/pickle-writer.ts';
import { damage, type Random, randomNumbers } from './fuzz/damage.ts';
import { opcodesOf, otherOpcodes } from './fuzz/damage-pickle.ts';
import { otherHeader } from './fuzz/damage-safetensors.ts';
import { lieInFields, otherMembers } from './fuzz/damage-zip.ts';
import type { ReaderName } from './fuzz/reader.ts';
import { type Limits, ReadingProcess } from './fuzz/reading-process.ts';
import { zipLayout } from './layout.ts';
import { deflated, fixture, inZip64, partsOf } from './samples.ts';
import { zipOf } from './zip-writer.ts';

const TIMES = Number(process.env.FUZZ ?? 1);
const SEED = 2026;

/** JavaScript's own memory of the process that reads, in MB; beyond it Node ends. */
const HEAP = 128;
/**
 * What that process may take beyond what it takes for the whole file, in MB, whatever is done to the file: little more
 * than the 128 MB that src/checkpoint/limits.ts lets a small file's tensors come to.
 */
const LARGEST_GROWTH = 200;

interface Target {
  what: string;
  times: number;
  whole: Uint8Array;
  damaged: (random: Random) => Uint8Array;
  reader?: ReaderName;
}

/** An archive whose pickle alone is damaged, with a checksum that is right, so that its reader gets to see it. */
async function inPickle(file: string, times: number, kind: 'blindly' | 'by opcode'): Promise<Target> {
  const parts = await partsOf(fixture(file));
  const pickle = parts.find(({ name }) => name.endsWith('/data.pkl'))!;
  const opcodes = opcodesOf(pickle.content);
  const damaged = (random: Random) => {
    const content = kind === 'blindly' ? damage(pickle.content, random) : otherOpcodes(opcodes, random);
    return zipOf(parts.map((part) => (part === pickle ? { ...part, content } : part)));
  };
  return { what: `${file}'s pickle, ${kind}`, times, whole: fixture(file), damaged };
}

function blindly(what: string, times: number, whole: Uint8Array, reader?: ReaderName): Target {
  return {
    what: `${what}, blindly`,
    times,
    whole,
    damaged: (random) => damage(whole, random),
    ...(reader && { reader }),
  };
}

function inFields(what: string, times: number, whole: Uint8Array): Target {
  const layout = zipLayout(whole);
  return { what: `${what}, by field`, times, whole, damaged: (random) => lieInFields(whole, layout, random) };
}

async function inMembers(what: string, times: number, whole: Uint8Array): Promise<Target> {
  const parts = await partsOf(whole);
  return { what: `${what}, by member`, times, whole, damaged: (random) => otherMembers(parts, random) };
}

function inHeader(file: string, times: number): Target {
  const whole = fixture(file);
  return { what: `${file}, by header`, times, whole, damaged: (random) => otherHeader(whole, random) };
}

const views = fixture('views.pt');
const cifar = tinyCifar(2);
const meta = python2Pickle(cifar.meta);
const pictures = python2Pickle(cifar.test);

const checkpoints: Target[] = [
  blindly('views.pt', 200, views),
  blindly('views.pt, compressed', 100, await deflated(views)),
  blindly('scripted.pt', 100, fixture('scripted.pt')),
  blindly('tiny-vit.pt', 50, fixture('tiny-vit.pt')),
  inFields('views.pt', 300, views),
  inFields('views.pt, zip64', 200, await inZip64(views)),
  inFields('scripted.pt', 100, fixture('scripted.pt')),
  await inMembers('views.pt', 200, views),
  await inMembers('trained.pt', 100, fixture('trained.pt')),
  await inPickle('views.pt', 250, 'blindly'),
  await inPickle('views.pt', 250, 'by opcode'),
  await inPickle('kept.pt', 200, 'by opcode'),
  await inPickle('scripted.pt', 200, 'by opcode'),
  await inPickle('tiny-vit.pt', 50, 'by opcode'),
  blindly('types.safetensors', 200, fixture('types.safetensors')),
  inHeader('types.safetensors', 300),
  inHeader('plain.safetensors', 200),
];

const others: Target[] = [
  blindly('a pickle of arrays', 200, pictures, 'pickle'),
  blindly("a data set's names", 200, meta, 'meta'),
  blindly(
    'a tar archive',
    100,
    tarOf([
      ['a/meta', meta],
      ['a/test', pictures],
    ]),
    'tar',
  ),
];

it.each<[ReaderName, RegExp, Limits?]>([
  ['endless', /hangs: no answer in 3000 ms/, { hangMs: 3000 }],
  ['slow', /took [2-9]\d\d\d ms/, { longestMs: 2000 }],
  ['hungry', /ended the process: SIG/],
  ['careless', /ended in no ClipError: TypeError/],
])('the watch finds a reader that is %s', async (reader, message, limits) => {
  const reading = new ReadingProcess(HEAP, limits);
  await expect(reading.read('a file', views, reader).finally(() => reading.close())).rejects.toThrow(message);
});

it('there are enough of them', () => {
  expect(checkpoints.reduce((sum, { times }) => sum + times, 0)).toBeGreaterThanOrEqual(2000);
});

it.each([...checkpoints, ...others])(
  'damaged $times × FUZZ times: $what',
  async ({ what, times, whole, damaged, reader }) => {
    const reading = new ReadingProcess(HEAP);
    try {
      expect(await reading.read(`${what}, whole`, whole, reader)).toBe(undefined);
      const before = reading.peak;
      const random = randomNumbers(SEED + what.length * 7919 + whole.length);
      let refused = 0;
      for (let i = 0; i < times * TIMES; i++) {
        const message = await reading.read(`${what}, damage ${i}`, damaged(random), reader);
        if (message !== undefined) refused++;
      }
      expect(refused).toBeGreaterThan((times * TIMES) / 20);
      expect(reading.peak - before, 'MB').toBeLessThan(LARGEST_GROWTH);
      if (TIMES > 1) {
        const { slowest, peak } = reading;
        console.log(
          `${what}: ${refused} of ${times * TIMES} refused, at most ${Math.round(slowest.ms)} ms and ${Math.round(peak - before)} MB more`,
        );
      }
    } finally {
      reading.close();
    }
  },
  60_000 * TIMES,
);
