// The trained head: it learns what neither the picture nor the question alone can tell, and comes back from its file the same.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openCheckpoint } from '../../../src/checkpoint/checkpoint.ts';
import { modelFingerprint } from '../../../src/checkpoint/fingerprint.ts';
import { safetensorsChunks } from '../../../src/checkpoint/safetensors-writer.ts';
import { releaseModel } from '../../../src/checkpoint/state-dict.ts';
import { bytesSource } from '../../../src/data/bytes/byte-source.ts';
import { randomBits, uniform } from '../../../src/data/random.ts';
import { questionedScene } from '../../../src/data/shapes/question-sets.ts';
import { load } from '../../../src/tasks/load.node.ts';
import type { LoadedModel } from '../../../src/tasks/loaded-model.ts';
import { answerWithHead } from '../../../src/tasks/vqa/answer-with-head.ts';
import { encodeQuestions } from '../../../src/tasks/vqa/encode.node.ts';
import { blinded, type EncodedQuestions, rowsOf, scaleRows } from '../../../src/tasks/vqa/encoded.ts';
import { openFusion, saveFusion } from '../../../src/tasks/vqa/fusion-file.node.ts';
import { fusionToWrite, readFusion } from '../../../src/tasks/vqa/fusion-file.ts';
import { learnFusion, rightOnes } from '../../../src/tasks/vqa/learn.ts';
import { byKind, CROSSED, priorRight } from '../../../src/tasks/vqa/measure.ts';
import { sceneQuestions } from '../../../src/tasks/vqa/question-set.ts';

const WIDTH = 8;
const PATCHES = { count: 4, width: 6 };

/** The answer is whether the picture's mark, at the place the question names, is positive: of its feature or of a patch. */
function puzzle(count: number, seed: number, inPatch: boolean): EncodedQuestions {
  const bits = randomBits(seed);
  const places = 3;
  const width = WIDTH + PATCHES.count * PATCHES.width;
  const pictures = new Float32Array(count * width).map(() => uniform(bits));
  const questions = new Float32Array(places * WIDTH).map(() => uniform(bits));
  scaleRows(pictures, width, WIDTH);
  scaleRows(questions, WIDTH, WIDTH);
  const items = Array.from({ length: count }, (_, picture) => {
    const place = bits() % places;
    const at = picture * width + (inPatch ? WIDTH + place * PATCHES.width : place);
    return { picture, question: `${place}`, answer: pictures[at]! > 0 ? 'yes' : 'no' };
  });
  return {
    items,
    pictures,
    width,
    questions,
    questionWidth: WIDTH,
    pictureRows: Int32Array.from({ length: count }, (_, i) => i),
    questionRows: Int32Array.from(items, ({ question }) => Number(question)),
  };
}

/** The same questions for both parts, or what is learned of one says nothing of the other. */
function parts(inPatch: boolean): [EncodedQuestions, EncodedQuestions] {
  const whole = puzzle(1500, 3, inPatch);
  const part = (start: number, end: number): EncodedQuestions => ({
    ...whole,
    items: whole.items.slice(start, end),
    pictureRows: whole.pictureRows.slice(start, end),
    questionRows: whole.questionRows.slice(start, end),
  });
  return [part(0, 1200), part(1200, 1500)];
}

