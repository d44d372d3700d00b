// What features are wanted of: pictures, or texts, opened before a model is loaded for them, and encoded whole or in part.
import type { PixelPool } from '../data/pool/pixel-pool.node.ts';
import { Fingerprint } from '../data/sets/fingerprint.ts';
import type { PictureSet } from '../data/sets/picture-set.ts';
import { openPictures, pictureName } from '../data/sets/pictures.node.ts';
import { readTexts } from '../data/sets/texts.node.ts';
import { embedPictures, picturePool } from './embed-pictures.node.ts';
import { embedTexts } from './embed-texts.ts';
import { freeMemory } from './free-memory.node.ts';
import type { LoadedModel } from './loaded-model.ts';
import type { FeatureRow } from './save-features.node.ts';

/** How a set is asked for; plain data, so that another machine can open the same. */
export type SubjectInput =
  /** What `openPictures` opens. */
  | { readonly pictures: readonly string[]; readonly split: 'train' | 'test' }
  /** The texts themselves. */
  | { readonly text: readonly string[]; readonly truncate: boolean }
  /** What `readTexts` reads. */
  | { readonly texts: string; readonly column?: string | undefined; readonly truncate: boolean };

export interface EncodeOptions {
  /** In one call of the model; unless given, as many as are fast and fit the memory. */
  batch?: number | undefined;
  /** Only these; unless given, all. `pool` is one that `pool` of this subject made. */
  part?: { start: number; count: number; pool?: PixelPool | undefined } | undefined;
  /** Called with the rows done so far, and all of this call. */
  onProgress?: ((done: number, total: number) => void) | undefined;
  onNote?: ((note: string) => void) | undefined;
}

export interface Encoded {
  /** [n, E], not normalised. */
  features: Float32Array;
  /** [n]: which of the subject each row is of, ascending. */
  kept: ArrayLike<number>;
  /** The share of the time in which the engine was at work, 0 … 1. */
  busy: number;
  /** Pictures in one call. */
  batch?: number;
  /** Pictures that could not be read, in order. */
  broken?: { picture: string; reason: string }[];
}

export interface Subject {
  readonly what: 'pictures' | 'texts';
  /** What it was opened by, for messages. */
  readonly name: string;
  readonly count: number;
  /** Changes when the pictures, the texts or their order do. */
  readonly fingerprint: string;
  readonly notes: readonly string[];
  row(index: number): FeatureRow;
  /** What reads its pictures for a model, for several calls of `encode`; whoever asks for it closes it. */
  pool?(loaded: LoadedModel): PixelPool;
  encode(loaded: LoadedModel, options: EncodeOptions): Promise<Encoded>;
}

/** Opens pictures or texts. Throws ClipError where they are not there, or cannot be read. */
export async function openSubject(input: SubjectInput): Promise<Subject> {
  if ('pictures' in input) return ofPictures(await openPictures(input.pictures, input.split));
  if ('text' in input) return ofTexts('the texts', input.text, input.truncate);
  return ofTexts(input.texts, readTexts(input.texts, input.column), input.truncate);
}

function ofPictures(set: PictureSet): Subject {
  const label = (index: number) => (set.classes ? { label: set.classes[set.labels![index]!]! } : {});
  return {
    what: 'pictures',
    name: set.name,
    count: set.count,
    fingerprint: set.fingerprint,
    notes: set.notes ?? [],
    row: (index) => ({ picture: pictureName(set, index), ...label(index) }),
    pool: ({ model }) => picturePool(set, model.config),
    encode: async (loaded, { part, ...options }) => {
      const { kept, broken, ...encoded } = await embedPictures(loaded, part ? partOf(set, part) : set, {
        ...options,
        part: part !== undefined,
        pool: part?.pool,
        mostBroken: set.count, // an hour's work is not given up for the 101st picture
      });
      const start = part?.start ?? 0;
      return {
        ...encoded,
        kept: kept.map((index) => start + index),
        broken: broken.map(({ name, reason }) => ({ picture: name, reason })),
      };
    },
  };
}

function partOf(
  { name, fingerprint, source }: PictureSet,
  part: { start: number; count: number },
): PictureSet {
  return { name, fingerprint, count: part.count, source: (index) => source(part.start + index) };
}

function ofTexts(name: string, texts: readonly string[], truncate: boolean): Subject {
  const fingerprint = new Fingerprint();
  for (const text of texts) fingerprint.add(text);
  return {
    what: 'texts',
    name,
    count: texts.length,
    fingerprint: `${fingerprint}`,
    notes: [],
    row: (index) => ({ text: texts[index]! }),
    encode: async (loaded, { part, ...options }) => {
      const memory = freeMemory(loaded.backend);
      const { start, count } = part ?? { start: 0, count: texts.length };
      const some = part ? texts.slice(start, start + count) : texts;
      const encoded = await embedTexts(loaded, some, { ...options, truncate, memory });
      return { ...encoded, kept: Array.from(some, (_, i) => start + i) };
    },
  };
}
