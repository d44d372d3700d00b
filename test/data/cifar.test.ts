import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blobSource, bytesSource } from '../../src/data/bytes/byte-source.ts';
import { openCifar100 } from '../../src/data/cifar.node.ts';
import { parseCifar100, readCifar100Archive } from '../../src/data/cifar.ts';
import { ClipError } from '../../src/errors.ts';
import { tarOf } from './bytes/tar-writer.ts';
import { bytesOf, type Python2Value, python2Pickle, tinyCifar } from './pickle/pickle-writer.ts';

const tiny = tinyCifar(5);
const meta = python2Pickle(tiny.meta);
const test = python2Pickle(tiny.test);
const archive = tarOf([
  ['shapes-100-python/', new Uint8Array(0)],
  ['shapes-100-python/file.txt~', bytesOf('unwanted')],
  ['shapes-100-python/test', test],
  ['shapes-100-python/meta', meta],
  ['shapes-100-python/train', new Uint8Array(5000)],
]);

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'clip-cifar-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe("a data set in CIFAR-100's layout", () => {
  it.each([
    ['a tar archive', bytesSource(archive)],
    ['a compressed one', bytesSource(gzipSync(archive))],
    ['a Blob', blobSource(new Blob([gzipSync(archive)]))],
  ])('is read from %s', async (_, source) => {
    const data = await readCifar100Archive(source, 'test');
    expect([data.split, data.count]).toEqual(['test', 5]);
    expect(data.fineNames).toEqual(['blue star', 'red ring', 'apple']);
    expect(data.coarseNames).toEqual(['fruit', 'shape']);
    expect(data.fineLabels).toEqual([0, 1, 2, 0, 1]);
    expect(data.coarseLabels).toEqual([0, 1, 0, 1, 0]);
  });

  it('gives pictures with the channels last', () => {
    const { image } = parseCifar100(meta, test, 'test');
    const { mode, width, height, data } = image(3);
    expect([mode, width, height, data.length]).toEqual(['RGB', 32, 32, 3072]);
    expect([...data.slice(0, 3), ...data.slice(-3)]).toEqual([3, 67, 131, 3, 67, 131]);
  });

  it('is read from the folder, and from the folder above', async () => {
    const inner = join(folder, 'cifar-100-python');
    await mkdir(inner);
    await writeFile(join(inner, 'meta'), meta);
    await writeFile(join(inner, 'test'), test);
    for (const path of [inner, folder]) expect((await openCifar100(path)).count).toBe(5);
    await expect(openCifar100(inner, 'train')).rejects.toThrow(/no file "train": got meta, test/);
  });

  it('is read from the folder above the archive, as it is downloaded', async () => {
    const above = join(folder, 'cache');
    await mkdir(above);
    await writeFile(join(above, 'cifar-100-python.tar.gz'), gzipSync(archive));
    expect((await openCifar100(above)).count).toBe(5);
    await writeFile(join(above, 'cifar-100-python.tar.gz'), 'no archive');
    await expect(openCifar100(above)).rejects.toThrow(/cifar-100-python\.tar\.gz/);
  });

  it('stops as soon as both members are found', async () => {
    let read = 0;
    const large = tarOf([
      ['a/meta', meta],
      ['a/test', test],
      ['a/train', new Uint8Array(20 << 20)],
    ]);
    const source = bytesSource(large);
    const counting = {
      size: source.size,
      read: (start: number, end: number) => {
        read += end - start;
        return source.read(start, end);
      },
    };
    await readCifar100Archive(counting);
    expect(read).toBeLessThan(4 << 20);
  });
});

