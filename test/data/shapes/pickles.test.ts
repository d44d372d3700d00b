// Shapes-100 as files: read back by our reader, and by Python as the article reads CIFAR-100.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCifar100 } from '../../../src/data/cifar.node.ts';
import { NumpyArray } from '../../../src/data/pickle/numpy.ts';
import { unpickle } from '../../../src/data/pickle/unpickle.ts';
import { type Picklable, writePickle } from '../../../src/data/pickle/write-pickle.ts';
import { COARSE_NAMES, FINE_NAMES } from '../../../src/data/shapes/classes.ts';
import { shapesTest, shapesTrain } from '../../../src/data/shapes/shapes.ts';
import { writeShapes } from '../../../src/data/shapes/write-shapes.node.ts';
import { ClipError } from '../../../src/errors.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clip-shapes-'));
  await writeShapes(join(folder, 'shapes-100'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('writePickle', () => {
  const noGlobals = { globals: () => undefined };

  it.each<[string, Picklable]>([
    ['whole numbers', [0, 255, 256, -1, 2 ** 31 - 1, -(2 ** 31)]],
    ['text', ['', 'blue star', 'x'.repeat(300), 'x'.repeat(5000), 'é 蓝 🔵', '\0\n']],
    [
      'nested lists and dicts',
      new Map<string, Picklable>([
        ['a', [[], new Map()]],
        ['b', new Map([['c', 1]])],
      ]),
    ],
  ])('%s come back from our reader', (_, value) => {
    expect(unpickle(writePickle(value), noGlobals)).toEqual(value);
  });

  it('refuses what the format here does not hold', () => {
    for (const number of [2 ** 31, 0.5, Number.NaN]) {
      expect(() => writePickle(number)).toThrow(
        `a number to pickle: expected a whole one of 32 bits, got ${number}`,
      );
    }
    const array = new NumpyArray();
    array.dtype = 'i8';
    expect(() => writePickle(array)).toThrow(/expected row-major u1, less than 2 GiB, got i8, 0 bytes/);
  });
});

describe('the folder', () => {
  it.each([shapesTest(), shapesTrain()])('is read as CIFAR-100 is (%#)', async (drawn) => {
    const read = await openCifar100(join(folder, 'shapes-100'), drawn.split);
    expect([read.count, read.fineNames, read.coarseNames]).toEqual([drawn.count, FINE_NAMES, COARSE_NAMES]);
    expect(read.fineLabels).toEqual(drawn.fineLabels);
    expect(read.coarseLabels).toEqual(drawn.coarseLabels);
    for (const index of [0, 1, 777, drawn.count - 1]) expect(read.image(index)).toEqual(drawn.image(index));
  });

  it('holds three files and nothing else', async () => {
    expect((await readdir(join(folder, 'shapes-100'))).sort()).toEqual(['meta', 'test', 'train']);
  });

  it('cannot be made where a file is', async () => {
    const path = join(folder, 'a-file');
    await writeFile(path, '');
    await expect(writeShapes(path)).rejects.toThrow(ClipError);
  });
});

/** Reads as the article does, and answers with what it found. Prints the picture too, where matplotlib is installed. */
const READ = `
import hashlib, json, pickle, sys
import numpy as np
folder, figure, index = sys.argv[1], sys.argv[2], 1234
def load(name):
    with open(folder + '/' + name, 'rb') as file:
        return pickle.load(file, encoding='latin1')
meta, test, train = load('meta'), load('test'), load('train')
image = test['data'][index].reshape(3, 32, 32).transpose(1, 2, 0)
try:
    import matplotlib
    matplotlib.use('Agg')
    import matplotlib.pyplot as plt
    plt.imshow(image, interpolation='bilinear')
    plt.axis('off')
    plt.title('Label: ' + str(test['fine_labels'][index]))
    plt.savefig(figure)
except ImportError:
    pass
print(json.dumps({
    'fine': meta['fine_label_names'], 'coarse': meta['coarse_label_names'],
    'keys': sorted(test), 'dtype': str(test['data'].dtype),
    'shapes': [list(test['data'].shape), list(train['data'].shape)],
    'labels': [test['fine_labels'], test['coarse_labels']], 'batch': [test['batch_label'], train['batch_label']],
    'filename': test['filenames'][index],
    'picture': hashlib.sha256(np.ascontiguousarray(image).tobytes()).hexdigest(),
    'mean': float(test['data'].mean()),
}))
`;

const python = ['.venv/bin/python', 'python3'].find(
  (name) => spawnSync(name, ['-c', 'import numpy']).status === 0,
);
if (!python) console.log('skipped: Python reads the pickles, for there is no Python with numpy');

it.skipIf(!python)('Python reads the three pickles with encoding latin1, as the article does', () => {
  const figure = join(folder, 'figure.png');
  const answer = JSON.parse(
    execFileSync(python!, ['-W', 'error', '-c', READ, join(folder, 'shapes-100'), figure], {
      encoding: 'utf8',
    }),
  );
  const split = shapesTest();
  const pictures = Array.from({ length: split.count }, (_, i) => split.image(i).data);
  const total = pictures.reduce((sum, data) => data.reduce((part, value) => part + value, sum), 0);
  expect(answer).toEqual({
    fine: FINE_NAMES,
    coarse: COARSE_NAMES,
    keys: ['batch_label', 'coarse_labels', 'data', 'filenames', 'fine_labels'],
    dtype: 'uint8',
    shapes: [
      [2000, 3072],
      [8500, 3072],
    ],
    labels: [split.fineLabels, split.coarseLabels],
    batch: ['testing batch 1 of 1', 'training batch 1 of 1'],
    filename: `${FINE_NAMES[split.fineLabels[1234]!]!.replace(' ', '_')}_s_001234.png`,
    picture: createHash('sha256').update(pictures[1234]!).digest('hex'),
    mean: expect.closeTo(total / (2000 * 3072), 9),
  });
});
