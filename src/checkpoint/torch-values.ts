// The Python objects inside PyTorch's pickles, as data: storages, tensors, TorchScript modules. Stands beside
// torch._utils._rebuild_tensor_v2 and torch.jit's unpickler; nothing of torch runs. What makes them: torch-globals.ts.
import { MOST_AXES } from '../data/pickle/limits.ts';
import { describeValue, PickleGlobal, PickleObject, type PickleValue } from '../data/pickle/values.ts';
import { ClipError } from '../errors.ts';
import type { DType } from './dtype.ts';
import { countOf } from './stored-tensor.ts';

/** Types of storages by the names that pickles give them. */
export const STORAGE_TYPES: Readonly<Record<string, DType>> = {
  'torch.DoubleStorage': 'F64',
  'torch.FloatStorage': 'F32',
  'torch.HalfStorage': 'F16',
  'torch.BFloat16Storage': 'BF16',
  'torch.LongStorage': 'I64',
  'torch.IntStorage': 'I32',
  'torch.ShortStorage': 'I16',
  'torch.CharStorage': 'I8',
  'torch.ByteStorage': 'U8',
  'torch.BoolStorage': 'BOOL',
};

/** A run of numbers in the archive's member `data/KEY`. */
export class TorchStorage extends PickleObject {
  readonly dtype: DType;
  readonly key: string;
  readonly count: number;

  constructor(dtype: DType, key: string, count: number) {
    super();
    this.dtype = dtype;
    this.key = key;
    this.count = count;
  }

  override setState(): void {
    throw new ClipError('a storage takes no state');
  }
}

/** Which numbers of a storage a tensor is: element (i, j, …) stands at offset + i·strides[0] + j·strides[1] + … */
export class TorchTensor extends PickleObject {
  readonly storage: TorchStorage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];

  constructor(storage: TorchStorage, offset: number, shape: readonly number[], strides: readonly number[]) {
    super();
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }

  /** Attributes that Python code hung on a parameter; no part of its value. */
  override setState(): void {}
}

const NO_ATTRIBUTES: ReadonlyMap<PickleValue, PickleValue> = new Map();

/** A module of a TorchScript archive: its class's name, and its attributes in order. */
export class TorchModule extends PickleObject {
  readonly className: string;
  attributes: ReadonlyMap<PickleValue, PickleValue> = NO_ATTRIBUTES;

  constructor(className: string) {
    super();
    this.className = className;
  }

  override setState(state: PickleValue): void {
    if (!(state instanceof Map)) {
      throw new ClipError(`the state of a ${this.className}`, {
        expected: 'a dict',
        got: describeValue(state),
      });
    }
    this.attributes = state;
  }
}

/** The persistent id ('storage', type, key, device, count): wherever the storage was, its numbers are in the file. */
export function storageOf(id: PickleValue): TorchStorage {
  const [kind, type, key, , count] = Array.isArray(id) ? id : [];
  const dtype = type instanceof PickleGlobal ? STORAGE_TYPES[type.name] : undefined;
  if (kind !== 'storage' || !dtype || typeof key !== 'string' || !isCount(count)) {
    throw new ClipError('a persistent id', {
      expected: 'a storage (type, key, device, count)',
      got: Array.isArray(id) ? id.slice(0, 6).map(describeValue).join(', ') : describeValue(id),
    });
  }
  return new TorchStorage(dtype, key, count);
}

/** (storage, offset, shape, strides, requires_grad, hooks): every element must lie inside the storage. */
export function rebuildTensor(...args: PickleValue[]): PickleValue {
  const [storage, offset, shape, strides] = args;
  if (!(storage instanceof TorchStorage) || !isCount(offset) || !isCounts(shape) || !isCounts(strides)) {
    throw new ClipError('a tensor', {
      expected: `storage, offset, shape, strides, none of them negative, at most ${MOST_AXES} axes`,
      got: [storage, offset, shape, strides].map(describeValue).join(', '),
    });
  }
  const what = `a tensor of shape [${shape}] and strides [${strides}]`;
  const isEmpty = shape.includes(0);
  if (!Number.isSafeInteger(countOf(shape)))
    throw new ClipError(what, { expected: 'less than 2^53 numbers' });
  const last = shape.reduce((index, size, axis) => index + (size - 1) * (strides[axis] ?? 0), offset);
  if (shape.length !== strides.length || (!isEmpty && !(last < storage.count))) {
    throw new ClipError(what, {
      expected: `inside its storage of ${storage.count} numbers`,
      got: `number ${last}`,
    });
  }
  return new TorchTensor(storage, offset, shape, strides);
}

function isCounts(value: PickleValue | undefined): value is number[] {
  return Array.isArray(value) && value.length <= MOST_AXES && value.every(isCount);
}

function isCount(value: PickleValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
