// Files that end too early: at every boundary of their structure, and a byte to either side of it.
import { deflateRawSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { ClipError } from '../../src/errors.ts';
import { bytesOf } from '../data/pickle/pickle-writer.ts';
import { type Field, safetensorsLayout, zipLayout } from './layout.ts';
import { contentOf, deflated, fixture, inZip64, partsOf } from './samples.ts';
import { zipOf } from './zip-writer.ts';

const views = fixture('views.pt');
const files: [string, Uint8Array, (bytes: Uint8Array) => Field[]][] = [
  ['views.pt', views, zipLayout],
  ['views.pt, compressed', await deflated(views), zipLayout],
  ['views.pt, zip64', await inZip64(views), zipLayout],
  ['trained.pt', fixture('trained.pt'), zipLayout],
  ['scripted.pt', fixture('scripted.pt'), zipLayout],
  ['tiny-vit.pt', fixture('tiny-vit.pt'), zipLayout],
  ['types.safetensors', fixture('types.safetensors'), safetensorsLayout],
  ['plain.safetensors', fixture('plain.safetensors'), safetensorsLayout],
];

/** The error's message, which must be a ClipError's and one line; undefined where the file is read. */
async function refusal(bytes: Uint8Array): Promise<string | undefined> {
  try {
    await contentOf(bytes);
    return undefined;
  } catch (error) {
    if (!(error instanceof ClipError) || /[\r\n]/.test(error.message)) throw error;
    return error.message;
  }
}

describe('a file cut off', () => {
  it.each(files)('%s, at every boundary', async (_, bytes, layout) => {
    expect(await refusal(bytes)).toBe(undefined);
    const fields = layout(bytes);
    expect(fields[0]!.start).toBe(0);
    expect(fields.at(-1)!.end).toBe(bytes.length);
    // The layout leaves nothing out: each part begins where the one before it ends.
    expect(fields.filter(({ start }, i) => i > 0 && start !== fields[i - 1]!.end)).toEqual([]);

    const cuts = new Set(
      fields.flatMap(({ start, end }) => [start, end].flatMap((at) => [at - 1, at, at + 1])),
    );
    for (const cut of cuts) {
      if (cut < 0 || cut >= bytes.length) continue;
      const message = await refusal(bytes.subarray(0, cut));
      expect(message, `cut at byte ${cut}`).toMatch(
        /cut off|no checkpoint|a safetensors header whose length lies|nothing/,
      );
    }
  });

  it.each(files)('%s, with a byte too many', async (_, bytes) => {
    expect(await refusal(bytesOf(bytes, 0))).toMatch(/cut off|left over/);
  });
});

describe('a member cut off, in an archive that tells its new length', () => {
  it.each(['views.pt', 'trained.pt', 'scripted.pt'])("%s's data.pkl, at every byte", async (file) => {
    const parts = await partsOf(fixture(file));
    const pickle = parts.find(({ name }) => name.endsWith('/data.pkl'))!;
    for (let length = 0; length < pickle.content.length; length++) {
      const cut = { ...pickle, content: pickle.content.subarray(0, length) };
      const message = await refusal(zipOf(parts.map((part) => (part === pickle ? cut : part))));
      expect(message, `${length} bytes`).toMatch(/data\.pkl/);
    }
  });

  it('storages, a byte shorter, a byte longer, and empty', async () => {
    const parts = await partsOf(views);
    for (const storage of parts.filter(({ name }) => /\/data\/\d+$/.test(name))) {
      const { content } = storage;
      const others = [content.subarray(1), Uint8Array.of(...content, 0), new Uint8Array(0)];
      for (const other of others.filter(({ length }) => length !== content.length)) {
        const message = await refusal(
          zipOf(parts.map((part) => (part === storage ? { ...part, content: other } : part))),
        );
        expect(message, storage.name).toMatch(/member data\/\d+: expected \d+ bytes .* got \d+/);
      }
    }
  });

  it('a compressed one, at every byte', async () => {
    const parts = await partsOf(views);
    const pickle = parts.find(({ name }) => name.endsWith('/data.pkl'))!;
    const packed = new Uint8Array(deflateRawSync(pickle.content));
    for (let length = 0; length < packed.length; length++) {
      const lie = { method: 8, size: pickle.content.length };
      const cut = { ...pickle, content: packed.subarray(0, length), lie };
      const message = await refusal(zipOf(parts.map((part) => (part === pickle ? cut : part))));
      expect(message, `${length} bytes`).toMatch(/data\.pkl: (compressed data|unpacked size|size)/);
    }
  });
});
