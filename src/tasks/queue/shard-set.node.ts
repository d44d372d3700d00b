// A set that is encoded in parts by several processes: what is written of it in the folder of its fragments, and the
// fragments themselves, a file for each range of the set.
import { existsSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fingerprintOf, modelFingerprint } from '../../checkpoint/fingerprint.ts';
import { writeFileAtomic } from '../../data/bytes/write-file.node.ts';
import { Fingerprint } from '../../data/sets/fingerprint.ts';
import { ClipError } from '../../errors.ts';
import type { CLIPConfig } from '../../model/config.ts';
import type { Subject, SubjectInput } from '../embed-subject.node.ts';
import { type FileSettings, withModel } from '../load.node.ts';
import type { LoadedModel } from '../loaded-model.ts';

/** Which model's features: `key` tells its weights and its configuration from others. */
export interface ModelIdentity {
  readonly name: string;
  readonly key: string;
  /** E */
  readonly width: number;
}

/** What set.json holds. */
export interface ShardSet {
  readonly version: 1;
  /** Of the set, the model, the size of the shards and the place of the file: what jobs and fragments are called by. */
  readonly id: string;
  readonly what: Subject['what'];
  readonly input: SubjectInput;
  readonly count: number;
  readonly fingerprint: string;
  readonly model: ModelIdentity;
  /** Pictures or texts in a shard. */
  readonly shard: number;
}

/** A range of the set. */
export interface Shard {
  readonly start: number;
  readonly count: number;
}

/** Of a model that is not loaded: no engine is needed. */
export function identify(name: string, settings: FileSettings): Promise<ModelIdentity> {
  return withModel(name, settings, async ({ config, tensors }) =>
    identity(name, config, await fingerprintOf(tensors)),
  );
}

/** The same of one that is. */
export async function identityOf({ name, model }: LoadedModel): Promise<ModelIdentity> {
  return identity(name, model.config, await modelFingerprint(model));
}

function identity(name: string, config: CLIPConfig, weights: string): ModelIdentity {
  const facts = Object.entries(config).sort(([a], [b]) => (a < b ? -1 : 1));
  const key = `${new Fingerprint().add(weights).add(JSON.stringify(facts))}`;
  return { name, key, width: config.embed_dim };
}

/** `place`: the absolute path that the features go to. */
export function shardSet(
  place: string,
  input: SubjectInput,
  { what, count, fingerprint }: Subject,
  model: ModelIdentity,
  shard: number,
): ShardSet {
  const hash = new Fingerprint().add(place).add(fingerprint).add(model.key).add([count, shard]);
  if ('truncate' in input) hash.add(`${input.truncate}`);
  return { version: 1, id: `${hash}`, what, input, count, fingerprint, model, shard };
}

/** Every shard, in order; the last may be smaller. */
export function* shardsOf({ count, shard }: ShardSet): Generator<Shard> {
  for (let start = 0; start < count; start += shard) {
    yield { start, count: Math.min(shard, count - start) };
  }
}

/** The folder of the fragments of what becomes `out`. */
export function fragmentFolder(out: string): string {
  return `${out}.shards`;
}

const LIST = 'set.json';

export async function writeSet(folder: string, set: ShardSet): Promise<void> {
  await writeFileAtomic(join(folder, LIST), new TextEncoder().encode(`${JSON.stringify(set)}\n`));
}

/** What is written in a folder; undefined where nothing is. Throws ClipError for what is no such list. */
export async function readSet(folder: string): Promise<ShardSet | undefined> {
  const path = join(folder, LIST);
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined;
    throw new ClipError(path, { expected: 'a readable file', got: error.code ?? error.message });
  });
  if (text === undefined) return undefined;
  let set: Partial<ShardSet> | null = null;
  try {
    set = JSON.parse(text);
  } catch {
    // told below
  }
  const isSet = set?.version === 1 && typeof set.id === 'string' && !!set.input && !!set.model;
  if (isSet) return set as ShardSet;
  throw new ClipError(path, {
    expected: 'a list of shards, version 1',
    got: 'something else',
    hint: 'written by another version? remove the folder and begin anew',
  });
}

/** Removes what the folder holds of fragments, whole or begun, and its list. */
export async function clearFolder(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    if (name === LIST || /^\.?\d{12}\.safetensors/.test(name)) await rm(join(folder, name), { force: true });
  }
}

export function fragmentPath(folder: string, { start }: Shard): string {
  return join(folder, `${String(start).padStart(12, '0')}.safetensors`);
}

/** The starts of the shards whose fragments are there. */
export async function fragmentsIn(folder: string): Promise<Set<number>> {
  if (!existsSync(folder)) return new Set();
  const names = (await readdir(folder)).filter((name) => /^\d{12}\.safetensors$/.test(name));
  return new Set(names.map((name) => Number(name.slice(0, 12))));
}
