// One wrong byte anywhere: it is found, or nothing that is read depends on it. Which bytes are which is written here.
import { describe, expect, it } from 'vitest';
import { ClipError } from '../../src/errors.ts';
import { safetensorsLayout, zipLayout } from './layout.ts';
import { contentOf, deflated, fixture, inZip64 } from './samples.ts';

/** `found` (a ClipError), `harmless` (the same content) or the other content. */
async function outcome(bytes: Uint8Array, content: string): Promise<string> {
  try {
    const got = await contentOf(bytes);
    return got === content ? 'harmless' : got;
  } catch (error) {
    if (!(error instanceof ClipError) || /[\r\n]/.test(error.message)) throw error;
    return 'found';
  }
}

/**
 * Parts of an archive that no number depends on. The directory is what counts: a member's own header repeats most of
 * it, and only its signature, name and lengths are read. Code, constants and versions are never read.
 */
const NOT_COVERED = [
  /^(member|directory) \S+: (version|flags|time|date|made by|disk|internal|external)$/,
  /^member \S+: (method|crc|packed|size|extra|descriptor)$/,
  /^directory \S+: extra$/, // the id and length of fields other than zip64's
  /^(end|end64|locator): (disk|disks|directory disk|count here|made by|version|size)$/,
  /^(member|directory) [^/]+\/(code\/\S+|constants\.pkl|version|byteorder|\.format_version|\.storage_alignment|\.data\/serialization_id): /,
];

const views = fixture('views.pt');
/** The optimiser's storages, which no weight is in. */
const OPTIMISER = /^(member|directory) trained\/data\/([7-9]|1\d): /;
/** The storage of a tensor without numbers. */
const EMPTY = /^(member|directory) views\/data\/15: /;
/** PyTorch always writes the 64-bit end; it counts where the plain one says so in any of its numbers. */
const LONG_END = /^(end64|locator): /;
const SHORT_END = /^end: (count|directory size|offset)$/;
/** Bits behind the end of a compressed stream. */
const PADDING = /^member \S+: data$/;

const archives: [name: string, bytes: Uint8Array, notRead: RegExp[]][] = [
  ['views.pt', views, [EMPTY, LONG_END]],
  ['views.pt, compressed', await deflated(views), [EMPTY, PADDING]],
  ['views.pt, zip64', await inZip64(views), [EMPTY, SHORT_END]],
  ['trained.pt', fixture('trained.pt'), [OPTIMISER, LONG_END]],
  ['scripted.pt', fixture('scripted.pt'), [LONG_END]],
];

describe('a flipped byte in an archive is found, or in a part that is not read', () => {
  it.each(archives)('%s', async (_, original, notRead) => {
    const content = await contentOf(original);
    const bytes = original.slice();
    const parts = [...NOT_COVERED, ...notRead];
    const harmless = new Set<string>();
    let found = 0;
    for (const { what, start, end } of zipLayout(original)) {
      // Long runs that are never read are the same all over.
      const step = what.endsWith(': extra') || NOT_COVERED.at(-1)!.test(what) ? 13 : 1;
      for (let at = start; at < end; at += step) {
        for (const mask of [1 << (at % 8), 0xff]) {
          bytes[at]! ^= mask;
          const end = await outcome(bytes, content);
          bytes[at] = original[at]!;
          expect(['found', 'harmless'], `byte ${at}, ${what}`).toContain(end);
          if (end === 'found') found++;
          else harmless.add(what);
        }
      }
    }
    expect([...harmless].filter((what) => !parts.some((part) => part.test(what)))).toEqual([]);
    expect(found).toBeGreaterThan(1000);
  });
});

/** safetensors has no checksum: a wrong byte in a number, or one that leaves a header right, is another file. */
describe('a flipped byte in a safetensors file', () => {
  it.each(['types.safetensors', 'plain.safetensors'])('%s', async (file) => {
    const original = fixture(file);
    const content = await contentOf(original);
    const bytes = original.slice();
    const unseen: Record<string, number> = {};
    for (const { what, start, end } of safetensorsLayout(original)) {
      for (let at = start; at < end; at++) {
        bytes[at]! ^= 1 << (at % 8);
        const end = await outcome(bytes, content);
        bytes[at] = original[at]!;
        if (end === 'found') continue;
        // The length is always found; in the header only a name, a text or an equal-sized type can become another.
        expect(what).not.toBe('length');
        unseen[what] = (unseen[what] ?? 0) + 1;
      }
    }
    const { header = 0, ...tensors } = unseen;
    const length = Number(new DataView(original.buffer).getBigUint64(0, true));
    expect(header / length).toBeLessThan(0.5);
    for (const what of Object.keys(tensors)) expect(what).toMatch(/^tensor /);
  });
});
