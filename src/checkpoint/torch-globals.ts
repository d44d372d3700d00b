// The closed list of what a PyTorch pickle may name: tensors, TorchScript's modules, and the plain data that trainers
// keep beside them. Whatever has behaviour (schedulers, configuration classes, whole modules) is refused by name.
import { keyCheck } from '../data/pickle/keys.ts';
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
import { rebuildTensor, STORAGE_TYPES, TorchModule } from './torch-values.ts';

const DTYPES = [
  'float64',
  'float32',
  'float16',
  'bfloat16',
  'int64',
  'int32',
  'int16',
  'int8',
  'uint8',
  'bool',
];

/** Plain data that nobody here looks at. */
class Unread extends PickleObject {
  override setState(): void {}
}

const UNREAD = [
  'argparse.Namespace',
  'types.SimpleNamespace',
  'pathlib.PosixPath',
  'pathlib.WindowsPath',
  'builtins.bytearray',
  '__builtin__.bytearray',
  'builtins.complex',
  '__builtin__.complex',
];

/** The list for one pickle. */
export function torchGlobals(): PickleGlobals {
  const table = numpyGlobals();
  const key = keyCheck();
  for (const name of Object.keys(STORAGE_TYPES)) table.set(name, NAME_ONLY);
  for (const name of DTYPES) table.set(`torch.${name}`, NAME_ONLY);

  table.set('torch._utils._rebuild_tensor_v2', rebuildTensor);
  table.set('torch._utils._rebuild_parameter', (tensor) => tensor!);
  // Parameters and tensors that Python code hung attributes on: no part of their value.
  table.set('torch._utils._rebuild_parameter_with_state', (tensor) => tensor!);
  table.set('torch._tensor._rebuild_from_type_v2', rebuildFromType);
  for (const name of ['torch.Tensor', 'torch.nn.parameter.Parameter']) table.set(name, NAME_ONLY);
  table.set('torch.Size', (sizes) => sizes ?? []);
  table.set('torch.device', device);

  table.set('collections.OrderedDict', (items) => dictOf(items, key));
  table.set('collections.defaultdict', () => new Map());
  table.set('collections.Counter', (counts) => (counts instanceof Map ? counts : new Map()));
  table.set('collections.deque', () => []); // its items are appended
  for (const name of UNREAD) table.set(name, () => new Unread());
  for (const module of ['builtins', '__builtin__']) {
    for (const name of ['dict', 'list', 'int', 'float', 'str']) table.set(`${module}.${name}`, NAME_ONLY);
    for (const name of ['set', 'frozenset']) table.set(`${module}.${name}`, (items) => setOf(items, key));
  }

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
  return (name) =>
    table.get(name) ?? (name.startsWith('__torch__.') ? () => new TorchModule(name) : undefined);
}

/** `cuda:1` */
function device(type?: PickleValue, index?: PickleValue): PickleValue {
  if (typeof type !== 'string' || type.length > 20) {
    throw new ClipError('a device', { expected: 'its type', got: describeValue(type) });
  }
  return typeof index === 'number' ? `${type}:${index}` : type;
}

type KeyCheck = ReturnType<typeof keyCheck>;

function dictOf(items: PickleValue | undefined, key: KeyCheck): PickleValue {
  const dict = new Map<PickleValue, PickleValue>();
  for (const item of Array.isArray(items) ? items : []) {
    if (!Array.isArray(item) || item.length !== 2)
      throw new ClipError('an OrderedDict', { expected: 'pairs' });
    dict.set(key(item[0]!), item[1]!);
  }
  return dict;
}

function setOf(items: PickleValue | undefined, key: KeyCheck): PickleValue {
  const set = new Set<PickleValue>();
  for (const item of Array.isArray(items) ? items : []) set.add(key(item));
  return set;
}

/** (function, class, its arguments, state): the tensor that the function makes, whatever its class. */
function rebuildFromType(rebuild?: PickleValue, _type?: PickleValue, args?: PickleValue): PickleValue {
  if (rebuild instanceof PickleGlobal && rebuild.name.startsWith('torch._utils.') && Array.isArray(args)) {
    return (rebuild.call as PickleFunction)(...args.slice(0, 8));
  }
  throw new ClipError('a tensor of a class of its own', { expected: 'one of torch._utils’ functions' });
}
