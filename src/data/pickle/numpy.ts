// The numpy arrays inside pickles, without numpy: the few names its `__reduce__` writes, under both of its module paths.
import { ClipError } from '../../errors.ts';
import { MOST_AXES } from './limits.ts';
import { latin1Bytes } from './text.ts';
import { describeValue, NAME_ONLY, type PickleFunction, PickleObject, type PickleValue } from './values.ts';

/** An array: bytes in row-major order (`fortran`: column-major), little-endian. A view of the pickle's memory. */
export class NumpyArray extends PickleObject {
  shape: readonly number[] = [0];
  /** numpy's short name: `u1`, `i8`, `f4`… */
  dtype = 'u1';
  fortran = false;
  data: Uint8Array = new Uint8Array(0);

  /** (version, shape, dtype, is_fortran, data), or the same without the version. */
  override setState(state: PickleValue): void {
    const [shape, dtype, fortran, data] = Array.isArray(state) ? state.slice(-4) : [];
    if (!(dtype instanceof NumpyType)) {
      throw new ClipError("a numpy array's state", { expected: 'a dtype', got: describeValue(dtype) });
    }
    this.fill(shape, dtype, fortran === true || fortran === 1, asBytes(data));
  }

  fill(shape: PickleValue | undefined, dtype: NumpyType, fortran: boolean, data: Uint8Array): void {
    const sizes = Array.isArray(shape) ? shape : [];
    if (sizes.length > MOST_AXES) {
      throw new ClipError("a numpy array's shape", {
        expected: `at most ${MOST_AXES} axes`,
        got: sizes.length,
      });
    }
    if (!Array.isArray(shape) || !sizes.every((size) => Number.isSafeInteger(size) && Number(size) >= 0)) {
      throw new ClipError("a numpy array's shape", { expected: 'whole numbers', got: describeValue(shape) });
    }
    this.shape = sizes.map(Number);
    const bytes = this.shape.reduce((product, size) => product * size, dtype.itemSize);
    if (bytes !== data.length) {
      throw new ClipError(`a numpy array of shape [${this.shape}] and type ${dtype.name}`, {
        expected: `${bytes} bytes`,
        got: data.length,
      });
    }
    this.dtype = dtype.name;
    this.fortran = fortran;
    this.data = data;
  }
}

/** A numpy dtype of plain numbers. */
class NumpyType extends PickleObject {
  readonly name: string;
  readonly itemSize: number;

  constructor(name: PickleValue | undefined) {
    super();
    const plain = typeof name === 'string' ? name.replace(/^[<|=]/, '') : '';
    const match = /^(?:b1|[iu][1248]|f[248])$/.exec(plain);
    if (!match) {
      throw new ClipError('a numpy dtype', {
        expected: 'little-endian numbers (b1, i1…i8, u1…u8, f2, f4, f8)',
        got: describeValue(name),
      });
    }
    this.name = plain;
    this.itemSize = Number(plain[1]);
  }

  /** (version, byte order, …): the byte order is all that matters for numbers. */
  override setState(state: PickleValue): void {
    if (Array.isArray(state) && state[1] === '>') {
      throw new ClipError('a numpy dtype', { expected: 'little-endian numbers', got: 'big-endian ones' });
    }
  }
}

function arrayOf(
  shape: PickleValue | undefined,
  dtype: PickleValue | undefined,
  fortran: boolean,
  data: PickleValue | undefined,
): NumpyArray {
  if (!(dtype instanceof NumpyType)) throw new ClipError('a numpy array without a dtype');
  const array = new NumpyArray();
  array.fill(shape, dtype, fortran, asBytes(data));
  return array;
}

function asBytes(value: PickleValue | undefined): Uint8Array {
  if (value instanceof Uint8Array) return value;
  if (typeof value === 'string') return latin1Bytes(value);
  throw new ClipError("a numpy array's data", { expected: 'bytes', got: describeValue(value) });
}

/**
 * What a pickle that holds numpy arrays may name, by full name. A new table for each pickle: `_codecs.encode` keeps what
 * it made, so that a file which encodes one long string over and over takes its memory once.
 */
export function numpyGlobals(): Map<string, PickleFunction | typeof NAME_ONLY> {
  const encoded = new Map<string, Uint8Array>();
  const table = new Map<string, PickleFunction | typeof NAME_ONLY>();

  // Python 3 writes bytes this way in protocols 0 to 2.
  table.set('_codecs.encode', (text, encoding) => {
    if (typeof text !== 'string' || encoding !== 'latin1') {
      throw new ClipError('_codecs.encode', { expected: 'text as latin1', got: describeValue(encoding) });
    }
    const bytes = encoded.get(text) ?? latin1Bytes(text);
    encoded.set(text, bytes);
    return bytes;
  });
  table.set('numpy.dtype', (name) => new NumpyType(name));
  table.set('numpy.ndarray', NAME_ONLY);
  for (const core of ['numpy.core', 'numpy._core']) {
    table.set(`${core}.multiarray._reconstruct`, () => new NumpyArray());
    // One number, such as a loss that a trainer keeps: an array without axes.
    table.set(`${core}.multiarray.scalar`, (dtype, data) => arrayOf([], dtype, false, data));
    table.set(`${core}.numeric._frombuffer`, (data, dtype, shape, order) =>
      arrayOf(shape, dtype, order === 'F', data),
    );
  }
  return table;
}
