// Every recorded case of scripts/record_pictures.py, exactly: generated pictures in every mode, and files.
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { cropPicture } from '../../../src/data/pictures/crop.ts';
import { readPicture } from '../../../src/data/pictures/decode.node.ts';
import type { Mode, Picture } from '../../../src/data/pictures/picture.ts';
import { preprocess } from '../../../src/data/pictures/preprocess.ts';
import { generate } from './generate-picture.ts';

interface Expected {
  readonly size: number;
  readonly cropped: string;
  readonly values: string;
}
interface Case extends Expected {
  readonly mode: Mode;
  readonly width: number;
  readonly height: number;
}
interface Recording {
  readonly cases: (Case & { readonly seed: number })[];
  readonly files: (Case & { readonly file: string })[];
  readonly diagram?: Expected;
}

const fixtures = new URL('../../fixtures/', import.meta.url);
const recording: Recording = JSON.parse(readFileSync(new URL('pictures.json', fixtures), 'utf8'));
const sha256 = (array: Uint8Array | Float32Array): string =>
  createHash('sha256')
    .update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength))
    .digest('hex');

function results(picture: Picture, size: number): Expected {
  return { size, cropped: sha256(cropPicture(picture, size)), values: sha256(preprocess(picture, size)) };
}
const hashes = ({ size, cropped, values }: Expected): Expected => ({ size, cropped, values });

test('the recording is as large as it should be', () => {
  expect(recording.cases.length).toBeGreaterThanOrEqual(320);
  expect(new Set(recording.cases.map(({ mode }) => mode)).size).toBe(8);
  expect(recording.files.length).toBeGreaterThanOrEqual(100);
});

for (const mode of ['1', 'L', 'LA', 'P', 'RGB', 'RGBA', 'CMYK', 'I;16'] as const) {
  const cases = recording.cases.filter((recorded) => recorded.mode === mode);
  test(`mode ${mode}: ${cases.length} sizes equal Pillow and torchvision`, () => {
    expect(cases.length).toBeGreaterThan(20);
    for (const { width, height, seed, ...recorded } of cases) {
      const picture = generate(mode, width, height, seed);
      expect({ width, height, seed, ...results(picture, recorded.size) }).toEqual({
        width,
        height,
        seed,
        ...hashes(recorded),
      });
    }
  });
}

test.each(recording.files.map((recorded) => [recorded.file, recorded.size, recorded] as const))(
  'file %s at size %i',
  async (file, size, recorded) => {
    const picture = await readPicture(new URL(`pictures/${file}`, fixtures).pathname);
    const { mode, width, height } = picture;
    expect({ mode, width, height }).toEqual({
      mode: recorded.mode,
      width: recorded.width,
      height: recorded.height,
    });
    expect(results(picture, size)).toEqual(hashes(recorded));
  },
);

const diagram = new URL('../../../../shared/data/openai-clip/CLIP.png', import.meta.url).pathname;
const missing = existsSync(diagram) ? '' : ` (skipped: no ${'../shared/data/openai-clip/CLIP.png'})`;
test.skipIf(missing !== '')(`OpenAI's own picture${missing}`, async () => {
  expect(results(await readPicture(diagram), 224)).toEqual(recording.diagram);
});
