// What is known of the published files before they are here, and whether the documentation says the same.
import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { downloadPublished } from '../../../src/checkpoint/download/download.node.ts';
import {
  downloadableNames,
  publishedFile,
  TENSOR_BYTES,
} from '../../../src/checkpoint/download/published.node.ts';
import { OPENAI_MODELS } from '../../../src/checkpoint/openai-models.ts';
import { CLIP } from '../../../src/model/clip.ts';
import { sharedFile } from '../../support.ts';
import { failure } from './server.ts';

/** What OpenAI's convert_weights leaves in fp32, and the statistics that batch norm counts. */
const FP32 =
  /(^|\.)(positional_embedding|class_embedding|logit_scale|token_embedding\.weight|(ln_\w+|bn\d|downsample\.1)\.\w+)$/;

test.each(OPENAI_MODELS)('$name: the tensors’ bytes, and what the file may have', ({ name, config }) => {
  let bytes = 3 * 8; // input_resolution, context_length, vocab_size
  for (const [key, { size }] of new CLIP(config).namedParameters()) {
    bytes += size * (FP32.test(key) ? 4 : 2);
    if (key.endsWith('running_mean')) bytes += 8; // num_batches_tracked, beside it
  }
  expect(TENSOR_BYTES[name]).toBe(bytes);
  const { least, about, most } = publishedFile(name).bytes;
  expect([least < about, about + 1e6 < most]).toEqual([true, true]);
});

const layout = sharedFile('openai-clip/ViT-B-32.layout.json');
test.skipIf(!layout)('ViT-B/32: the same as in the real file', () => {
  const tensors: { start: number; end: number }[] = Object.values(JSON.parse(readFileSync(layout!, 'utf8')));
  const bytes = tensors.reduce((total, { start, end }) => total + (end - start || 0), 0);
  expect(TENSOR_BYTES['ViT-B/32']).toBe(bytes);
});

test('each is where Python’s code keeps it', () => {
  expect(downloadableNames()).toHaveLength(10);
  expect(publishedFile('ViT-L/14@336px')).toMatchObject({
    file: 'ViT-L-14-336px.pt',
    folder: join(homedir(), '.cache', 'clip'),
    digest: { algorithm: 'sha256', hex: expect.stringMatching(/^3035c92b/) },
  });
  expect(publishedFile('cifar100')).toMatchObject({
    file: 'cifar-100-python.tar.gz',
    folder: join(homedir(), '.cache'),
    digest: { algorithm: 'md5' },
    bytes: { least: 169_001_437, most: 169_001_437 },
  });
});

test('another name: the names there are', async () => {
  expect(await failure(downloadPublished('ViT-B-32'))).toMatch(
    /nothing to fetch is called ViT-B-32: expected one of RN50, .*ViT-L\/14@336px, cifar100/,
  );
});

describe('weights/README.md', () => {
  const page = readFileSync(join(import.meta.dirname, '../../../weights/README.md'), 'utf8');

  test.each(downloadableNames())('%s: file, size, digest and address', (name) => {
    const { file, url, digest, bytes } = publishedFile(name);
    const size = `${(bytes.about / 1e6).toFixed(1)} MB`;
    expect(page).toContain(`| ${name} | \`${file}\` | ${size} | \`${digest.hex}\` | ${url} |`);
  });
});
