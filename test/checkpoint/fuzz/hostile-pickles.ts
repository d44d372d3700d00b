// Pickles made to exhaust a reader, each as the data.pkl of an archive that is right otherwise.
import { bytesOf, uint32 } from '../../data/pickle/pickle-writer.ts';
import { type Hostile, type Part, text, whole, zipped } from './hostile-parts.ts';

const times = (count: number, part: Part | ((i: number) => Part)): Part =>
  typeof part === 'function'
    ? Array.from({ length: count }, (_, i) => part(i))
    : repeated(count, bytesOf(part));

function repeated(count: number, bytes: Uint8Array): Uint8Array {
  const all = new Uint8Array(count * bytes.length);
  for (let i = 0; i < count; i++) all.set(bytes, i * bytes.length);
  return all;
}

const MODULE = 'c__torch__\nM\n)\x81';
/** Twelve bytes: 8 that are all the same, then `i`. */
const longNumber = (i: number): Part => ['\x8a\x0c', 1, new Uint8Array(7), uint32(i)];
/** A tuple that holds the one before it twice, `count` times over: 2^count values to whoever walks it. */
const doubling = (count: number): Part => ['K\x01', times(count, '2\x86')];
/** A storage's persistent id, and the call before it. */
const rebuild = (shape: Part): Part => [
  [
    'ctorch._utils\n_rebuild_tensor_v2\n((',
    text('storage'),
    'ctorch\nFloatStorage\n',
    text('0'),
    text('cpu'),
  ],
  [whole(6), 'tQK\x00', shape, shape, '\x89NtR'],
];

