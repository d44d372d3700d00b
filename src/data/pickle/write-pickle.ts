// Values → Python's pickle, protocol 2, in the form CIFAR's own files have (Python 2 wrote them): text is a byte string,
// so that Python 3 gives str keys with encoding='latin1' and bytes keys with encoding='bytes', as it does for theirs.
// Stands beside pickle.dump(value, file, protocol=2).
import { ClipError } from '../../errors.ts';
import { join } from '../pictures/join.ts';
import type { NumpyArray } from './numpy.ts';
import { LONGEST_BYTE_TEXT } from './opcodes.ts';

/** What can be written: whole numbers of 32 bits, text, lists, dicts, numpy arrays of bytes. */
export type Picklable = number | string | Picklable[] | Map<string, Picklable> | NumpyArray;

/** The pickle of a value. Errors: a number that is not whole or beyond 32 bits, a numpy array of another type than u1. */
export function writePickle(value: Picklable): Uint8Array {
  return join([opcode('\x80', 2), ...parts(value), opcode('.')]);
}

function* parts(value: Picklable): Generator<Uint8Array> {
  if (typeof value === 'number') yield numberPart(value);
  else if (typeof value === 'string') yield textPart(value);
  else if (Array.isArray(value)) {
    yield opcode(']');
    yield opcode('(');
    for (const item of value) yield* parts(item);
    yield opcode('e');
  } else if (value instanceof Map) {
    yield opcode('}');
    yield opcode('(');
    for (const [key, item] of value) {
      yield textPart(key);
      yield* parts(item);
    }
    yield opcode('u');
  } else yield* arrayParts(value);
}

function numberPart(value: number): Uint8Array {
  if (value !== (value | 0)) {
    throw new ClipError('a number to pickle', { expected: 'a whole one of 32 bits', got: value });
  }
  if (value >= 0 && value < 256) return opcode('K', value);
  return opcode('J', ...littleEndian(value));
}

/** ASCII as a byte string; other text, and what our reader would take for data, as unicode. */
function textPart(text: string): Uint8Array {
  const bytes = new TextEncoder().encode(text);
  const ascii = bytes.length === text.length && bytes.length <= LONGEST_BYTE_TEXT;
  if (ascii && bytes.length < 256) return join([opcode('U', bytes.length), bytes]);
  return join([opcode(ascii ? 'T' : 'X', ...littleEndian(bytes.length)), bytes]);
}

/** What numpy's `__reduce__` gives: _reconstruct(ndarray, (0,), 'b'), then the state (1, shape, dtype, False, bytes). */
function* arrayParts({ shape, dtype, fortran, data }: NumpyArray): Generator<Uint8Array> {
  if (dtype !== 'u1' || fortran || data.length >= 2 ** 31) {
    throw new ClipError('a numpy array to pickle', {
      expected: 'row-major u1, less than 2 GiB',
      got: `${fortran ? 'column-major ' : ''}${dtype}, ${data.length} bytes`,
    });
  }
  yield global('numpy.core.multiarray', '_reconstruct');
  yield global('numpy', 'ndarray');
  yield join([numberPart(0), opcode('\x85'), textPart('b'), opcode('\x87'), opcode('R')]);
  yield join([opcode('('), numberPart(1), opcode('('), ...shape.map(numberPart), opcode('t')]);
  // dtype('u1', 0, 1), whose own state is (3, '|', None, None, None, -1, -1, 0).
  yield join([
    global('numpy', 'dtype'),
    textPart('u1'),
    numberPart(0),
    numberPart(1),
    opcode('\x87'),
    opcode('R'),
  ]);
  yield join([opcode('('), numberPart(3), textPart('|'), opcode('N'), opcode('N'), opcode('N')]);
  yield join([numberPart(-1), numberPart(-1), numberPart(0), opcode('t'), opcode('b')]);
  yield opcode('\x89');
  yield opcode('T', ...littleEndian(data.length));
  yield data;
  yield join([opcode('t'), opcode('b')]);
}

function global(module: string, name: string): Uint8Array {
  return new TextEncoder().encode(`c${module}\n${name}\n`);
}

function opcode(letter: string, ...bytes: number[]): Uint8Array {
  return Uint8Array.of(letter.charCodeAt(0), ...bytes);
}

function littleEndian(value: number): number[] {
  return [value, value >> 8, value >> 16, value >> 24].map((part) => part & 255);
}
