import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../src/checkpoint/checkpoint.ts';
import { bytesSource } from '../../src/data/bytes/byte-source.ts';
import { openFile } from '../../src/data/bytes/file-source.node.ts';
import { ClipError } from '../../src/errors.ts';
import { bytesOf, uint32 } from '../data/pickle/pickle-writer.ts';
import { zipOf } from './zip-writer.ts';

const FOLDER = new URL('../fixtures/checkpoints/', import.meta.url);
const fixture = (file: string) => new Uint8Array(readFileSync(new URL(file, FOLDER)));

interface Recorded {
  format: string;
  tensors: Record<string, { shape: number[]; dtype: string; sha256: string; float32?: string }>;
  metadata: Record<string, string>;
}
const manifest: Record<string, Recorded> = JSON.parse(readFileSync(new URL('manifest.json', FOLDER), 'utf8'));

const digest = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
  createHash('sha256')
    .update(new Uint8Array(buffer, byteOffset, byteLength))
    .digest('hex');

describe('checkpoints that Python wrote', () => {
  it.each(Object.entries(manifest))('%s: every tensor, to the bit', async (file, recorded) => {
    const source = await openFile(new URL(file, FOLDER).pathname);
    const checkpoint = await openCheckpoint(source);
    expect(checkpoint.format).toBe(recorded.format);
    expect(Object.fromEntries(checkpoint.metadata)).toMatchObject(recorded.metadata);
    const got: Recorded['tensors'] = {};
    for (const [name, tensor] of checkpoint.tensors) {
      const { shape, dtype } = tensor;
      const sha256 = digest(await tensor.read());
      const isFloat = dtype.includes('F');
      const float32 = isFloat ? digest(await tensor.readFloat32()) : undefined;
      if (!isFloat) await expect(tensor.readFloat32()).rejects.toThrow(/expected floating-point numbers/);
      got[name] = { shape: [...shape], dtype, sha256, ...(float32 && { float32 }) };
    }
    expect(got).toEqual(recorded.tensors);
    // A safetensors header has Python's own order; the others keep the state dict's.
    if (recorded.format !== 'safetensors') expect(Object.keys(got)).toEqual(Object.keys(recorded.tensors));
    await source.close();
  });

  it('are read by range: a tensor costs its own bytes', async () => {
    const whole = bytesSource(fixture('tiny-vit.pt'));
    let read = 0;
    const source = {
      size: whole.size,
      read: (start: number, end: number) => {
        read += end - start;
        return whole.read(start, end);
      },
    };
    const checkpoint = await openCheckpoint(source);
    expect(read).toBeLessThan(110_000); // the directory and data.pkl, of 665,058
    read = 0;
    const tensor = checkpoint.tensors.get('visual.conv1.weight')!;
    await tensor.read();
    expect(read - tensor.byteLength).toBeLessThan(200);
  });

  it('are found in re-zipped, compressed archives too', async () => {
    const members = await import('../../src/checkpoint/zip.ts').then(({ openZip }) =>
      openZip(bytesSource(fixture('views.pt'))),
    );
    const parts = [];
    for (const [name, member] of members) parts.push({ name, content: await member.read(), deflate: true });
    const checkpoint = await openCheckpoint(bytesSource(zipOf(parts)));
    const transposed = checkpoint.tensors.get('transposed')!;
    expect(digest(await transposed.read())).toBe(manifest['views.pt']!.tensors.transposed!.sha256);
  });
});

/** data.pkl of a state dict {w: tensor of F32}, with any part replaced. */
function archive(parts: {
  shape?: string;
  strides?: string;
  offset?: string;
  count?: number;
  key?: string;
  type?: string;
}) {
  const {
    shape = 'K\x02K\x03\x86',
    strides = 'K\x03K\x01\x86',
    offset = 'K\x00',
    count = 6,
    key = '0',
  } = parts;
  const text = (value: string) => ['X', uint32(value.length), value];
  return bytesOf(
    ['\x80\x02}', text('w'), 'ctorch._utils\n_rebuild_tensor_v2\n(('],
    [
      text('storage'),
      `ctorch\n${parts.type ?? 'FloatStorage'}\n`,
      text(key),
      text('cpu'),
      'J',
      uint32(count),
      'tQ',
    ],
    [offset, shape, strides, '\x89N', 'tRs.'],
  );
}

const data = bytesOf(new Uint8Array(Float32Array.of(0, 1, 2, 3, 4, 5).buffer));
const zipped = (pickle: Uint8Array, more: { name: string; content: Uint8Array }[] = []) =>
  zipOf([{ name: 'm/data.pkl', content: pickle }, { name: 'm/data/0', content: data }, ...more]);

it('the hand-made archive is right when nothing is wrong', async () => {
  const { tensors } = await openCheckpoint(bytesSource(zipped(archive({}))));
  expect([...(await tensors.get('w')!.readFloat32())]).toEqual([0, 1, 2, 3, 4, 5]);
  const turned = await openCheckpoint(bytesSource(zipped(archive({ strides: 'K\x01K\x02\x86' }))));
  expect([...(await turned.tensors.get('w')!.readFloat32())]).toEqual([0, 2, 4, 1, 3, 5]);
});

