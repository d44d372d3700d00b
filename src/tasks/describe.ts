// What is in a checkpoint, from its header alone: no number is read, no engine started.

import { openCheckpoint } from '../checkpoint/checkpoint.ts';
import { type ClipCheckpoint, clipCheckpoint, type ModelSettings } from '../checkpoint/clip-checkpoint.ts';
import type { DType } from '../checkpoint/dtype.ts';
import { knownModel } from '../checkpoint/known-models.ts';
import type { SchemeName } from '../checkpoint/schemes/scheme.ts';
import { carriesWeight, compareStateDict } from '../checkpoint/state-dict.ts';
import { type Checkpoint, type CheckpointFormat, countOf } from '../checkpoint/stored-tensor.ts';
import type { ByteSource } from '../data/bytes/byte-source.ts';
import { CLIP } from '../model/clip.ts';
import type { CLIPConfig } from '../model/config.ts';

/** Numbers, and the bytes they take in the file. */
export interface Share {
  parameters: number;
  bytes: number;
}

export interface CheckpointSummary {
  format: CheckpointFormat;
  /** Whose names its tensors have. */
  scheme: SchemeName;
  config: CLIPConfig;
  /** The published model that has this configuration, such as `ViT-B/32`. */
  known: string | null;
  /** Every tensor under the file's name, in the file's order; shapes are PyTorch's. */
  parameters: { name: string; shape: readonly number[]; dtype: DType }[];
  /** Every module under OpenAI's name, with all that is below it. Tensors that carry no weight are not counted. */
  modules: ({ name: string } & Share)[];
  /** The same by number type. */
  dtypes: ({ dtype: DType } & Share)[];
  /** How the names and shapes differ from those of a model of this configuration, in one line; empty if they do not. */
  differences: string;
  /** What was assumed. */
  notes: readonly string[];
}

/** Throws ClipError for a file that is no CLIP. `configs` are the texts of the files beside it, by name. */
export async function describeCheckpoint(
  source: ByteSource,
  configs?: ReadonlyMap<string, string>,
  settings?: ModelSettings,
): Promise<CheckpointSummary> {
  const checkpoint = await openCheckpoint(source);
  const clip = clipCheckpoint(checkpoint, source.name ?? 'the checkpoint', configs, settings);
  return describeClip(clip, checkpoint.tensors);
}

/** The same of a checkpoint that is open. `stored`: its tensors under the file's own names. */
export function describeClip(checkpoint: ClipCheckpoint, stored: Checkpoint['tensors']): CheckpointSummary {
  const { format, scheme, config, tensors, notes } = checkpoint;
  const modules = new Map<string, Share>();
  const dtypes = new Map<DType, Share>();
  for (const { name, dtype, shape, byteLength } of tensors.values()) {
    if (!carriesWeight(name)) continue;
    add(dtypes, dtype, countOf(shape), byteLength);
    for (let dot = name.indexOf('.'); dot >= 0; dot = name.indexOf('.', dot + 1)) {
      add(modules, name.slice(0, dot), countOf(shape), byteLength);
    }
  }
  return {
    format,
    scheme,
    config,
    known: knownModel(config) ?? null,
    parameters: [...stored.values()].map(({ name, shape, dtype }) => ({ name, shape, dtype })),
    modules: [...modules].map(([name, share]) => ({ name, ...share })),
    dtypes: [...dtypes].map(([dtype, share]) => ({ dtype, ...share })),
    differences: compareStateDict(new CLIP(config), checkpoint),
    notes,
  };
}

function add<K>(shares: Map<K, Share>, key: K, parameters: number, bytes: number): void {
  const share = shares.get(key) ?? { parameters: 0, bytes: 0 };
  shares.set(key, { parameters: share.parameters + parameters, bytes: share.bytes + bytes });
}
