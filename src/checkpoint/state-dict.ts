// From a checkpoint to a model's parameters, one tensor at a time. Stands beside torch.nn.Module.load_state_dict.
import * as tf from '@tensorflow/tfjs-core';
import { ClipError } from '../errors.ts';
import type { Module, Parameter } from '../model/module.ts';
import { ITEM_SIZE } from './dtype.ts';
import type { Checkpoint, StoredTensor } from './stored-tensor.ts';

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

/**
 * Gives every parameter of the model its value from the checkpoint, as float32. Names and shapes are compared first: a
 * mismatch is one error that says what only the file has, what only the model has and what differs in shape, and
 * the model is as it was. When reading fails later, the model is released. `onProgress` hears bytes done and in all.
 */
export async function loadStateDict(
  model: AnyModule,
  checkpoint: Checkpoint,
  onProgress?: (done: number, total: number) => void,
): Promise<void> {
  // Largest first: what a large tensor needs besides itself is then freed before the rest fills the memory.
  const pairs = pairUp(model, checkpoint).sort(([, a], [, b]) => b.byteLength - a.byteLength);
  const total = pairs.reduce((sum, [, stored]) => sum + stored.byteLength, 0);
  // One buffer for the file's bytes of all tensors that are widened: less to allocate, less for the collector.
  const narrow = pairs.map(([, { dtype, byteLength }]) => (ITEM_SIZE[dtype] < 4 ? byteLength : 0));
  const scratch = new Uint8Array(Math.max(0, ...narrow));
  let done = 0;
  try {
    for (const [parameter, stored] of pairs) {
      const values = await stored.readFloat32(scratch);
      const tensor = tf.tensor(values, [...stored.shape], 'float32');
      parameter.assign(tensor);
      tensor.dispose();
      done += stored.byteLength;
      onProgress?.(done, total);
    }
  } catch (error) {
    releaseModel(model);
    throw error;
  }
}

/** Frees every parameter's value. */
export function releaseModel(model: AnyModule): void {
  for (const [, parameter] of model.namedParameters()) parameter.release();
}

/** Each parameter with its tensor, or an error with all that does not fit. */
function pairUp(model: AnyModule, checkpoint: Checkpoint): [Parameter, StoredTensor][] {
  const differences = compareStateDict(model, checkpoint);
  if (differences) {
    throw new ClipError(`the checkpoint does not fit the model: ${differences}`, {
      hint: 'clip-tfjs inspect lists what is in the file',
    });
  }
  return [...model.namedParameters()].map(([name, parameter]) => [parameter, checkpoint.tensors.get(name)!]);
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
