// State dicts whose tensors are more than their archive: by unpacking, by repeating, by sharing.
import { deflateRawSync } from 'node:zlib';
import { zipOf } from '../zip-writer.ts';
import { bomb, type Hostile, model, type Part, stateDict, tensor } from './hostile-parts.ts';

type Named = [name: string, tensor: Part];

const one = (count: number, shape: number[], strides: number[], type = 'FloatStorage'): Named[] => [
  ['w', tensor({ type, count, shape, strides })],
];

/** Tensors in a storage of `count` numbers, each a `step` behind the one before. */
function views(times: number, count: number, shape: number[], strides: number[], step = 0): Named[] {
  const last = shape.reduce((sum, size, axis) => sum + (size - 1) * strides[axis]!, 0);
  return Array.from({ length: times }, (_, i) => [
    `w${i}`,
    tensor({ count, offset: (i * step) % (count - last), shape, strides }),
  ]);
}

const zeros = (size: number) => ({ name: 'm/data/0', content: new Uint8Array(size) });
const packed = (size: number) => bomb('m/data/0', size);

/** `count` storages of `size` bytes, packed a thousand to one. */
function manyBombs(count: number, size: number): Uint8Array {
  const content = new Uint8Array(deflateRawSync(new Uint8Array(size)));
  const lie = { method: 8, size };
  const storages = Array.from({ length: count }, (_, i) => ({ name: `m/data/${i}`, content, lie }));
  const named = storages.map(
    (_, i): Named => [`w${i}`, tensor({ key: `${i}`, count: size / 4, shape: [size / 4], strides: [1] })],
  );
  return zipOf([...storages, { name: 'm/data.pkl', content: stateDict(named) }]);
}

export const hostileTensors: Hostile[] = [
  // Within the bounds, which these set: the most time and memory that a small archive's tensors can take.
  ['a storage of 128 MB in 128 kB', () => model(packed(2 ** 27), one(2 ** 25, [2 ** 25], [1]))],
  [
    'a packed storage of 128 MB turned round',
    () => model(packed(2 ** 27), one(2 ** 25, [2 ** 12, 2 ** 13], [1, 2 ** 12])),
  ],
  ['one byte 2^27 times', () => model(zeros(6), one(6, [2 ** 13, 2 ** 14], [0, 0], 'ByteStorage'))],
  ['eight thousand names for 16 kB', () => model(zeros(2 ** 14), views(8000, 2 ** 12, [2 ** 12], [1]))],
  // Beyond them.
  [
    'a storage of 512 MB in 512 kB',
    () => model(packed(2 ** 29), one(2 ** 27, [2 ** 27], [1])),
    /size: expected at most/,
  ],
  ['storages of 100 GB in 100 MB', () => manyBombs(1000, 1e8), /unpack to more/],
  [
    'ten thousand parts of a packed storage',
    () => model(packed(2e7), views(10_000, 5e6, [500], [1], 500)),
    /together/,
  ],
  [
    'twenty thousand tensors of repeated numbers',
    () => model(zeros(24), views(20_000, 6, [4096, 4096], [0, 0])),
    /together/,
  ],
  [
    'tensors of repeated numbers, each within bounds',
    () => model(zeros(24), views(300, 6, [2048, 2048], [0, 0])),
    /together/,
  ],
  [
    'twenty thousand names for one storage',
    () => model(zeros(2 ** 22), views(20_000, 2 ** 20, [2 ** 20], [1])),
    /together/,
  ],
  [
    'twenty thousand tensors that span one storage',
    () => model(zeros(2 ** 22), views(20_000, 2 ** 20, [2], [2 ** 20 - 1])),
    /together/,
  ],
];