describe('what is wrong with a data set is said', () => {
  const changed = (change: { [key: string]: Python2Value }) => python2Pickle({ ...tiny.test, ...change });
  const cases: [string, Uint8Array, Uint8Array, RegExp][] = [
    [
      'no data',
      meta,
      python2Pickle({ fine_labels: [] }),
      /test: data: expected u1 \[count,3072\], got nothing/,
    ],
    [
      'pictures of another size',
      meta,
      changed({ data: { rows: 5, columns: 12, data: new Uint8Array(60) } }),
      /expected u1 \[count,3072\], got u1 \[5,12\]/,
    ],
    [
      'too few labels',
      meta,
      changed({ fine_labels: [1, 2] }),
      /fine_labels: expected 5, one a picture, got 2/,
    ],
    ['no labels', meta, changed({ coarse_labels: 'none' }), /coarse_labels: expected a list, got "none"/],
    [
      'a label outside the names',
      meta,
      changed({ fine_labels: [0, 1, 2, 3, 0] }),
      /fine_labels\[3\]: expected 0…2, got 3/,
    ],
    [
      'a negative label',
      meta,
      changed({ coarse_labels: [0, -1, 0, 0, 0] }),
      /coarse_labels\[1\]: expected 0…1, got -1/,
    ],
    [
      'names that are numbers',
      python2Pickle({ fine_label_names: [1], coarse_label_names: [] }),
      test,
      /\[0\]: expected text/,
    ],
    ['no names', python2Pickle({}), test, /meta: fine_label_names: expected a list, got nothing/],
    [
      'a list instead',
      meta,
      python2Pickle([1]),
      /test: what the pickle holds: expected a dict, got a list of 1/,
    ],
  ];
  it.each(cases)('%s', (_, metaBytes, testBytes, message) => {
    expect(() => parseCifar100(metaBytes, testBytes, 'test')).toThrow(message);
    expect(() => parseCifar100(metaBytes, testBytes, 'test')).toThrow(ClipError);
  });

  it.each([-1, 5, 1.5, Number.NaN])('picture %d', (index) => {
    expect(() => parseCifar100(meta, test, 'test').image(index)).toThrow(
      `picture index: expected 0…4, got ${index}`,
    );
  });

  const packed = gzipSync(archive);
  const flipped = Uint8Array.from(packed, (byte, i) => (i === 20 ? byte ^ 255 : byte));
  const archives: [string, Uint8Array, RegExp][] = [
    ['a missing member', tarOf([['a/meta', meta]]), /no member "test": got meta/],
    ['an empty archive', new Uint8Array(1024), /no member "meta"/],
    ['a cut archive', archive.subarray(0, 5000), /cut off/],
    ['a cut compressed one', packed.subarray(0, packed.length >> 1), /cut off|cannot be unpacked/],
    ['a damaged compressed one', flipped, /cannot be unpacked|tar header|cut off/],
    ['no archive', bytesOf('not a tar archive'.repeat(100)), /tar header/],
    ['a size that is no number', withSize('9'.repeat(11)), /tar member's size/],
    ['a size beyond everything', withSize('7'.repeat(11)), /too large: expected at most 1073741824 bytes/],
  ];
  it.each(archives)('%s', async (_, bytes, message) => {
    const reading = readCifar100Archive(bytesSource(bytes, 'cifar.tar.gz'));
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toThrow(ClipError);
  });

  it('a path that is not there, an empty file, a folder without the files', async () => {
    await expect(openCifar100(join(folder, 'none'))).rejects.toThrow(
      /none: expected a readable file, got no such file/,
    );
    await writeFile(join(folder, 'empty'), '');
    await expect(openCifar100(join(folder, 'empty'))).rejects.toThrow(/0 bytes/);
    const bare = join(folder, 'bare');
    await mkdir(bare);
    await expect(openCifar100(bare)).rejects.toThrow(
      /has no CIFAR-100: expected the files meta, test and train, or cifar-.*download cifar100/,
    );
  });

  /** The archive with another size in the header of `meta`, and the checksum made to agree. */
  function withSize(size: string): Uint8Array {
    const bytes = tarOf([['a/meta', meta]]);
    bytes.set(bytesOf(size), 124);
    bytes.set(bytesOf('        '), 148);
    const sum = bytes.subarray(0, 512).reduce((total, byte) => total + byte, 0);
    bytes.set(bytesOf(`${sum.toString(8).padStart(6, '0')}\0 `), 148);
    return bytes;
  }
});

const REAL = '../shared/data/cifar-100-python.tar.gz';
const isHere = existsSync(REAL);
if (!isHere) console.log(`skipped: the real CIFAR-100 is not at ${REAL}`);

describe.skipIf(!isHere)('the real CIFAR-100', () => {
  it('has the test split as torchvision reads it', async () => {
    const data = await openCifar100(REAL);
    expect([data.count, data.fineNames.length, data.coarseNames.length]).toEqual([10000, 100, 20]);
    expect([data.fineNames[0], data.fineNames[78], data.coarseNames[0]]).toEqual([
      'apple',
      'snake',
      'aquatic_mammals',
    ]);
    expect(data.fineLabels[3637]).toBe(78);
    expect([...data.image(3637).data.slice(0, 9)]).toEqual([178, 185, 183, 181, 191, 191, 187, 194, 192]);
    const perLabel = new Array(100).fill(0);
    for (const label of data.fineLabels) perLabel[label]++;
    expect(perLabel).toEqual(new Array(100).fill(100));
    expect(() => data.image(10000)).toThrow('picture index: expected 0…9999, got 10000');
    await expect(openCifar100(REAL, 'train')).rejects.toThrow(/no member "train"/);
  });
});
