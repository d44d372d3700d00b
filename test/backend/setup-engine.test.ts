// The engine that `setup native` has made, where it has: right gradients, flat memory, nothing on stderr, a clean end.
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-layers'; // registers the gradients
import { describe, expect, test } from 'vitest';
import { startEngine } from '../../src/backend/engines.node.ts';
import { places } from '../../src/backend/setup/places.node.ts';
import type { CLIP } from '../../src/model/clip.ts';
import { contrastiveLoss } from '../../src/model/loss.ts';
import { fixtureModel, relativeError } from '../support.ts';

const isThere = existsSync(places('native').installed);
if (!isThere)
  console.log('skipped: tests of the engine native, which is not set up (clip-tfjs setup native)');

/** The loss of two pairs that are the same each time, and its gradients. */
function lossAndGradients(model: CLIP): { value: tf.Scalar; grads: tf.NamedTensorMap } {
  const { image_resolution: side, context_length: length, vocab_size: vocabulary } = model.config;
  return tf.tidy(() => {
    const pixels = Float32Array.from({ length: 2 * 3 * side * side }, (_, i) => Math.sin(i * 0.37));
    const images = tf.tensor4d(pixels, [2, 3, side, side]);
    const ids = Int32Array.from({ length: 2 * length }, (_, i) => (i * 7) % (vocabulary - 2));
    ids[length - 1] = ids[2 * length - 1] = vocabulary - 1;
    const tokens = tf.tensor2d(ids, [2, length], 'int32');
    return tf.variableGrads(() => contrastiveLoss(model.call(images, tokens)));
  });
}

describe.skipIf(!isThere)('the engine native', () => {
  test('has the plain engine’s gradients', async () => {
    const gradients: Map<string, tf.Tensor>[] = [];
    for (const engine of ['cpu', 'native']) {
      await startEngine(engine);
      const model = await fixtureModel('tiny-vit.pt');
      const { grads } = lossAndGradients(model);
      gradients.push(
        new Map([...model.namedParameters()].map(([name, { value }]) => [name, grads[value.name]!])),
      );
      for (const [, parameter] of model.namedParameters()) parameter.release();
    }
    const [plain, native] = gradients as [Map<string, tf.Tensor>, Map<string, tf.Tensor>];
    expect(native.size).toBeGreaterThan(30);
    // Measured: 9e-6, of each gradient's own largest number.
    for (const [name, gradient] of native) {
      expect(relativeError(gradient, plain.get(name)!), name).toBeLessThan(3e-5);
    }
  });

  test('needs no more memory after 250 steps than after 50', async () => {
    await startEngine('native');
    const model = await fixtureModel('tiny-vit.pt');
    const tensors: number[] = [];
    const outside: number[] = []; // JavaScript's heap comes and goes; TensorFlow's memory is outside it
    for (let step = 1; step <= 250; step++) {
      const { value, grads } = lossAndGradients(model);
      tf.dispose([value, grads]);
      if (step % 200 !== 50) continue;
      const { rss, heapTotal } = process.memoryUsage();
      tensors.push(tf.memory().numTensors);
      outside.push(rss - heapTotal);
    }
    expect(tensors[1]).toBe(tensors[0]);
    // Over 3,000 steps it moved within 15 MB, up and down; one step's gradients are 1 MB, so keeping them shows.
    expect(outside[1]! - outside[0]!).toBeLessThan(3e7);
  });

  test('says nothing on stderr, and ends with status 0', async () => {
    const engines = join(import.meta.dirname, '../../src/backend/engines.node.ts');
    const program = `
      import { startEngine } from ${JSON.stringify(engines)};
      import * as tf from '@tensorflow/tfjs-core';
      await startEngine('native');
      console.log(tf.matMul([[1, 2], [3, 4]], [[5, 6], [7, 8]]).dataSync().join());`;
    const args = ['--import', 'tsx', '--input-type=module', '-e', program];
    const answer = await promisify(execFile)(process.execPath, args); // rejects for another status
    expect(answer).toEqual({ stdout: '19,22,43,50\n', stderr: '' });
  });
});