export const hostilePickles: Hostile[] = [
  [
    'lists nested a hundred thousand deep',
    () => zipped('}K\x01', times(100_000, ']'), times(99_999, 'a'), 's.'),
    /no tensors/,
  ],
  [
    'tuples nested half a million deep, as a key',
    () => zipped('})', times(500_000, '\x85'), 'K\x01s.'),
    /no tensors/,
  ],
  [
    'dicts nested a hundred thousand deep',
    () => zipped(times(100_000, '}K\x01'), '}', times(100_000, 's'), '.'),
    /no tensors/,
  ],
  ['marks nested without end', () => zipped(times(100_000, '('), '.'), /nested too deeply/],
  [
    'a state dict in a state dict in …',
    () => zipped(times(100_000, ['}', text('model')]), '}', times(100_000, 's'), '.'),
    /no tensors/,
  ],
  ['a tuple that doubles, as a value', () => zipped('}K\x01', doubling(100_000), 's.'), /no tensors/],
  ['a tuple that doubles, as a key', () => zipped('}', doubling(60), 'K\x01s.'), /no tensors/],
  ['a list of itself, as a key', () => zipped('}]q\x00h\x00aK\x01s.'), /no tensors/],
  [
    'a million arguments',
    () => zipped('ccollections\nOrderedDict\n(', times(900_000, 'N'), 'tR.'),
    /arguments/,
  ],
  [
    'a million arguments of the old kind',
    () => zipped('(ccollections\nOrderedDict\n', times(900_000, 'N'), 'o.'),
    /arguments/,
  ],
  [
    'a dict made of one long list over and over',
    () =>
      zipped(
        '](',
        times(200_000, (i) => ['M', i & 255, (i >> 8) & 255, 'N\x86']),
        'eq\x000',
        times(50_000, 'ccollections\nOrderedDict\nh\x00\x85R0'),
        '}.',
      ),
    /copied/,
  ],
  [
    'tensors of one long shape',
    () => zipped('(', times(500_000, 'K\x01'), 'tq\x000', times(10_000, [rebuild('h\x00'), '0']), '}.'),
    /at most 64 axes/,
  ],
  [
    'arrays of one long shape',
    () =>
      zipped(
        '(',
        times(500_000, 'K\x01'),
        'tq\x000',
        times(10_000, [
          'cnumpy._core.multiarray\n_reconstruct\n)R(K\x01h\x00cnumpy\ndtype\nU\x02u1\x85R\x89C\x01\x00tb0',
        ]),
        '}.',
      ),
    /at most 64 axes/,
  ],
  [
    'a shape whose product is no number',
    () => zipped('}', text('w'), rebuild(['(', times(20, whole(2 ** 52)), 'K\x00t']), 's.'),
    /shape/,
  ],
  [
    'a shape beyond 2^53 without numbers',
    () => zipped('}', text('w'), rebuild(['(', times(3, whole(2 ** 52)), 'K\x00t']), 's.'),
  ],
  ['a float of a million digits that is none', () => zipped('F', '1'.repeat(1_000_000), 'x\n.'), /a float/],
  ['an integer of a million digits', () => zipped('I', '1'.repeat(1_000_000), '\n.'), /an integer/],
  [
    'thirty thousand integers of 1024 bytes',
    () => zipped(times(30_000, ['\x8b', uint32(1024), new Uint8Array(1024).fill(0x55), '0']), '}.'),
    /no tensors|integer/,
  ],
  [
    'thirty thousand integers of 1024 digits',
    () => zipped(times(30_000, ['I', '7'.repeat(1024), '\n0']), '}.'),
    /no tensors|integer/,
  ],
  [
    'keys that all fall into one place',
    () =>
      zipped(
        '}(',
        times(300_000, (i) => [longNumber(i), 'N']),
        'u.',
      ),
    /keys/,
  ],
  [
    'set members that all fall into one place',
    () => zipped('\x8f(', times(300_000, longNumber), '\x90.'),
    /keys/,
  ],
  ['opcodes without end', () => zipped('}', times(10_000_000, 'N0'), '.'), /too many opcodes/],
  ['empty dicts without end', () => zipped('](', times(30_000_000, '}'), 'e.'), /too many opcodes/],
  [
    'modules without end',
    () => zipped('c__torch__\nM\nq\x000](', times(5_000_000, 'h\x00)\x81'), 'e.'),
    /too many opcodes/,
  ],
  ['names without end', () => zipped('](', times(2_000_000, 'c__torch__\nM\n'), 'e.'), /too many opcodes/],
  [
    'a memo of a million places',
    () =>
      zipped(
        'N',
        times(900_000, (i) => ['r', uint32(i * 4000)]),
        '.',
      ),
    /what the archive holds/,
  ],
  [
    'a text of 30 MB',
    () => zipped('X', uint32(30e6), new Uint8Array(30e6).fill(0x61), '.'),
    /what the archive holds/,
  ],
  [
    'a text of 30 MB of accents',
    () => zipped('V', new Uint8Array(30e6).fill(0xe9), '\n.'),
    /what the archive holds/,
  ],
  ['a pickle of 2^26 bytes', () => zipped(new Uint8Array(2 ** 26)), /data\.pkl is too large/],
  ['a name of 10 MB', () => zipped('c', 'a'.repeat(10e6), '\nb\n.'), /not on the list/],
  ['a persistent id of a million parts', () => zipped('(', times(900_000, 'N'), 'tQ.'), /persistent id/],
  [
    'a module that is its own child',
    () => zipped(MODULE, 'q\x00}', text('m'), 'h\x00sb.'),
    /nested too deeply/,
  ],
  [
    'modules that double',
    () => zipped(MODULE, '}bq\x000', times(40, [MODULE, '}(U\x01ah\x00U\x01bh\x00ubq\x000']), 'h\x00.'),
    /too many attributes/,
  ],
  [
    'modules that double, under long names',
    () =>
      zipped(
        text('a'.repeat(1_000_000)),
        'q\x010',
        text('b'.repeat(1_000_000)),
        'q\x020',
        MODULE,
        '}bq\x000',
        times(40, [MODULE, '}(h\x01h\x00h\x02h\x00ubq\x000']),
        'h\x00.',
      ),
    /name/,
  ],
  [
    'attributes under long names',
    () =>
      zipped(
        text('a'.repeat(60_000)),
        'q\x010',
        MODULE,
        '}(',
        times(100_000, (i) => [text(String(i)), 'N']),
        'ubq\x000',
        MODULE,
        '}(h\x01h\x00ub.',
      ),
    /name/,
  ],
  ['a key of 30 MB', () => zipped('}', text('k'.repeat(30e6)), 'K\x01s.'), /no tensors/],
];
