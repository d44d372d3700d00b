// A fragment: the features of one shard, in a safetensors file: `features` F32 [n, E], `kept` I32 [n], which of the set each
// row is of, and in its metadata what it is a fragment of, and the pictures that could not be read.
import { openCheckpoint } from '../../checkpoint/checkpoint.ts';
import type { Checkpoint } from '../../checkpoint/stored-tensor.ts';
import { writeSafetensors } from '../../checkpoint/write-safetensors.node.ts';
import { openFile } from '../../data/bytes/file-source.node.ts';
import type { Encoded } from '../embed-subject.node.ts';
import { fragmentPath, type Shard, type ShardSet } from './shard-set.node.ts';

/** Written whole or not at all, and the same bytes whoever writes it: with one engine, whose numbers are its own. */
export function writeFragment(
  folder: string,
  set: ShardSet,
  shard: Shard,
  { features, kept, broken = [] }: Pick<Encoded, 'features' | 'kept' | 'broken'>,
): Promise<void> {
  const tensors = [
    {
      name: 'features',
      dtype: 'F32',
      shape: [kept.length, set.model.width],
      readBytes: async () => new Uint8Array(features.buffer, features.byteOffset, features.byteLength),
    },
    {
      name: 'kept',
      dtype: 'I32',
      shape: [kept.length],
      readBytes: async () => new Uint8Array(Int32Array.from(kept).buffer),
    },
  ] as const;
  const metadata = {
    set: set.id,
    start: `${shard.start}`,
    count: `${shard.count}`,
    broken: JSON.stringify(broken),
  };
  return writeSafetensors(fragmentPath(folder, shard), tensors, new Map(Object.entries(metadata)));
}

export interface Fragment {
  /** n */
  readonly rows: number;
  readonly broken: { picture: string; reason: string }[];
  /** [n, E] */
  features(): Promise<Float32Array>;
  /** [n] */
  kept(): Promise<Int32Array>;
}

/** Opens a shard's fragment and closes it after `use`; undefined, and no call, where there is none or not this shard's. */
export async function withFragment<T>(
  folder: string,
  set: ShardSet,
  shard: Shard,
  use: (fragment: Fragment) => Promise<T> | T,
): Promise<T | undefined> {
  const source = await openFile(fragmentPath(folder, shard)).catch(() => undefined);
  if (!source) return undefined;
  try {
    const checkpoint = await openCheckpoint(source).catch(() => undefined);
    const fragment = checkpoint && read(checkpoint, set, shard);
    return fragment && (await use(fragment));
  } finally {
    await source.close();
  }
}

function read({ tensors, metadata }: Checkpoint, set: ShardSet, shard: Shard): Fragment | undefined {
  const [features, kept] = [tensors.get('features'), tensors.get('kept')];
  const rows = kept?.shape[0] ?? 0;
  const isIt =
    metadata.get('set') === set.id &&
    metadata.get('start') === `${shard.start}` &&
    metadata.get('count') === `${shard.count}` &&
    `${features?.shape}` === `${[rows, set.model.width]}`;
  if (!isIt) return undefined;
  return {
    rows,
    broken: JSON.parse(metadata.get('broken') ?? '[]'),
    features: () => features!.readFloat32(),
    kept: async () => (await kept!.read()) as Int32Array,
  };
}
