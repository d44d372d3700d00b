// From what a PyTorch pickle holds to state-dict names: a TorchScript module tree, or a state dict, perhaps nested.
import { describeValue, PickleGlobal, type PickleValue } from '../data/pickle/values.ts';
import { ClipError } from '../errors.ts';
import { checkTensorName, LONGEST_NAME } from './limits.ts';
import { TorchModule, TorchTensor } from './torch-values.ts';

export interface NamedTensors {
  format: 'torchscript' | 'pytorch';
  tensors: Map<string, TorchTensor>;
  /** Plain numbers and words that stand beside the tensors; TorchScript's modules without any of their own, by class. */
  metadata: Map<string, string>;
}

/** A module tree is walked this deep and to this many attributes; a pickle can make one module its own child. */
const DEEPEST_MODULE = 64;
const MOST_ATTRIBUTES = 200_000;

/** Where training programs put the state dict, perhaps one within the other: open_clip and Lightning, others, DeepSpeed. */
const NESTED_UNDER = ['state_dict', 'model', 'model_state_dict', 'module'];
const DEEPEST_STATE_DICT = 3;

/** What DataParallel, torch.compile and Lightning put before every name, in any order. */
const WRAPPERS = ['module.', '_orig_mod.', 'model.'];

/** How often torch.optim.swa_utils.AveragedModel has averaged; it wraps under `module.` too. */
const AVERAGED = 'n_averaged';

type Dict = ReadonlyMap<PickleValue, PickleValue>;

/** Names every tensor in the value of an archive's data.pkl. */
export function nameTensors(root: PickleValue, file: string): NamedTensors {
  if (root instanceof TorchModule) return walkModules(root, file);
  if (root instanceof Map) return readStateDict(root, file);
  throw new ClipError(`${file}: what the archive holds`, {
    expected: 'a TorchScript module or a state dict',
    got: root instanceof TorchTensor ? 'one tensor' : 'something else',
    hint: 'in Python: torch.save(model.state_dict(), path)',
  });
}

/**
 * Attribute paths joined by dots are the state dict's names. A module with neither tensors nor modules in it, such as an
 * activation, is noted under its path by the last part of its class's name: `QuickGELU`.
 */
function walkModules(root: TorchModule, file: string): NamedTensors {
  const tensors = new Map<string, TorchTensor>();
  const metadata = new Map<string, string>();
  let seen = 0;
  const walk = (module: TorchModule, path: string, depth: number) => {
    if (depth > DEEPEST_MODULE) {
      throw new ClipError(`${file}: modules nested too deeply`, { expected: `at most ${DEEPEST_MODULE}` });
    }
    let isLeaf = true;
    for (const [key, value] of module.attributes) {
      if (++seen > MOST_ATTRIBUTES) {
        throw new ClipError(`${file}: too many attributes`, { expected: `at most ${MOST_ATTRIBUTES}` });
      }
      if (typeof key !== 'string') {
        throw new ClipError(`${file}: an attribute's name`, { expected: 'text', got: describeValue(key) });
      }
      const name = path ? `${path}.${key}` : key;
      checkTensorName(name, file);
      if (value instanceof TorchModule) walk(value, name, depth + 1);
      else if (!(value instanceof TorchTensor)) note(metadata, name, value);
      else if (tensors.has(name)) throw new ClipError(`${file}: two tensors are called ${name}`);
      else tensors.set(name, value);
      isLeaf &&= !(value instanceof TorchModule || value instanceof TorchTensor);
    }
    if (isLeaf && path) metadata.set(path, module.className.split('.').at(-1)!);
  };
  walk(root, '', 0);
  if (tensors.size === 0) {
    throw new ClipError(`${file}: no tensors in the TorchScript archive`, {
      hint: 'torch.jit.freeze makes constants of them: save the module before',
    });
  }
  return { format: 'torchscript', tensors, metadata };
}

function readStateDict(root: Dict, file: string): NamedTensors {
  const metadata = new Map<string, string>();
  for (const [key, value] of root) {
    if (typeof key === 'string' && key.length <= LONGEST_NAME) note(metadata, key, value);
  }
  const tensors = new Map<string, TorchTensor>();
  for (const [key, value] of findStateDict(root)) {
    if (value instanceof TorchTensor && typeof key === 'string') tensors.set(key, value);
  }
  if (tensors.size === 0) {
    throw new ClipError(`${file}: no tensors in the archive`, {
      expected: `a state dict, or one under ${NESTED_UNDER.join(' or ')}`,
      got: `keys ${[...root.keys()].slice(0, 5).map(describeValue).join(', ') || 'none'}`,
    });
  }
  return { format: 'pytorch', tensors: withoutWrappers(tensors), metadata };
}

/** The innermost dict under the known names that has tensors, else the outermost. */
function findStateDict(root: Dict): Dict {
  let [found, inner]: [Dict, Dict | undefined] = [root, root];
  for (let depth = 0; inner && depth <= DEEPEST_STATE_DICT; depth++) {
    if (holdsTensors(inner)) found = inner;
    const dicts: (PickleValue | undefined)[] = NESTED_UNDER.map((key) => inner?.get(key));
    inner = dicts.find(
      (value): value is Map<PickleValue, PickleValue> => value instanceof Map && isOrHasStateDict(value),
    );
  }
  return found;
}

function isOrHasStateDict(dict: Dict): boolean {
  return holdsTensors(dict) || NESTED_UNDER.some((key) => dict.get(key) instanceof Map);
}

function holdsTensors(dict: Dict): boolean {
  for (const value of dict.values()) if (value instanceof TorchTensor) return true;
  return false;
}

function withoutWrappers(tensors: Map<string, TorchTensor>): Map<string, TorchTensor> {
  const names = [...tensors.keys()].filter((name) => name !== AVERAGED);
  const wrapper = WRAPPERS.find((prefix) => names.every((name) => name.startsWith(prefix)));
  if (!wrapper || names.length === 0) return tensors;
  return withoutWrappers(new Map(names.map((name) => [name.slice(wrapper.length), tensors.get(name)!])));
}

function note(metadata: Map<string, string>, name: string, value: PickleValue): void {
  if (value instanceof PickleGlobal) metadata.set(name, value.name);
  else if (value !== null && typeof value !== 'object') metadata.set(name, String(value));
}
