// What WebGPU computes, held to what OpenAI's Python classes computed: the same recordings as on the other engines, less of
// them, for in CI the GPU is a program on the CPU.
import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startEngine } from '../../src/backend/engines.node.ts';
import { openCheckpoint } from '../../src/checkpoint/checkpoint.ts';
import { bytesSource } from '../../src/data/bytes/byte-source.ts';
import { decodePicture } from '../../src/data/pictures/decode.node.ts';
import type { Part } from '../../src/parity/keys.ts';
import { parityOf } from '../../src/parity/parity.ts';
import { load, MINI_REFERENCE } from '../../src/tasks/load.node.ts';
import { hasWebGPU } from '../backend/webgpu-support.ts';
import { memory, openCase, reportOf } from './support.ts';

const PARTS: [name: Parameters<typeof openCase>[0], parts: Part[]][] = [
  ['vit', ['tap', 'grad', 'train']],
  ['vit-gelu', ['tap', 'grad']],
  ['rn', ['tap', 'grad']],
];

describe.skipIf(!hasWebGPU)('on webgpu', () => {
  let before: object;
  beforeEach(async () => {
    await startEngine('webgpu');
    before = memory();
  });
  afterEach(() => {
    expect(memory()).toEqual(before);
  });

  test.each(PARTS)('%s: %s are PyTorch’s', { timeout: 240_000 }, async (name, parts) => {
    const report = await reportOf(await openCase(name), parts);
    expect(report.rows.filter(({ ok }) => !ok)).toEqual([]);
    expect(report).toMatchObject({ verdict: 'pass', first: null });
  });

  test('the embedded model computes what PyTorch computes with it', { timeout: 120_000 }, async () => {
    const reference = await openCheckpoint(bytesSource(readFileSync(MINI_REFERENCE)));
    const loaded = await load('mini', { backend: 'webgpu', onNote() {} });
    const report = await parityOf(loaded, reference, { decodePicture });
    expect(report.rows.filter(({ ok }) => !ok)).toEqual([]);
    expect(report.verdict).toBe('pass');
    loaded.release();
    expect(tf.getBackend()).toBe('webgpu');
  });
});
