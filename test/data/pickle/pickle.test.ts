import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { NumpyArray, numpyGlobals } from '../../../src/data/pickle/numpy.ts';
import { unpickle } from '../../../src/data/pickle/unpickle.ts';
import type { PickleValue } from '../../../src/data/pickle/values.ts';
import { ClipError } from '../../../src/errors.ts';
import { bytesOf, python2Pickle, uint32 } from './pickle-writer.ts';

interface Recorded {
  name: string;
  protocol: number;
  pickle: string;
  value?: unknown;
  sha256?: string;
}

const recorded: Recorded[] = JSON.parse(
  readFileSync(new URL('../../fixtures/checkpoints/pickles.json', import.meta.url), 'utf8'),
);

function read(bytes: Uint8Array): PickleValue {
  const globals = numpyGlobals();
  globals.set('collections.OrderedDict', (items) => new Map((items ?? []) as [PickleValue, PickleValue][]));
  // Python 3 makes its sets this way in protocols 0 to 3, and empty bytes in 0 to 2.
  for (const module of ['builtins', '__builtin__'])
    globals.set(`${module}.set`, (items) => new Set(items as number[]));
  return unpickle(bytes, { globals: (name) => globals.get(name) });
}

/** The form in which the recording script writes values. */
function toJSON(value: PickleValue): unknown {
  if (typeof value === 'bigint') return { int: String(value) };
  if (typeof value === 'number' && !Number.isFinite(value)) {
    return { float: String(value).replace('Infinity', 'inf').toLowerCase() };
  }
  if (value instanceof Uint8Array) return { bytes: [...value] };
  if (Array.isArray(value)) return value.map(toJSON);
  if (value instanceof Map) return { dict: [...value].map(([key, item]) => [toJSON(key), toJSON(item)]) };
  if (value instanceof Set) return { set: [...value].sort() };
  if (value instanceof NumpyArray) {
    const order = value.fortran ? 'F' : 'C';
    return { array: value.dtype, shape: value.shape, order, bytes: [...value.data] };
  }
  return value;
}

describe('pickles that Python 3 wrote', () => {
  it.each(recorded)('$name, protocol $protocol', ({ pickle, value, sha256 }) => {
    const bytes = new Uint8Array(inflateSync(Buffer.from(pickle, 'base64')));
    const got = toJSON(read(bytes));
    if (sha256) expect(createHash('sha256').update(JSON.stringify(got)).digest('hex')).toBe(sha256);
    else expect(got).toEqual(value);
  });

  it('keeps one object that is named twice one object', () => {
    const { pickle } = recorded.find(({ name, protocol }) => name === 'shared' && protocol === 4)!;
    const value = read(new Uint8Array(inflateSync(Buffer.from(pickle, 'base64')))) as PickleValue[];
    expect(value[0]).toBe(value[1]);
  });

  it('reads numpy 1 paths as numpy 2 paths', () => {
    const { pickle, value } = recorded.find(({ name, protocol }) => name === 'array' && protocol === 2)!;
    const text = inflateSync(Buffer.from(pickle, 'base64')).toString('latin1');
    expect(text).toContain('numpy._core');
    const old = bytesOf(text.replaceAll('numpy._core', 'numpy.core'));
    expect(toJSON(read(old))).toEqual(value);
  });
});

describe('pickles that Python 2 wrote', () => {
  it('reads a short str as latin1 text and keeps a long one as a view of the file', () => {
    const long = 'é'.repeat(5000);
    const bytes = python2Pickle({ name: 'né\x80', long });
    const value = read(bytes) as Map<string, PickleValue>;
    expect(value.get('name')).toBe('né\x80');
    const data = value.get('long') as Uint8Array;
    expect(data.length).toBe(5000);
    expect(data.every((byte) => byte === 0xe9)).toBe(true);
    expect(data.buffer).toBe(bytes.buffer);
  });

  it('reads an array without a copy', () => {
    const bytes = python2Pickle({ data: { rows: 2, columns: 5000, data: new Uint8Array(10000).fill(7) } });
    const array = (read(bytes) as Map<string, PickleValue>).get('data') as NumpyArray;
    expect([array.dtype, array.shape, array.fortran]).toEqual(['u1', [2, 5000], false]);
    expect(array.data.buffer).toBe(bytes.buffer);
  });

  it('reads the letters of protocol 0', () => {
    expect(read(bytesOf("(lp0\nI1\naI01\naL5L\naS'it\\'s \\x41\\n'\naV\\u00e9\\n\naF2.5\na."))).toEqual([
      1,
      true,
      5,
      "it's A\n",
      'é\\n',
      2.5,
    ]);
    expect(read(bytesOf("(dS'a'\nI1\ns."))).toEqual(new Map([['a', 1]]));
    expect(read(bytesOf('(I1\nI2\n1I3\n.'))).toBe(3);
    expect(read(bytesOf('I7\n(I1\n00.'))).toBe(7); // POP takes a value, then the mark
  });
});

