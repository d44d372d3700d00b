// One forward pass → every value that a tap sees, under `tap.<name>`.
import * as tf from '@tensorflow/tfjs-core';
import type { StoredTensor } from '../checkpoint/stored-tensor.ts';
import type { CLIP } from '../model/clip.ts';
import { withTap } from '../model/module.ts';
import type { Given } from './given.ts';
import { memoryTensor } from './recording.ts';

/** Of one tower where only its input is given; with both also the logits. */
export async function recordForward(model: CLIP, { image, text }: Given): Promise<StoredTensor[]> {
  const seen: [name: string, value: tf.Tensor][] = [];
  tf.tidy(() => {
    withTap(
      (name, value) => seen.push([name, tf.keep(value.clone())]),
      () => {
        if (image && text) model.call(image, text);
        else if (image) model.encodeImage(image);
        else if (text) model.encodeText(text);
      },
    );
  });
  const recorded: StoredTensor[] = [];
  for (const [name, value] of seen) {
    recorded.push(await recordTensor(`tap.${name}`, value));
  }
  return recorded;
}

/** The numbers of a tensor, which is freed. */
export async function recordTensor(key: string, tensor: tf.Tensor): Promise<StoredTensor> {
  const values = await tensor.data<'float32'>();
  tensor.dispose();
  return memoryTensor(key, 'F32', tensor.shape, values);
}
