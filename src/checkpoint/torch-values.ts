// The Python objects inside PyTorch's pickles, as data: storages, tensors, TorchScript modules. Stands beside
// torch._utils._rebuild_tensor_v2 and torch.jit's unpickler; nothing of torch runs.
import { numpyGlobals } from '../data/pickle/numpy.ts';
import {
  describeValue,
  NAME_ONLY,
  type PickleFunction,
  PickleGlobal,
  type PickleGlobals,
  PickleObject,
  type PickleValue,
} from '../data/pickle/values.ts';
import { ClipError } from '../errors.ts';
import type { DType } from './dtype.ts';

const STORAGE_TYPES: Readonly<Record<string, DType>> = {
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

/** A module of a TorchScript archive: its class's name, and its attributes in order. */
export class TorchModule extends PickleObject {
  readonly className: string;
  attributes: ReadonlyMap<PickleValue, PickleValue> = new Map();

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

/** What a PyTorch pickle may name. */
export function torchGlobals(): PickleGlobals {
  const table = numpyGlobals();
  for (const name of Object.keys(STORAGE_TYPES)) table.set(name, NAME_ONLY);
  table.set('collections.OrderedDict', orderedDict);
  table.set('torch._utils._rebuild_tensor_v2', rebuildTensor);
  table.set('torch._utils._rebuild_parameter', (tensor) => tensor!);
  table.set('torch.Size', (sizes) => sizes ?? []);
  // TorchScript writes typed lists, and notes the types of other containers, through these.
  for (const name of [
    'build_intlist',
    'build_doublelist',
    'build_boollist',
    'build_tensorlist',
    'restore_type_tag',
  ]) {
    table.set(`torch.jit._pickle.${name}`, (value) => value ?? null);
  }
  return (name) => table.get(name) ?? (name.startsWith('__torch__.') ? makeModule(name) : undefined);
}

function makeModule(className: string): PickleFunction {
  return () => new TorchModule(className);
}

function orderedDict(items?: PickleValue): PickleValue {
  const dict = new Map<PickleValue, PickleValue>();
  for (const item of Array.isArray(items) ? items : []) {
    if (!Array.isArray(item) || item.length !== 2)
      throw new ClipError('an OrderedDict', { expected: 'pairs' });
    dict.set(item[0]!, item[1]!);
  }
  return dict;
}

/** The persistent id ('storage', type, key, device, count): wherever the storage was, its numbers are in the file. */
export function storageOf(id: PickleValue): TorchStorage {
  const [kind, type, key, , count] = Array.isArray(id) ? id : [];
  const dtype = type instanceof PickleGlobal ? STORAGE_TYPES[type.name] : undefined;
  if (kind !== 'storage' || !dtype || typeof key !== 'string' || !isCount(count)) {
    throw new ClipError('a persistent id', {
      expected: 'a storage (type, key, device, count)',
      got: Array.isArray(id) ? id.map(describeValue).join(', ') : describeValue(id),
    });
  }
  return new TorchStorage(dtype, key, count);
}

/** (storage, offset, shape, strides, requires_grad, hooks): every element must lie inside the storage. */
function rebuildTensor(...args: PickleValue[]): PickleValue {
  const [storage, offset, shape, strides] = args;
  const isCounts = (value: PickleValue | undefined): value is number[] =>
    Array.isArray(value) && value.every(isCount);
  if (!(storage instanceof TorchStorage) || !isCount(offset) || !isCounts(shape) || !isCounts(strides)) {
    throw new ClipError('a tensor', {
      expected: 'storage, offset, shape, strides, none of them negative',
      got: [storage, offset, shape, strides].map(describeValue).join(', '),
    });
  }
  const isEmpty = shape.includes(0);
  const last = shape.reduce((index, size, axis) => index + (size - 1) * (strides[axis] ?? 0), offset);
  if (shape.length !== strides.length || (!isEmpty && !(last < storage.count))) {
    throw new ClipError(`a tensor of shape [${shape}] and strides [${strides}]`, {
      expected: `inside its storage of ${storage.count} numbers`,
      got: `number ${last}`,
    });
  }
  return new TorchTensor(storage, offset, shape, strides);
}

function isCount(value: PickleValue | undefined): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
