// OpenAI's ViT-B-32.pt by its layout: the real file's names, shapes, types and order, with zeros for numbers.
import { existsSync, readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { openCheckpoint } from '../../src/checkpoint/checkpoint.ts';
import { bytesSource } from '../../src/data/bytes/byte-source.ts';
import { CLIP } from '../../src/model/clip.ts';
import { inferConfig } from '../../src/model/config.ts';
import { bytesOf, uint32 } from '../data/pickle/pickle-writer.ts';
import { type ZipPart, zipOf } from './zip-writer.ts';

type Entry =
  | { shape: number[]; dtype: 'float16' | 'float32' | 'int64'; start: number; end: number; path: string }
  | { value: number };

const LAYOUT = '../shared/data/openai-clip/ViT-B-32.layout.json';
const isHere = existsSync(LAYOUT);
if (!isHere) console.log(`skipped: the layout of OpenAI's file is not at ${LAYOUT}`);

const STORAGES = { float16: 'Half', float32: 'Float', int64: 'Long' };
const TYPES = { float16: 'F16', float32: 'F32', int64: 'I64' };

type Bytes = Parameters<typeof bytesOf>[0];
const text = (value: string): Bytes => ['X', uint32(value.length), value];
const whole = (value: number): Bytes => ['J', uint32(value)];
const tuple = (values: number[]): Bytes => ['(', values.map(whole), 't'];

function tensor({ shape, dtype, path }: Exclude<Entry, { value: number }>): Bytes {
  const count = shape.reduce((product, size) => product * size, 1);
  const strides = shape.map((_, axis) => shape.slice(axis + 1).reduce((a, b) => a * b, 1));
  return [
    ['ctorch._utils\n_rebuild_tensor_v2\n((', text('storage'), `ctorch\n${STORAGES[dtype]}Storage\n`],
    [text(path.split('/').at(-1)!), text('cuda:0'), whole(count), 'tQ', whole(0)],
    [tuple(shape), tuple(strides), '\x89ccollections\nOrderedDict\n)RtR'],
  ];
}

/** The entries under a prefix as one module: its own attributes, and a module for each name before a dot. */
function moduleOf(entries: [path: string[], entry: Entry][]): Bytes {
  const attributes: Bytes[] = [];
  const seen = new Set<string>();
  for (const [[head, ...rest], entry] of entries) {
    if (seen.has(head!)) continue;
    seen.add(head!);
    const inner = entries
      .filter(([path]) => path[0] === head)
      .map(([path, e]): [string[], Entry] => [path.slice(1), e]);
    const value = rest.length > 0 ? moduleOf(inner) : 'value' in entry ? whole(entry.value) : tensor(entry);
    attributes.push([text(head!), value]);
  }
  return ['c__torch__.multimodal.model\nModule\n)\x81}(', attributes, 'ub'];
}

it.skipIf(!isHere)("a file with the real one's layout is read whole, and fits the model", async () => {
  const layout: [string, Entry][] = Object.entries(JSON.parse(readFileSync(LAYOUT, 'utf8')));
  const pickle = bytesOf('\x80\x02', moduleOf(layout.map(([name, entry]) => [name.split('.'), entry])), '.');
  const parts: ZipPart[] = [{ name: 'ViT-B-32/data.pkl', content: pickle }];
  for (const [, entry] of layout)
    if ('path' in entry) parts.push({ name: entry.path, content: new Uint8Array(entry.end) });

  const { format, tensors, metadata } = await openCheckpoint(bytesSource(zipOf(parts)));
  expect(format).toBe('torchscript');
  const got = [...tensors.values()].map(({ name, shape, dtype, byteLength }) => [
    name,
    shape,
    dtype,
    byteLength,
  ]);
  const expected = layout.flatMap(([name, entry]) =>
    'path' in entry ? [[name, entry.shape, TYPES[entry.dtype], entry.end - entry.start]] : [],
  );
  expect(got).toEqual(expected);
  expect(got.length).toBe(305);
  for (const stored of tensors.values()) expect((await stored.readBytes()).length).toBe(stored.byteLength);
  expect(metadata.get('visual.transformer.resblocks.0.attn.num_heads')).toBe('12');
  expect(metadata.get('transformer.resblocks.11.attn.num_heads')).toBe('8');

  const model = new CLIP(inferConfig(new Map([...tensors].map(([name, { shape }]) => [name, shape]))));
  for (const [name, { shape }] of model.namedParameters())
    expect(tensors.get(name)?.shape, name).toEqual(shape);
});
