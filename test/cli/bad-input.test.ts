// What a user sees who made a mistake: one line, status 1 (2 for usage), nothing half-written.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fixture } from '../support.ts';
import { commandLine, ROOT } from './run.ts';

const { folder, clip } = commandLine();
const model = fixture('checkpoints/tiny-vit.pt');
const picture = fixture('pictures/colour-444.jpg');
const labels = ['--labels', 'cat,dog'];

function file(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return name;
}

const jpeg = readFileSync(picture);
const archive = readFileSync(model);
const classify = (...args: string[]) => ['classify', ...args, '--model', model];

test.each<[what: string, args: string[], message: RegExp]>([
  ['a missing picture', classify('none.png', ...labels), /none\.png: no such file/],
  ['an empty picture', classify(file('empty.png', ''), ...labels), /empty\.png: the file is empty/],
  ['a truncated picture', classify(file('cut.jpg', jpeg.subarray(0, 300)), ...labels), /cut\.jpg: /],
  [
    'a text as a picture',
    classify(file('text.png', 'hello'), ...labels),
    /text\.png: not a picture.*PNG, JPEG, WebP or GIF/,
  ],
  ['a folder as a picture', classify('.', ...labels), /a folder/],
  [
    'a text over the context length',
    classify(picture, '--labels', `dog,${'cat '.repeat(40)}`),
    /text 2 of 2 too long: expected at most 16 tokens.*got \d+ \(too much is .*--truncate/,
  ],
  ['an empty label', classify(picture, '--labels', 'cat,,dog'), /label 2 is empty/],
  [
    'two equal labels',
    classify(picture, '--labels', 'cat,dog,cat'),
    /two labels are equal.*label 1 and label 3/,
  ],
  ['a template without {}', classify(picture, ...labels, '--template', 'a photo'), /one \{\}.*"a photo"/],
  [
    'a pickle as a model',
    ['classify', picture, ...labels, '--model', file('bare.pt', Uint8Array.of(0x80, 2, 0x7d, 0x2e))],
    /not a zip/,
  ],
  ['half an archive', ['inspect', file('half.pt', archive.subarray(0, 300_000))], /half\.pt/],
  [
    'a data set that is not there',
    ['show', '--dataset', 'cifar100', '--data', 'none', '--index', '1', '--figure', 'x.png'],
    /none/,
  ],
  ['an unknown model', ['inspect', 'ViT-Z/1'], /no model ViT-Z\/1: expected .*ViT-B\/32/],
  [
    'a model whose weights are not here',
    ['inspect', 'ViT-B/32'],
    /ViT-B-32\.pt.*clip-tfjs download ViT-B\/32/,
  ],
  [
    'a safetensors header that lies about offsets',
    ['inspect', file('lies.safetensors', lyingSafetensors())],
    /lies\.safetensors|offset/,
  ],
  [
    'a folder that is not there',
    classify(picture, ...labels, '--figure', 'none/out.png'),
    /none\/out\.png cannot be written/,
  ],
  [
    'an engine that is not installed',
    [...classify(picture, ...labels), '--backend', 'cuda'],
    /cuda.*not set up.*clip-tfjs setup cuda/,
  ],
  [
    'a line that is no JSON string',
    ['tokenize', '--input', file('bad.jsonl', '"a"\n{}\n')],
    /bad\.jsonl, line 2: expected one JSON string, got \{\}/,
  ],
  ['a missing list of texts', ['tokenize', '--input', 'none.jsonl'], /none\.jsonl/],
  [
    'a missing list of labels',
    classify(picture, '--labels-file', 'none.txt'),
    /none\.txt: expected a text file, got no such file/,
  ],
  [
    'labels that are no text',
    classify(picture, '--labels-file', file('labels.bin', Uint8Array.of(0xff, 0xfe, 0))),
    /labels\.bin: expected text in UTF-8/,
  ],
  [
    'a checkpoint that lacks tensors',
    [
      'classify',
      picture,
      ...labels,
      '--model',
      file('lack.safetensors', without(/^visual\.proj$|resblocks\.1\.ln_2\.bias/)),
    ],
    /lack\.safetensors: the checkpoint does not fit the model: only in the model \(3\): visual\.proj \[128,128\]/,
  ],
  [
    'a checkpoint without the text tower',
    ['inspect', file('half.safetensors', without(/^(?!visual)/))],
    /half\.safetensors: not a CLIP checkpoint: it lacks text_projection, positional_embedding, /,
  ],
  [
    'a picture among good ones',
    ['preprocess', picture, 'text.png', '--out', 'mixed'],
    /text\.png: not a picture/,
  ],
  ['two pictures for one file', ['preprocess', picture, picture, '--out', 'arrays'], /one file/],
])('%s', (_, args, message) => {
  const { status, stdout, stderr } = clip(...args);
  const lines = stderr
    .trimEnd()
    .split('\n')
    .filter((line) => !line.startsWith('engine: '));
  expect(lines).toHaveLength(1);
  expect(lines[0]).toMatch(/^clip-tfjs: /);
  expect(lines[0]).toMatch(message);
  expect(stdout.replace('[49406,320,49407]\n', '').replace('49406 320 49407\n', '')).toBe('');
  expect(status).toBe(1);
});

test.each<[what: string, args: string[], message: RegExp]>([
  ['no command', [], /Usage: clip-tfjs/],
  ['an unknown command', ['clasify'], /unknown command 'clasify'\n\(Did you mean classify\?\)/],
  ['an unknown option', [...classify(picture, ...labels), '--tpo', '3'], /unknown option '--tpo'/],
  ['no labels', classify(picture), /no labels: expected --labels/],
  ['no picture', classify(...labels), /expected pictures, or --dataset/],
  ['an option that is no number', classify(picture, ...labels, '--top', 'x'), /whole number of at least 1/],
  ['an unknown data set', classify('--dataset', 'mnist', '--index', '1'), /no data set mnist/],
  [
    'an unknown engine',
    [...classify(picture, ...labels), '--backend', 'abacus'],
    /'abacus'.*auto, cuda, native, webgpu, wasm, cpu/,
  ],
  ['an index below 0', classify('--dataset', 'shapes', '--index', '-1'), /whole number of at least 0/],
  ['an index without a data set', [...classify(picture, ...labels), '--index', '5'], /go with --dataset/],
  ['a figure that is no PNG', [...classify(picture, ...labels), '--figure', 'x.jpg'], /ends in \.png/],
  ['an unknown stage', ['preprocess', picture, '--out', 'x.npy', '--stage', 'raw'], /normalised or cropped/],
])('usage: %s', (_, args, message) => {
  const { status, stderr } = clip(...args);
  expect(stderr).toMatch(message);
  expect(status).toBe(2);
});

test('nothing is left of what failed', () => {
  expect(
    readdirSync(folder)
      .filter((name) => /part|\.npy$|\.png$/.test(name))
      .sort(),
  ).toEqual(['empty.png', 'text.png']);
  expect(existsSync(join(folder, 'arrays'))).toBe(false);
  expect(existsSync(join(folder, 'mixed'))).toBe(false);
});

test('--verbose adds the stack', () => {
  const { stderr } = clip('--verbose', 'inspect', 'ViT-Z/1');
  expect(stderr).toMatch(/^clip-tfjs: no model.*\nClipError: .*\n {4}at /);
});

/** The embedded model's file, its header changed. */
function edited(
  change: (header: Record<string, { data_offsets: [number, number] }>, data: Uint8Array) => void,
): Uint8Array {
  const bytes = Uint8Array.from(readFileSync(join(ROOT, 'weights/mini/model.safetensors')));
  const length = Number(new DataView(bytes.buffer).getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, 8 + length)));
  const data = bytes.slice(8 + length);
  change(header, data);
  const text = new TextEncoder().encode(JSON.stringify(header));
  const file = new Uint8Array(8 + text.length + data.length);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  file.set(data, 8 + text.length);
  return file;
}