describe('what is wrong with an archive is said', () => {
  const own = bytesOf('\x80\x02}q\x00', 'X', uint32(4), 'self', 'h\x00s.'); // a dict that holds itself
  const module = bytesOf('c__torch__\nM\n)\x81q\x00}X', uint32(1), 'm', 'h\x00sb.'); // a module that is its own child
  // Forty modules, each twice the child of the next: 2^40 paths.
  const doubling = bytesOf(
    'c__torch__\nM\n)\x81}bq\x000',
    Array.from({ length: 40 }, () => ['c__torch__\nM\n)\x81}(U\x01ah\x00U\x01bh\x00ubq\x000']),
    'h\x00.',
  );
  const cases: [string, Uint8Array, RegExp][] = [
    [
      'a text file',
      bytesOf('just some text that is no checkpoint'),
      /file.pt is no checkpoint.*by its first bytes/,
    ],
    ['a few bytes', bytesOf('x'), /is no checkpoint/],
    ['a web page', bytesOf('<!DOCTYPE html><html>'), /got a web page/],
    [
      'a Git LFS pointer',
      bytesOf('version https://git-lfs.github.com/spec/v1\n'),
      /Git LFS pointer.*git lfs pull/,
    ],
    ["PyTorch's old format", fixture('legacy.pt'), /not a zip.*before 1\.6 \(save it again/],
    [
      'a whole module',
      fixture('whole-module.pt'),
      /global that is not on the list, torch\.nn\.modules\.container\.Sequential/,
    ],
    ['another zip', zipOf([{ name: 'a.txt', content: data }]), /PyTorch did not write.*got none/],
    [
      'two pickles',
      zipOf([
        { name: 'a/data.pkl', content: data },
        { name: 'b/data.pkl', content: data },
      ]),
      /2 of them/,
    ],
    ['a cut archive', fixture('views.pt').subarray(0, 3000), /cut off/],
    [
      'a global',
      zipped(bytesOf('cos\nsystem\n.')),
      /data.pkl, byte 0: .*os\.system.*nothing in the file was executed/,
    ],
    ['a number', zipped(bytesOf('K\x01.')), /expected a TorchScript module or a state dict/],
    ['no tensors', zipped(bytesOf('}.')), /no tensors/],
    ['itself', zipped(own), /no tensors/],
    ['a module in itself', zipped(module), /nested too deeply/],
    ['modules that double', zipped(doubling), /too many attributes/],
    [
      'big-endian numbers',
      zipped(archive({}), [{ name: 'm/byteorder', content: bytesOf('big') }]),
      /expected little, got big/,
    ],
    [
      'a missing member',
      zipped(archive({ key: '7' })),
      /tensor w: its numbers are missing: expected member data\/7/,
    ],
    ['a member of another size', zipped(archive({ count: 7 })), /expected 28 bytes \(7 of F32\), got 24/],
    ['an unknown type', zipped(archive({ type: 'QInt8Storage' })), /torch\.QInt8Storage/],
    [
      'a shape beyond the storage',
      zipped(archive({ shape: 'K\x03K\x03\x86' })),
      /inside its storage of 6 numbers, got number 8/,
    ],
    ['an offset beyond it', zipped(archive({ offset: 'K\x01' })), /got number 6/],
    [
      'a negative offset',
      zipped(archive({ offset: bytesOf('J', uint32(-1)).reduce((t, b) => t + String.fromCharCode(b), '') })),
      /none of them negative/,
    ],
    ['a stride too few', zipped(archive({ strides: 'K\x01\x85' })), /strides/],
    [
      'a repetition without end',
      zipped(archive({ shape: 'J\xff\xff\xff\x7fJ\xff\xff\xff\x7f\x86', strides: 'K\x00K\x00\x86' })),
      /shape \[2147483647,2147483647\].*expected less than 2\^53 numbers/,
    ],
    [
      'a repetition that is larger than memory',
      zipped(archive({ shape: 'J\xff\xff\xff\x7f\x85', strides: 'K\x00\x85' })),
      /tensor w: shape \[2147483647\]: expected at most 4294967296 bytes, got 8589934588/,
    ],
  ];
  it.each(cases)('%s', async (_, bytes, message) => {
    const opening = openCheckpoint(bytesSource(bytes, 'file.pt'));
    await expect(opening).rejects.toThrow(message);
    await expect(opening).rejects.toThrow(ClipError);
  });

  it.each([
    ['in order', {}],
    ['in another order', { strides: 'K\x01K\x02\x86' }],
  ])('a flipped bit in numbers %s', async (_, parts) => {
    const bytes = zipped(archive(parts));
    const at = Buffer.from(bytes).indexOf(Buffer.from(data));
    bytes[at + 8]! ^= 1;
    const { tensors } = await openCheckpoint(bytesSource(bytes, 'file.pt'));
    await expect(tensors.get('w')!.read()).rejects.toThrow(
      /file.pt: member m\/data\/0 is damaged: expected checksum/,
    );
  });
});
