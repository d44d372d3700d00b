// Damaged files: whatever is done to them, reading ends soon, in an answer or in a ClipError.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../src/checkpoint/checkpoint.ts';
import { openZip } from '../../src/checkpoint/zip.ts';
import { bytesSource } from '../../src/data/bytes/byte-source.ts';
import { parseCifar100, readCifar100Archive } from '../../src/data/cifar.ts';
import { numpyGlobals } from '../../src/data/pickle/numpy.ts';
import { unpickle } from '../../src/data/pickle/unpickle.ts';
import { ClipError } from '../../src/errors.ts';
import { tarOf } from '../data/bytes/tar-writer.ts';
import { python2Pickle, tinyCifar } from '../data/pickle/pickle-writer.ts';
import { zipOf } from './zip-writer.ts';

/** No single file here takes a tenth of this. */
const LONGEST_MS = 2000;

/** Marsaglia's xorshift: the same numbers on every machine. */
function randomNumbers(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % below;
  };
}

const INTERESTING = [0, 1, 0x7f, 0x80, 0xff, ...new TextEncoder().encode('.(tRbcQ}]0q{"[:,-9')];

/** A copy with one to four wounds: a flipped bit, a changed byte, a run overwritten, moved or cut out, an end cut off. */
function damage(bytes: Uint8Array, random: (below: number) => number): Uint8Array {
  let copy = new Uint8Array(bytes);
  for (let wounds = 1 + random(4); wounds > 0 && copy.length > 0; wounds--) {
    const at = random(copy.length);
    const length = 1 + random(Math.min(16, copy.length - at));
    const kind = random(6);
    if (kind === 0) copy[at]! ^= 1 << random(8);
    else if (kind === 1) copy[at] = INTERESTING[random(INTERESTING.length)]!;
    else if (kind === 2) copy.fill(INTERESTING[random(INTERESTING.length)]!, at, at + length);
    else if (kind === 3) copy.copyWithin(random(copy.length), at, at + length);
    else if (kind === 4) copy = new Uint8Array([...copy.subarray(0, at), ...copy.subarray(at + length)]);
    else if (random(4) === 0) copy = copy.slice(0, at);
  }
  return copy;
}

const fixture = (file: string) =>
  new Uint8Array(readFileSync(new URL(`../fixtures/checkpoints/${file}`, import.meta.url)));

async function readAll(bytes: Uint8Array): Promise<void> {
  const { tensors } = await openCheckpoint(bytesSource(bytes));
  for (const tensor of tensors.values()) await tensor.read();
}

async function readPickle(bytes: Uint8Array): Promise<void> {
  const globals = numpyGlobals();
  unpickle(bytes, { globals: (name) => globals.get(name) });
}

const cifar = tinyCifar(2);
const meta = python2Pickle(cifar.meta);
const pictures = python2Pickle(cifar.test);
const views = fixture('views.pt');
/** The members of an archive; its pickle can then be damaged alone, so that no checksum hides it from its reader. */
const parts: { name: string; content: Uint8Array }[] = [];
for (const [name, member] of await openZip(bytesSource(views)))
  parts.push({ name, content: await member.read() });
const withPickle = (content: Uint8Array) =>
  zipOf(parts.map((part) => (part.name.endsWith('/data.pkl') ? { ...part, content } : part)));
const pickle = parts.find(({ name }) => name.endsWith('/data.pkl'))!.content;

const targets: [string, number, Uint8Array, (bytes: Uint8Array) => Promise<void>][] = [
  ['a state dict', 300, views, readAll],
  ['a TorchScript archive', 200, fixture('scripted.pt'), readAll],
  ['data.pkl', 400, pickle, (bytes) => readAll(withPickle(bytes))],
  ['safetensors', 400, fixture('types.safetensors'), readAll],
  ['a pickle of arrays', 400, pictures, readPickle],
  ['a data set', 200, meta, async (bytes) => void parseCifar100(bytes, pictures, 'test')],
  [
    'a tar archive',
    200,
    tarOf([
      ['a/meta', meta],
      ['a/test', pictures],
    ]),
    async (bytes) => void (await readCifar100Archive(bytesSource(bytes))),
  ],
];

describe('damaged files end in an answer or a ClipError', () => {
  it.each(targets)('%s, %d times', async (_, times, original, read) => {
    await read(original); // whole, it is read
    const random = randomNumbers(times + original.length);
    let refused = 0;
    for (let i = 0; i < times; i++) {
      const bytes = damage(original, random);
      const start = performance.now();
      try {
        await read(bytes);
      } catch (error) {
        refused++;
        if (!(error instanceof ClipError)) {
          throw new Error(`damage ${i} ended in ${error instanceof Error ? error.stack : error}`);
        }
        expect(error.message).not.toContain('\n');
      }
      expect(performance.now() - start, `damage ${i}`).toBeLessThan(LONGEST_MS);
    }
    expect(refused).toBeGreaterThan(times / 20);
  });

  it('an archive cut off anywhere near a seam is refused', async () => {
    for (let length = 0; length < views.length; length += length < 400 ? 7 : 97) {
      await expect(readAll(views.subarray(0, length)), `${length} bytes`).rejects.toThrow(ClipError);
    }
  });
});
