// This program, on one of its engines.
import * as tf from '@tensorflow/tfjs-core';
import { startEngine } from '../../backend/engines.node.ts';
import { preprocess } from '../../data/pictures/preprocess.ts';
import { load } from '../../tasks/load.node.ts';
import type { LoadedModel } from '../../tasks/loaded-model.ts';
import { AdamW } from '../../train/adamw.ts';
import { lossAndGradients, trainableParameters } from '../../train/gradients.ts';
import { HEIGHT, WIDTH } from '../inputs.node.ts';
import { ownVersion } from '../programs.node.ts';
import { TRAINING } from '../training.ts';
import type { Task } from '../work.ts';
import type { Run, Subject, Towers } from './subject.ts';

export async function ours({ subject, model, threads, named }: Task): Promise<Subject> {
  await startEngine(subject, { threads, auto: !named });
  return {
    version: ownVersion(),
    load: async () => towers(await load(model, { backend: subject, threads, onNote: () => undefined })),
  };
}

function towers({ model, tokenizer }: LoadedModel): Towers {
  const { image_resolution: side } = model.config;
  const pictures = (pixels: Float32Array, batch: number) => tf.tensor4d(pixels, [batch, 3, side, side]);
  return {
    image: (pixels, batch) => {
      const images = pictures(pixels, batch);
      return () => valuesOf(model.encodeImage(images));
    },
    text: (ids, batch, length) => {
      const tokens = tf.tensor2d(ids, [batch, length], 'int32');
      return () => valuesOf(model.encodeText(tokens));
    },
    train: (pixels, ids, batch) => {
      const tokens = tf.tensor2d(ids, [batch, ids.length / batch], 'int32');
      return trainingStep(model, { images: pictures(pixels, batch), tokens });
    },
    preprocess: (data) => async () =>
      preprocess({ mode: 'RGB', width: WIDTH, height: HEIGHT, data }, side, model.config),
    tokenize: (texts) => async () => {
      const ids: number[] = [];
      for (const text of texts)
        ids.push(tokenizer.startOfText, ...tokenizer.encode(text), tokenizer.endOfText);
      return Float32Array.from(ids);
    },
  };
}

function trainingStep(model: LoadedModel['model'], batch: { images: tf.Tensor4D; tokens: tf.Tensor2D }): Run {
  const trained = trainableParameters(model);
  const optimizer = new AdamW(trained, TRAINING);
  const [one] = trained.values();
  return async () => {
    const { loss, accuracy, gradients } = lossAndGradients(model, batch, trained);
    const value = (await loss.data()) as Float32Array;
    optimizer.step(gradients, TRAINING.learningRate);
    await one!.value.data(); // the step is over once its result is there
    tf.dispose([loss, accuracy, ...gradients.values()]);
    return value.slice();
  };
}

async function valuesOf(tensor: tf.Tensor): Promise<Float32Array> {
  const values = (await tensor.data()) as Float32Array;
  tensor.dispose();
  return values;
}