describe('what a pickle may not do', () => {
  const refused: [string, Uint8Array, RegExp][] = [
    [
      'a global outside the list',
      bytesOf('\x80\x02cos\nsystem\n', 'X', uint32(2), 'ls', '\x85R.'),
      /byte 2: .*os\.system/,
    ],
    ['one from the stack', bytesOf('\x80\x04\x8c\x02os\x8c\x06system\x93.'), /byte 14: .*os\.system/],
    ['one with arguments of its own', bytesOf('(S"x"\niposix\nsystem\n.'), /byte 6: .*posix\.system/],
    ['eval', bytesOf('c__builtin__\neval\n.'), /__builtin__\.eval/],
    ['a name only', bytesOf('cnumpy\nndarray\n)R.'), /numpy\.ndarray is called/],
    ['a number called', bytesOf('K\x01)R.'), /expected a listed function, got 1/],
    ['a dict that is a global', bytesOf('cconstructor\nprototype\n.'), /constructor\.prototype/],
    [
      'a length beyond the file',
      bytesOf('X', uint32(1000), 'abc.'),
      /byte 0: .*expected at most 4 bytes, got 1000/,
    ],
    ['a byte string beyond it', bytesOf('T', uint32(0x7fffffff), 'abc.'), /got 2147483647/],
    ['a negative length', bytesOf('T', uint32(-5), 'abc.'), /got -5/],
    ['a 64-bit length', bytesOf('\x8e', uint32(0), uint32(0x7fffffff), '.'), /at most 1 bytes/],
    ['a frame beyond the file', bytesOf('\x80\x04\x95', uint32(99), uint32(0), 'N.'), /frame beyond/],
    ['an endless integer', bytesOf('\x8b', uint32(5000), new Uint8Array(5000), '.'), /at most 1024 bytes/],
    ['no STOP', bytesOf(']K\x01a'), /no end.*byte 4/],
    ['nothing at all', new Uint8Array(0), /no end.*byte 0/],
    ['bytes behind STOP', bytesOf('N.abc'), /3 bytes after the end/],
    ['an unknown opcode', bytesOf('\xff.'), /byte 0: an unknown opcode, 0xff/],
    ['an extension code', bytesOf('\x82\x01.'), /unknown opcode, 0x82/],
    ['a buffer outside the file', bytesOf('\x97.'), /unknown opcode, 0x97/],
    ['an empty stack', bytesOf('a.'), /empty stack/],
    ['a mark that is missing', bytesOf('t.'), /mark is needed/],
    ['a mark that stays open', bytesOf('(N.'), /mark is open/],
    ['two values left', bytesOf('NN.'), /left over.*expected 1, got 2/],
    ['a memo never written', bytesOf('h\x05.'), /memo 5 is read/],
    ['a key without value', bytesOf('}(K\x01u.'), /key that has no value/],
    ['an append to a number', bytesOf('K\x01K\x02a.'), /expected a list, got 1/],
    ['an unknown protocol', bytesOf('\x80\x06N.'), /at most 5, got 6/],
    ['a persistent id', bytesOf('Px\n.'), /persistent id/],
    ['text that is not UTF-8', bytesOf('X', uint32(2), '\xff\xfe.'), /UTF-8/],
    ['marks without end', bytesOf('('.repeat(20000), '.'), /nested too deeply/],
    ['state for a number', bytesOf('K\x01Nb.'), /takes a state/],
    ['keywords', bytesOf('cnumpy\ndtype\n)}(K\x01K\x02u\x92.'), /keywords/],
    ['an array of objects', bytesOf('cnumpy\ndtype\nU\x02O8\x85R.'), /dtype.*"O8"/],
    ['a big-endian array', bytesOf('cnumpy\ndtype\nU\x02i4\x85R(K\x03U\x01>NNNtb.'), /big-endian/],
    ['digits that are none', bytesOf('Ixyz\n.'), /decimal digits, got "xyz"/],
    ['a line without end', bytesOf('I123'), /line break/],
  ];

  it.each(refused)('%s', (_, bytes, message) => {
    expect(() => read(bytes)).toThrow(message);
    expect(() => read(bytes)).toThrow(ClipError);
  });

  it('takes no memory for what it refuses, and no time', () => {
    // One string of a megabyte, encoded ten thousand times: 10 GB if each were kept.
    const text = 'a'.repeat(1 << 20);
    const encode = ['h\x00h\x01U\x06latin1\x86R', '0'];
    const bytes = bytesOf(
      ['c_codecs\nencode\nq\x000', 'X', uint32(text.length), text, 'q\x010'],
      Array.from({ length: 10000 }, () => encode),
      'N.',
    );
    const before = process.memoryUsage().arrayBuffers;
    expect(read(bytes)).toBe(null);
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(64 << 20);
  });

  it('ends on opcodes without end', () => {
    expect(() => read(new Uint8Array(3_000_000).fill(0x4e))).toThrow(/too many opcodes/);
  });

  it('an array whose shape and bytes disagree', () => {
    const bytes = python2Pickle({ data: { rows: 3, columns: 5000, data: new Uint8Array(10000) } });
    expect(() => read(bytes)).toThrow(/shape \[3,5000\].*expected 15000 bytes, got 10000/);
  });
});
