// clip-tfjs vqa, as a user runs it: answers, a head of one's own, what is measured, and what is refused.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { encodePng } from '../../src/data/pictures/encode-png.node.ts';
import { questionedScene } from '../../src/data/shapes/question-sets.ts';
import { shapesExample } from '../../src/data/shapes/shapes.ts';
import { commandLine, ROOT } from './run.ts';

const { folder, clip } = commandLine();
const wasm = ['--backend', 'wasm'];
const BLUE_CIRCLE = 20;

beforeAll(() => {
  const write = (name: string, data: Uint8Array): void =>
    writeFileSync(join(folder, name), encodePng(data, 32, 32));
  write('circle.png', shapesExample(BLUE_CIRCLE, 1).image.data as Uint8Array);
  const lines = ['Picture,question,answer'];
  for (let i = 0; i < 24; i++) {
    const { image, questions } = questionedScene('train', i);
    write(`${i}.png`, image.data as Uint8Array);
    for (const { question, answer } of questions) lines.push(`${i}.png,${question},${answer}`);
  }
  writeFileSync(join(folder, 'questions.csv'), `${lines.join('\n')}\n`);
  writeFileSync(join(folder, 'broken.png'), 'no picture');
});

describe('a question', () => {
  test('has answers with probabilities, best first', () => {
    const { status, stdout } = clip('vqa', 'circle.png', 'what colour is the circle?', '--json', ...wasm);
    expect(status).toBe(0);
    const said = JSON.parse(stdout);
    expect(said).toMatchObject({ model: 'mini', backend: 'wasm', question: 'what colour is the circle?' });
    expect(said.answers).toHaveLength(5);
    expect(said.answers[0].answer).toBe('blue');
    const probabilities = said.answers.map(({ probability }: { probability: number }) => probability);
    expect(probabilities).toEqual(probabilities.toSorted((a: number, b: number) => b - a));
    expect(probabilities[0]).toBeLessThanOrEqual(1);
  });

  test('of another form takes the answers that are given', () => {
    const { status, stdout } = clip(
      'vqa',
      'circle.png',
      'which one is it?',
      '--answers',
      'red star, blue circle',
      '--top',
      '1',
      ...wasm,
    );
    expect(status).toBe(0);
    expect(stdout).toMatch(/^ +blue circle: \d+\.\d\d%\n$/);
  });

  test('is answered by the head that comes with the embedded model', () => {
    const { status, stdout } = clip(
      'vqa',
      'circle.png',
      'what shape is the blue thing?',
      '--head',
      'mini',
      '--json',
      ...wasm,
    );
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      head: 'mini',
      answers: [{ answer: 'circle' }, {}, {}, {}, {}],
    });
  });
});

describe('training', () => {
  test('learns from a table, writes a head that answers and is measured', () => {
    const trained = clip(
      'vqa',
      'train',
      '--data',
      'questions.csv',
      '--out',
      'own.safetensors',
      '--epochs',
      '3',
      '--json',
      ...wasm,
    );
    expect(trained.stderr).toContain('epoch 3 of 3: loss');
    expect(trained.status).toBe(0);
    const report = JSON.parse(trained.stdout);
    expect(report).toMatchObject({ out: 'own.safetensors', features: 'pooled' });
    expect(report.questions + report.heldOut).toBe(
      readFileSync(join(folder, 'questions.csv'), 'utf8').split('\n').length - 2,
    );

    const asked = clip(
      'vqa',
      '0.png',
      'how many shapes are there?',
      '--head',
      'own.safetensors',
      '--json',
      ...wasm,
    );
    expect(JSON.parse(asked.stdout).answers).toHaveLength(5);

    const measured = clip(
      'vqa',
      'eval',
      '--data',
      'questions.csv',
      '--train-data',
      'questions.csv',
      '--head',
      'own.safetensors',
      '--json',
      ...wasm,
    );
    expect(measured.status).toBe(0);
    const { results } = JSON.parse(measured.stdout);
    expect(results.map(({ name }: { name: string }) => name)).toEqual([
      'zero-shot',
      'own.safetensors',
      expect.stringMatching(/^blind/),
    ]);
    for (const { kinds } of results) expect(kinds.all.count).toBe(report.questions + report.heldOut);

    // A file that is there stays, and a head is no model.
    const again = clip('vqa', 'train', '--data', 'questions.csv', '--out', 'own.safetensors', ...wasm);
    expect(again).toMatchObject({ status: 1, stdout: '' });
    expect(again.stderr).toContain('own.safetensors is there already');
    const model = clip('vqa', '0.png', 'how many shapes are there?', '--model', 'own.safetensors', ...wasm);
    expect(model).toMatchObject({ status: 1, stdout: '' });
    expect(model.stderr).toContain('own.safetensors is a head and no model');
    expect(readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
  });
});

describe('refused in one line', () => {
  test.each([
    [['circle.png', ''], 'the question is empty'],
    [['circle.png', 'what is this?'], 'give them: --answers cat,dog,bird'],
    [['circle.png', 'what is this?', '--answers', 'cat,,dog'], 'answer 2 is empty'],
    [['circle.png', 'what is this?', '--answers', 'cat,cat'], 'two answers are equal'],
    [['broken.png', 'is there a star?'], 'broken.png'],
    [['gone.png', 'is there a star?'], 'gone.png'],
    [
      [
        'circle.png',
        'what colour is the circle that is left of the other circle and above the star?',
        '--head',
        'mini',
      ],
      'text too long: expected at most 16 tokens',
    ],
    [
      ['circle.png', 'is there a star?', '--head', 'mini', '--answers', 'perhaps'],
      'the head does not know the answer perhaps',
    ],
    [['circle.png', 'is there a star?', '--head', 'circle.png'], 'circle.png'],
    [
      ['circle.png', 'is there a star?', '--head', join(ROOT, 'weights/mini/model.safetensors')],
      'is no head for questions',
    ],
  ])('vqa %j', (args, message) => {
    const { status, stdout, stderr } = clip('vqa', ...args, ...wasm);
    expect(stderr).toContain(message);
    expect(
      stderr
        .trimEnd()
        .split('\n')
        .filter((line) => !line.startsWith('engine:')),
    ).toHaveLength(1);
    expect({ status, stdout }).toEqual({ status: 1, stdout: '' });
  });

  test.each([
    ['picture,question,answer\n0.png,who?,\n', 'bad.csv line 2: answer: expected a text, got ""'],
    [
      'picture,question\n0.png,who?\n',
      'bad.csv line 2 has no answer: expected a column answer, got picture, question',
    ],
    ['picture,question,answer\n0.png,who?\n', 'bad.csv line 2: expected 3 columns'],
    ['picture,question,answer\n', 'bad.csv has no questions'],
  ])('a table %j', (text, message) => {
    writeFileSync(join(folder, 'bad.csv'), text);
    const { status, stderr } = clip(
      'vqa',
      'train',
      '--data',
      'bad.csv',
      '--out',
      'never.safetensors',
      ...wasm,
    );
    expect(stderr).toContain(message);
    expect(status).toBe(1);
    expect(existsSync(join(folder, 'never.safetensors'))).toBe(false);
  });

  test('a wrong use is told as one', () => {
    expect(clip('vqa', 'circle.png').status).toBe(2);
    expect(clip('vqa', 'train', '--out', 'head.bin')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('expected a name that ends in .safetensors'),
    });
  });
});
