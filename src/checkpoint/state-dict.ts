// From a checkpoint to a model's parameters, one tensor at a time. Stands beside torch.nn.Module.load_state_dict.
import * as tf from '@tensorflow/tfjs-core';
import { ClipError } from '../errors.ts';
import type { Module, Parameter } from '../model/module.ts';
import { type Pair, readAhead } from './read-ahead.ts';
import { StoredOrder } from './stored-order.ts';
import type { Checkpoint } from './stored-tensor.ts';

type AnyModule = Module<never[], tf.TensorContainer>;

/** Names, at their last dot, that carry no weight: read or not, the model computes the same. */
const WITHOUT_WEIGHT = new Set([
  'input_resolution',
  'context_length',
  'vocab_size',
  'position_ids',
  'num_batches_tracked',
  'attn_mask',
]);

/** Whether a model needs what a file holds under this name. */
export function carriesWeight(name: string): boolean {
  return !WITHOUT_WEIGHT.has(name.split('.').at(-1)!);
}

/** Names an error lists of each kind. */
const LISTED = 3;

/** TensorFlow.js's names of the engines that copy what they are given as soon as it is used; others may work on in it. */
const COPYING = new Set(['wasm', 'tensorflow']);

/** A parameter's tensor with numbers in it that no training should leave behind. */
export interface NotFinite {
  /** The model's name for it. */
  name: string;
  /** How many of its numbers are NaN or infinite. */
  count: number;
}

/**
 * Gives every parameter of the model its value from the checkpoint, as float32, and returns which ones have NaN or
 * infinities in them, in the model's order. Names and shapes are compared first: a mismatch is one error that says what
 * only the file has, what only the model has and what differs in shape, and the model is as it was. When reading fails
 * later, the model is released. `onProgress` hears bytes done and in all.
 */
export async function loadStateDict(
  model: AnyModule,
  checkpoint: Checkpoint,
  onProgress?: (done: number, total: number) => void,
): Promise<NotFinite[]> {
  const pairs = pairUp(model, checkpoint);
  // Largest first: what a large tensor needs besides itself is then freed before the rest fills the memory.
  const bySize = pairs.toSorted((a, b) => b.tensor.byteLength - a.tensor.byteLength);
  const total = pairs.reduce((sum, { tensor }) => sum + tensor.byteLength, 0);
  const stored = new StoredOrder();
  const keep = !COPYING.has(tf.getBackend());
  const found = new Map<Pair, number>();
  let done = 0;
  try {
    for await (const [pair, bytes] of readAhead(bySize)) {
      const { parameter, tensor } = pair;
      const { values, notFinite } = stored.bring({ ...tensor, bytes }, parameter.order, keep);
      if (notFinite > 0) found.set(pair, notFinite);
      fill(parameter, values);
      done += tensor.byteLength;
      onProgress?.(done, total);
    }
  } catch (error) {
    releaseModel(model);
    throw error;
  }
  return pairs.flatMap((pair) => (found.has(pair) ? { name: pair.name, count: found.get(pair)! } : []));
}

/** TensorFlow's engine takes numbers over at the first operation on them, here reshape: now, and not in the first run. */
function fill(parameter: Parameter, values: Float32Array): void {
  tf.tidy(() => parameter.assignStored(tf.reshape(tf.tensor1d(values), parameter.storedShape)));
}

/** A parameter's numbers in PyTorch's axis order. */
export async function readValues(parameter: Parameter): Promise<Float32Array> {
  const tensor = parameter.read();
  const values = (await tensor.data()) as Float32Array;
  tensor.dispose();
  return values;
}

/** Frees every parameter's value. */
export function releaseModel(model: AnyModule): void {
  for (const [, parameter] of model.namedParameters()) parameter.release();
}

/** Each parameter with its tensor, or an error with all that does not fit. */
function pairUp(model: AnyModule, checkpoint: Checkpoint): Pair[] {
  const differences = compareStateDict(model, checkpoint);
  if (differences) {
    throw new ClipError(`the checkpoint does not fit the model: ${differences}`, {
      hint: 'clip-tfjs inspect lists what is in the file',
    });
  }
  return [...model.namedParameters()].map(([name, parameter]) => ({
    name,
    parameter,
    tensor: checkpoint.tensors.get(name)!,
  }));
}

/** What only the model has, what only the file has and what differs in shape, in one line; empty where all fits. */
export function compareStateDict(model: AnyModule, checkpoint: Checkpoint): string {
  const parameters = new Map(model.namedParameters());
  const onlyModel: string[] = [];
  const otherShape: string[] = [];
  for (const [name, parameter] of parameters) {
    const stored = checkpoint.tensors.get(name);
    if (!stored) onlyModel.push(`${name} [${parameter.shape}]`);
    else if (`${stored.shape}` !== `${parameter.shape}`) {
      otherShape.push(`${name} [${stored.shape}] instead of [${parameter.shape}]`);
    }
  }
  const onlyFile = [...checkpoint.tensors]
    .filter(([name]) => !parameters.has(name) && carriesWeight(name))
    .map(([name, { shape }]) => `${name} [${shape}]`);
  const parts = [
    listed('only in the model', onlyModel),
    listed('only in the file', onlyFile),
    listed('another shape in the file', otherShape),
  ];
  return parts.filter(Boolean).join('; ');
}

function listed(title: string, names: readonly string[]): string {
  if (names.length === 0) return '';
  const more = names.length > LISTED ? `, and ${names.length - LISTED} more` : '';
  return `${title} (${names.length}): ${names.slice(0, LISTED).join(', ')}${more}`;
}
