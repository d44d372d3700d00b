// From what a PyTorch pickle holds to state-dict names: a TorchScript module tree, or a state dict, perhaps nested.
import type { PickleValue } from '../data/pickle/values.ts';
import { ClipError } from '../errors.ts';
import { TorchModule, TorchTensor } from './torch-values.ts';

export interface NamedTensors {
  format: 'torchscript' | 'pytorch';
  tensors: Map<string, TorchTensor>;
  /** Plain numbers and words that stand beside the tensors. */
  metadata: Map<string, string>;
}

/** A module tree is walked this deep and to this many attributes; a pickle can make one module its own child. */
const DEEPEST_MODULE = 64;
const MOST_ATTRIBUTES = 1_000_000;

/** Where training programs put the state dict. */
const NESTED_UNDER = ['state_dict', 'model', 'model_state_dict'];

/** What DataParallel puts before every name. */
const PARALLEL_PREFIX = 'module.';

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

/** Attribute paths joined by dots are the state dict's names. */
function walkModules(root: TorchModule, file: string): NamedTensors {
  const tensors = new Map<string, TorchTensor>();
  const metadata = new Map<string, string>();
  let seen = 0;
  const walk = (module: TorchModule, prefix: string, depth: number) => {
    if (depth > DEEPEST_MODULE) {
      throw new ClipError(`${file}: modules nested too deeply`, { expected: `at most ${DEEPEST_MODULE}` });
    }
    for (const [key, value] of module.attributes) {
      if (++seen > MOST_ATTRIBUTES) {
        throw new ClipError(`${file}: too many attributes`, { expected: `at most ${MOST_ATTRIBUTES}` });
      }
      const name = `${prefix}${String(key)}`;
      if (value instanceof TorchTensor) tensors.set(name, value);
      else if (value instanceof TorchModule) walk(value, `${name}.`, depth + 1);
      else note(metadata, name, value);
    }
  };
  walk(root, '', 0);
  return { format: 'torchscript', tensors, metadata };
}

function readStateDict(root: ReadonlyMap<PickleValue, PickleValue>, file: string): NamedTensors {
  const nested = NESTED_UNDER.map((key) => root.get(key)).find((value) => value instanceof Map);
  const stateDict = nested instanceof Map && holdsTensors(nested) ? nested : root;
  const metadata = new Map<string, string>();
  for (const [key, value] of root) note(metadata, String(key), value);

  const tensors = new Map<string, TorchTensor>();
  for (const [key, value] of stateDict) {
    if (value instanceof TorchTensor && typeof key === 'string') tensors.set(key, value);
  }
  if (tensors.size === 0) {
    throw new ClipError(`${file}: no tensors in the archive`, {
      expected: `a state dict, or one under ${NESTED_UNDER.join(' or ')}`,
      got: `keys ${[...root.keys()].slice(0, 5).map(String).join(', ') || 'none'}`,
    });
  }
  return { format: 'pytorch', tensors: withoutParallelPrefix(tensors), metadata };
}

function holdsTensors(dict: ReadonlyMap<PickleValue, PickleValue>): boolean {
  return [...dict.values()].some((value) => value instanceof TorchTensor);
}

function withoutParallelPrefix(tensors: Map<string, TorchTensor>): Map<string, TorchTensor> {
  if (![...tensors.keys()].every((name) => name.startsWith(PARALLEL_PREFIX))) return tensors;
  return new Map([...tensors].map(([name, tensor]) => [name.slice(PARALLEL_PREFIX.length), tensor]));
}

function note(metadata: Map<string, string>, name: string, value: PickleValue): void {
  if (value === null || typeof value === 'object') return;
  metadata.set(name, String(value));
}
