// `clip-tfjs classify` and `eval`, held to what OpenAI's code said (scripts/record_classify.py).
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PNG } from 'pngjs';
import { describe, expect, test } from 'vitest';
import { fixture, sharedFile } from '../support.ts';
import { commandLine } from './run.ts';

interface Case {
  archive: string;
  templates: string[];
  labels: string[];
  pictures: string[];
  cosines: number[][];
  probabilities: number[][];
}

const { folder, clip } = commandLine();
const cases = JSON.parse(readFileSync(fixture('classify.json'), 'utf8')) as Case[];
const model = fixture('checkpoints/tiny-vit.pt');
const picture = fixture('pictures/colour-444.jpg');

test.each(cases.map((c, i) => [i, c] as const))(
  'case %d: labels, order and probabilities are Python’s',
  (_, recorded) => {
    const { status, stdout, stderr } = clip(
      'classify',
      ...recorded.pictures.map((name) => fixture(name)),
      '--labels',
      recorded.labels.join(','),
      ...recorded.templates.flatMap((template) => ['--template', template]),
      '--model',
      fixture('checkpoints', recorded.archive),
      '--truncate',
      '--json',
    );
    expect(stderr).toMatch(/^engine: \w+\n$/);
    expect(status).toBe(0);
    const { results } = JSON.parse(stdout);
    expect(results).toHaveLength(recorded.pictures.length);
    recorded.pictures.forEach((_, row) => {
      const probabilities = recorded.probabilities[row]!;
      const order = recorded.labels.map((_, i) => i).sort((a, b) => probabilities[b]! - probabilities[a]!);
      const { predictions } = results[row];
      expect(predictions.map(({ label }: { label: string }) => label)).toEqual(
        order.map((i) => recorded.labels[i]),
      );
      order.forEach((label, place) => {
        // fp32 on both sides; cosines differ by a few 1e-7, and 100 of them stand in an exponent.
        expect(Math.abs(predictions[place].cosine - recorded.cosines[row]![label]!)).toBeLessThan(2e-6);
        expect(Math.abs(predictions[place].probability - probabilities[label]!)).toBeLessThan(1e-4);
      });
    });
  },
);

describe('what it prints', () => {
  test('the article’s layout', () => {
    const { stdout, status } = clip(
      'classify',
      picture,
      '--labels',
      'snake,sweet_pepper',
      '--truncate',
      '--model',
      model,
    );
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /^\nTop predictions:\n\n( {11}snake| {4}sweet_pepper): \d+\.\d\d%\n.{16}: \d+\.\d\d%\n$/,
    );
  });

  test('each picture’s name, where there are several', () => {
    const { stdout } = clip(
      'classify',
      picture,
      picture,
      '--labels',
      'cat,dog',
      '--top',
      '1',
      '--model',
      model,
    );
    expect(stdout.split(picture)).toHaveLength(3);
    expect(stdout.match(/%/g)).toHaveLength(2);
  });

  test('a figure', () => {
    const { status } = clip(
      'classify',
      picture,
      '--labels',
      'cat,dog',
      '--model',
      model,
      '--figure',
      'out.png',
    );
    expect(status).toBe(0);
    const { width, height, data } = PNG.sync.read(readFileSync(join(folder, 'out.png')));
    expect(width).toBeGreaterThan(600);
    expect(height).toBeGreaterThan(250);
    expect(new Set(data).size).toBeGreaterThan(20); // not a blank page
  });
});

const cifar = sharedFile('cifar-100-python.tar.gz');
const onCifar = ['--dataset', 'cifar100', '--data', cifar!, '--model', model, '--truncate'];

describe.skipIf(!cifar)('on the real CIFAR-100', () => {
  test('classify takes the data set’s names', () => {
    const { stdout, status } = clip('classify', ...onCifar, '--index', '3637', '--json');
    expect(status).toBe(0);
    const { results } = JSON.parse(stdout);
    expect(results[0]).toMatchObject({ image: 'cifar100[3637]', index: 3637, label: 'snake' });
    expect(results[0].predictions).toHaveLength(5);
  });

  test('eval counts', () => {
    const { stdout, status } = clip('eval', ...onCifar, '--limit', '70', '--json');
    expect(status).toBe(0);
    const { count, top1, top5, meanPerClass } = JSON.parse(stdout);
    expect(count).toBe(70);
    expect(top1).toBeLessThanOrEqual(top5);
    expect(top1 * 70).toBeCloseTo(Math.round(top1 * 70), 9);
    expect(meanPerClass).toBeGreaterThanOrEqual(0);
  });

  test('an index out of range', () => {
    const { stderr, status } = clip('classify', ...onCifar, '--index', '10000');
    expect(stderr).toBe('clip-tfjs: picture index: expected 0…9999, got 10000\n');
    expect(status).toBe(1);
  });

  test('show: a picture with its title', () => {
    const show = [
      'show',
      '--dataset',
      'cifar100',
      '--data',
      cifar!,
      '--index',
      '3637',
      '--figure',
      'snake.png',
    ];
    expect(clip(...show).stderr).toBe('wrote snake.png, titled Label: 78\n');
    expect(clip(...show, '--name').stderr).toBe('wrote snake.png, titled Label: 78 (snake)\n');
    expect(PNG.sync.read(readFileSync(join(folder, 'snake.png'))).width).toBeGreaterThan(400);
  });
});
