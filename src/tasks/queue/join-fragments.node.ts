// The fragments of a set → the file of features that `embed` would have written, piece by piece.
import { rm } from 'node:fs/promises';
import { BrokenPictures } from '../../data/pool/broken-pictures.ts';
import { ClipError } from '../../errors.ts';
import type { Subject } from '../embed-subject.node.ts';
import { normalizeRows } from '../normalize-rows.ts';
import { type FeatureRow, type FeatureType, saveStream } from '../save-features.node.ts';
import { withFragment } from './fragment.node.ts';
import { fragmentPath, type Shard, type ShardSet, shardsOf } from './shard-set.node.ts';

export interface JoinOptions {
  dtype: FeatureType;
  normalized: boolean;
  onNote: (note: string) => void;
}

/**
 * Writes `out`. Fragments that are damaged are removed, and undefined is returned: they have to be made again. Throws
 * ClipError where too many pictures are broken, as `embedPictures` does.
 */
export async function joinFragments(
  subject: Subject,
  set: ShardSet,
  folder: string,
  out: string,
  { dtype, normalized, onNote }: JoinOptions,
): Promise<{ count: number; broken: { picture: string; reason: string }[] } | undefined> {
  const { width, name: model } = set.model;
  const kept: Int32Array[] = [];
  const broken: { picture: string; reason: string }[] = [];
  const damaged: Shard[] = [];
  for (const shard of shardsOf(set)) {
    const found = await withFragment(folder, set, shard, async (fragment) => ({
      kept: Int32Array.from(await fragment.kept()),
      broken: fragment.broken,
    }));
    if (!found) damaged.push(shard);
    else {
      kept.push(found.kept);
      broken.push(...found.broken);
    }
  }
  for (const shard of damaged) {
    const path = fragmentPath(folder, shard);
    onNote(`${path} is damaged: it is made again`);
    await rm(path, { force: true });
  }
  if (damaged.length > 0) return undefined;

  const count = kept.reduce((sum, { length }) => sum + length, 0);
  const pictures = new BrokenPictures(subject, onNote, set.count);
  pictures.add(broken.map(({ picture, reason }, at) => ({ at, name: picture, reason })));
  if (count === 0) {
    const got = broken.map(({ picture, reason }) => `${picture}: ${reason}`)[0];
    throw new ClipError(`no picture of ${subject.name} can be read`, { got });
  }
  async function* pieces(): AsyncGenerator<Float32Array> {
    for (const shard of shardsOf(set)) {
      const features = await withFragment(folder, set, shard, (fragment) => fragment.features()); // [n, E]
      if (!features) throw new ClipError(`${fragmentPath(folder, shard)} went away while it was joined`);
      if (normalized) normalizeRows(features, width);
      yield features;
    }
  }
  function* rows(): Generator<FeatureRow> {
    for (const some of kept) for (const index of some) yield subject.row(index);
  }
  await saveStream(out, { shape: [count, width], pieces, rows: rows(), model, normalized }, dtype);
  return { count, broken };
}