let loaded: LoadedModel;
let folder: string;
beforeAll(async () => {
  loaded = await load('mini', { backend: 'wasm', onNote: () => {} });
  folder = mkdtempSync(join(tmpdir(), 'clip-tfjs-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

const settings = { epochs: 12, hidden: 32, learningRate: 0.02, seed: 1 };

describe('a head', () => {
  test('learns what only picture and question together tell, and not without the picture', async () => {
    const [train, held] = parts(false);
    const before = tf.memory().numTensors;
    const pooled = ({ items, pictures, width, ...rest }: EncodedQuestions): EncodedQuestions => {
      const own = new Float32Array((pictures.length / width) * WIDTH).map(
        (_, i) => pictures[Math.floor(i / WIDTH) * width + (i % WIDTH)]!,
      );
      return { ...rest, items, pictures: own, width: WIDTH };
    };
    const learned = await learnFusion(pooled(train), pooled(held), undefined, settings);
    expect(learned.accuracy).toBeGreaterThan(0.85);
    expect(learned.answers).toEqual(['no', 'yes']);
    const blind = await learnFusion(blinded(train), blinded(held), undefined, settings);
    expect(blind.accuracy).toBeLessThan(0.65);
    const right = await rightOnes(learned.fusion, learned.answers, pooled(held));
    expect(right.filter(Boolean).length / right.length).toBe(learned.accuracy); // the best epoch's weights are those kept
    for (const { fusion } of [learned, blind]) releaseModel(fusion);
    expect(tf.memory().numTensors).toBe(before);
  });

  test('finds in the patches what the feature does not have', async () => {
    const [train, held] = parts(true);
    const learned = await learnFusion(train, held, PATCHES, { ...settings, epochs: 20 });
    expect(learned.accuracy).toBeGreaterThan(0.8);
    releaseModel(learned.fusion);
  });

  test('is the same from the same seed, to the last bit', async () => {
    const [train, held] = parts(true);
    const logits: Float32Array[] = [];
    for (let i = 0; i < 2; i++) {
      const { fusion } = await learnFusion(train, held, PATCHES, { ...settings, epochs: 1 });
      logits.push((await fusion.call(...rowsOf(held, [0, 1, 2])).data()) as Float32Array);
    }
    expect(logits[0]).toEqual(logits[1]);
  });

  test('needs two answers', async () => {
    const [train, held] = parts(false);
    const alike = { ...train, items: train.items.map((item) => ({ ...item, answer: 'yes' })) };
    await expect(learnFusion(alike, held, undefined, settings)).rejects.toThrow(
      'all questions have the same answer: expected two different answers or more, got yes',
    );
  });
});

describe('a file', () => {
  test('gives back a head that answers the same about a picture, but for half precision', async () => {
    const train = sceneQuestions('train', 40);
    const encoded = await encodeQuestions(loaded, train, 'patches');
    const patches = { count: 16, width: 128 };
    const { fusion, answers } = await learnFusion(encoded, encoded, patches, { epochs: 2, hidden: 16 });
    const saved = { fusion, answers, model: 'mini', base: await modelFingerprint(loaded.model) };
    const path = join(folder, 'head.safetensors');
    await saveFusion(path, saved);
    const read = await openFusion(path, loaded);
    expect(read).toMatchObject({ answers, model: 'mini', base: saved.base });
    const { image } = questionedScene('train', 0);
    const question = train.items[0]!.question;
    const [theirs, ours] = [
      await answerWithHead(loaded, image, question, read, { top: 40 }),
      await answerWithHead(loaded, image, question, saved, { top: 40 }),
    ];
    expect(theirs).toHaveLength(answers.length);
    expect(theirs.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 5);
    for (const { answer, probability } of ours) {
      expect(theirs.find((one) => one.answer === answer)!.probability).toBeCloseTo(probability, 2);
    }
    // One picture asked alone is what the batches of training and measuring saw.
    const best = await rightOnes(fusion, answers, encoded);
    expect(best[0]).toBe(ours[0]!.answer === train.items[0]!.answer);

    const some = await answerWithHead(loaded, image, question, read, { answers: answers.slice(0, 2) });
    expect(some.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 5);
    await expect(answerWithHead(loaded, image, question, read, { answers: ['cat'] })).rejects.toThrow(
      'the head does not know the answer cat',
    );

    const { tensors, metadata } = await fusionToWrite({ ...saved, base: 'another' });
    const other = join(folder, 'other.safetensors');
    await saveFusion(other, { ...saved, base: 'another' });
    await expect(openFusion(other, loaded)).rejects.toThrow(/other\.safetensors belongs to another model/);

    const reading = async (change: (said: Map<string, string>) => void, some = tensors): Promise<unknown> => {
      const said = new Map(metadata);
      change(said);
      const chunks: Uint8Array[] = [];
      for await (const chunk of safetensorsChunks(some, said)) chunks.push(chunk);
      return readFusion(await openCheckpoint(bytesSource(Buffer.concat(chunks))), 'a.safetensors');
    };
    await expect(reading((said) => said.delete('vqa'))).rejects.toThrow(
      'a.safetensors is no head for questions',
    );
    await expect(reading((said) => said.set('vqa', '[]'))).rejects.toThrow('a JSON object');
    await expect(reading((said) => said.set('vqa', '{"version":2}'))).rejects.toThrow('another version');
    await expect(reading((said) => said.set('vqa', '{"version":1,"width":1e99,"hidden":2}'))).rejects.toThrow(
      'sizes',
    );
    await expect(reading((said) => said.set('labels', '["yes","yes"]'))).rejects.toThrow('different answers');
    await expect(reading(() => {}, tensors.slice(1))).rejects.toThrow('a.safetensors');
  });
});

describe('what is counted', () => {
  const item = (question: string, answer: string, kind?: 'count' | 'yes/no', bound?: boolean) => ({
    picture: 0,
    question,
    answer,
    kind,
    bound,
  });

  test('is told by kind, with its interval', () => {
    const items = [
      item('a', '1', 'count'),
      item('b', '2', 'count'),
      item('c', 'no', 'yes/no', true),
      item('d', 'yes', 'yes/no', true),
    ];
    const shares = byKind(items, [true, false, false, true]);
    expect([...shares.keys()].sort()).toEqual(['all', 'count', 'yes/no', CROSSED].sort());
    expect(shares.get('count')).toMatchObject({ right: 1, count: 2, accuracy: 0.5 });
    expect(shares.get(CROSSED)).toMatchObject({ right: 0, count: 1 });
    const [low, high] = shares.get('all')!.interval;
    expect([low.toFixed(3), high.toFixed(3)]).toEqual(['0.150', '0.850']); // Wilson's, 2 of 4
  });

  test('the most frequent answer is that of the question, else of how it begins, else of all', () => {
    const train = [
      item('how many stars?', '1'),
      item('how many stars?', '1'),
      item('how many stars?', '2'),
      item('how many rings?', '2'),
      item('how many rings?', '2'),
      item('where is it?', 'left'),
    ];
    const test = [
      item('how many stars?', '1'),
      item('how many hearts?', '2'),
      item('who is it?', '2'),
      item('where is it?', 'right'),
    ];
    expect(priorRight(train, test)).toEqual([true, true, true, false]);
  });
});
