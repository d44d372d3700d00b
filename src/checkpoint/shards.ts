// A checkpoint in several files, with an index of which tensor is in which: `model.safetensors.index.json`, and the like
// for PyTorch's own files.
import { ClipError } from '../errors.ts';
import { objectAt, parseObject, show } from './json-object.ts';
import type { Checkpoint, StoredTensor } from './stored-tensor.ts';

/** More files than this are no checkpoint but a trap: each is opened. */
const MOST_SHARDS = 1000;

/**
 * One checkpoint from `index`, the text of the file called `file`; `openShard` opens a file beside it by name. Throws
 * ClipError when the index names what is elsewhere, or a shard does not hold just what the index says.
 */
export async function openShards(
  index: string,
  file: string,
  openShard: (name: string) => Promise<Checkpoint>,
): Promise<Checkpoint> {
  const owners = new Map<string, string>();
  for (const [tensor, shard] of Object.entries(objectAt(parseObject(index, file), 'weight_map', file))) {
    if (typeof shard !== 'string' || !/^[^/\\\0]+$/.test(shard) || shard === '..') {
      throw new ClipError(`${file}: tensor ${tensor}`, {
        expected: 'a file beside the index',
        got: show(shard),
      });
    }
    owners.set(tensor, shard);
  }
  const names = new Set(owners.values());
  if (names.size === 0 || names.size > MOST_SHARDS) {
    throw new ClipError(`${file}: weight_map`, { expected: `1 to ${MOST_SHARDS} files`, got: names.size });
  }
  const shards = new Map<string, Checkpoint>();
  for (const name of names) shards.set(name, await openShard(name));

  const tensors = new Map<string, StoredTensor>();
  for (const [tensor, shard] of owners) {
    const stored = shards.get(shard)!.tensors.get(tensor);
    if (!stored)
      throw new ClipError(`${file}: ${shard} has no tensor ${tensor}`, { hint: 'is it of the same model?' });
    tensors.set(tensor, stored);
  }
  for (const [name, shard] of shards) {
    for (const tensor of shard.tensors.keys()) {
      if (owners.get(tensor) === name) continue;
      throw new ClipError(`${file}: tensor ${tensor} of ${name}`, {
        expected: 'a place in the index',
        got: owners.get(tensor) ?? 'none',
      });
    }
  }
  const [first] = shards.values();
  const metadata = new Map([...shards.values()].flatMap((shard) => [...shard.metadata]));
  return { format: first!.format, tensors, metadata };
}
