// A linear head's file: read back as written, as PyTorch's Linear has it, and refused in words where it is something else.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { openCheckpoint } from '../../src/checkpoint/checkpoint.ts';
import { openHead, saveHead } from '../../src/checkpoint/head-file.node.ts';
import { checkHeadFits, headToWrite, readHead, type SavedHead } from '../../src/checkpoint/head-file.ts';
import { safetensorsChunks } from '../../src/checkpoint/safetensors-writer.ts';
import { bytesSource } from '../../src/data/bytes/byte-source.ts';
import { TINY } from '../train/support.ts';

const folder = mkdtempSync(join(tmpdir(), 'clip-tfjs-'));
afterAll(() => rmSync(folder, { recursive: true }));

const HEAD: SavedHead = {
  labels: ['a "cat"', 'Hündin 🐕'],
  weight: Float32Array.of(1, -2, 3, 0.5, 1e-8, -1e8),
  bias: Float32Array.of(0.25, -0.75),
  features: 'before',
  normalized: false,
  model: 'mini',
  config: { ...TINY },
  base: '1234-abcd',
};

async function bytesOf(head: SavedHead, change: (metadata: Map<string, string>) => void = () => {}) {
  const { tensors, metadata } = headToWrite(head);
  change(metadata);
  const chunks: Uint8Array[] = [];
  for await (const chunk of safetensorsChunks(tensors, metadata)) chunks.push(chunk);
  return Buffer.concat(chunks);
}

const read = async (bytes: Uint8Array) =>
  readHead(await openCheckpoint(bytesSource(bytes)), 'head.safetensors');

test('what is written is read', async () => {
  const path = join(folder, 'head.safetensors');
  await saveHead(path, HEAD);
  expect(await openHead(path)).toEqual(HEAD);
  const { tensors } = await openCheckpoint(bytesSource(readFileSync(path)));
  expect(tensors.get('weight')!.shape).toEqual([2, 3]);
  expect(tensors.get('bias')!.shape).toEqual([2]);
});

test('what does not hold together is refused', async () => {
  const meta = (key: string, value: string) => (metadata: Map<string, string>) => metadata.set(key, value);
  const refused = async (bytes: Buffer, message: RegExp) => expect(read(bytes)).rejects.toThrow(message);
  await refused(
    await bytesOf(HEAD, (metadata) => metadata.delete('head')),
    /is no saved head: expected a file that/,
  );
  await refused(await bytesOf(HEAD, meta('head', '[1]')), /head: expected a JSON object/);
  await refused(
    await bytesOf(HEAD, meta('head', '{"features":"inside","normalized":true}')),
    /features before or after/,
  );
  await refused(
    await bytesOf(HEAD, meta('labels', '["a"]')),
    /weight: expected \[1, D\], a row a label, got \[2,3\]/,
  );
  await refused(
    await bytesOf(HEAD, meta('labels', '["a","a"]')),
    /labels: expected a JSON array of different texts/,
  );
  await refused(await bytesOf(HEAD, (metadata) => metadata.delete('labels')), /labels: .*got nothing/);
  await refused(
    await bytesOf({ ...HEAD, bias: Float32Array.of(1, NaN) }),
    /weights: expected numbers, got NaN/,
  );
  const path = join(folder, 'cut.safetensors');
  const bytes = await bytesOf(HEAD);
  writeFileSync(path, bytes.subarray(0, bytes.length - 4));
  await expect(openHead(path)).rejects.toThrow(/cut\.safetensors/);
  await expect(openHead(join(folder, 'none'))).rejects.toThrow(/none/);
});

test('a head of another model is refused, naming what differs', () => {
  expect(() => checkHeadFits(HEAD, TINY, 'h')).not.toThrow();
  expect(() => checkHeadFits(HEAD, { ...TINY, vision_patch_size: 8 }, 'h')).toThrow(
    /h does not fit the model: expected vision_patch_size 4, got 8 \(it was learned on mini\)/,
  );
});
