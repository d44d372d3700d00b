// The TypeScript half of scripts/compare_pictures.py: reads one JSON task a line from standard input, a generated
// picture {mode, width, height, seed, size} or a file {file, size}, and answers each with one JSON line.
import { createHash } from 'node:crypto';
import { createInterface } from 'node:readline';
import { cropPicture } from '../src/data/pictures/crop.ts';
import { readPicture } from '../src/data/pictures/decode.node.ts';
import { preprocess } from '../src/data/pictures/preprocess.ts';
import { generate } from '../test/data/pictures/generate-picture.ts';

const sha256 = (array: Uint8Array | Float32Array): string =>
  createHash('sha256')
    .update(new Uint8Array(array.buffer, array.byteOffset, array.byteLength))
    .digest('hex');

for await (const line of createInterface({ input: process.stdin })) {
  const { file, mode, width, height, seed, size } = JSON.parse(line);
  try {
    const picture = file ? await readPicture(file) : generate(mode, width, height, seed);
    const cropped = sha256(cropPicture(picture, size));
    console.log(JSON.stringify({ mode: picture.mode, cropped, values: sha256(preprocess(picture, size)) }));
  } catch (error) {
    console.log(JSON.stringify({ error: String(error) }));
  }
}