test('weights that are NaN are named, and loading goes on', () => {
  const nan = file('nan.safetensors', nanModel());
  const { status, stderr } = clip('classify', picture, ...labels, '--truncate', '--model', nan);
  expect(status).toBe(1); // only at the end: no answer is made of them
  const [warning, engine, error] = stderr.split('\n');
  expect(warning).toMatch(/^nan\.safetensors has weights that are NaN or infinite: \d+ in [a-z_.0-9]+$/);
  expect(engine).toMatch(/^engine: /);
  expect(error).toMatch(/^clip-tfjs: the features of the texts are not finite/);
  const { stdout } = clip('inspect', nan, '--image', picture, '--json');
  expect(JSON.parse(stdout).taps.length).toBeGreaterThan(10);
});

function nanModel(): Uint8Array {
  return edited((header, data) => {
    const [start, end] = header['ln_final.weight']!.data_offsets;
    data.fill(0xff, start, end); // every float32 of it is NaN
  });
}

/** The names that match are others: what they were is lacking. */
function without(names: RegExp): Uint8Array {
  return edited((header) => {
    for (const name of Object.keys(header).filter((name) => name !== '__metadata__' && names.test(name))) {
      header[`other.${name}`] = header[name]!;
      delete header[name];
    }
  });
}

/** Two tensors that claim the same bytes. */
function lyingSafetensors(): Uint8Array {
  const entry = { dtype: 'F32', shape: [1], data_offsets: [0, 4] };
  const header = new TextEncoder().encode(
    JSON.stringify({ a: entry, b: { ...entry, data_offsets: [2, 6] } }),
  );
  const bytes = new Uint8Array(8 + header.length + 6);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(header.length), true);
  bytes.set(header, 8);
  return bytes;
}
