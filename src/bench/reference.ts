// Who is held to be right, work by work.
import { type Item, PEERS, type SubjectName, type Work } from './work.ts';

/** In which order a program is trusted: others' work first, then plain JavaScript. */
export const TRUSTED: readonly SubjectName[] = [
  'pytorch',
  'onnxruntime-node',
  'onnxruntime-web',
  'transformers.js',
  'cpu',
  'native',
  'wasm',
  'webgpu',
  'cuda',
];

/** What one program has computed, with no clock running. */
export interface Known {
  readonly subject: SubjectName;
  readonly output: Float32Array;
}
export type Reference = ReadonlyMap<Work, Known>;

/** A cold start says itself whether its answer was right: 1. */
const RIGHT = Float32Array.of(1);

/** What the reference is asked for: of each work the largest batch. */
export function itemsToKnow(items: readonly Item[]): Item[] {
  const largest = new Map<Work, Item>();
  for (const { work, batch } of items) {
    const same = work === 'text-trimmed' ? 'text' : work; // the same texts: their features are those with all the zeros
    if (work !== 'cold-start' && batch > (largest.get(same)?.batch ?? 0))
      largest.set(same, { work: same, batch });
  }
  return [...largest.values()];
}

/**
 * What a program's answer is held to. Nothing where it would only be held to itself: alone, or, for what is the same code on
 * all of our engines, to another of them.
 */
export function truthFor(
  reference: Reference,
  subject: SubjectName,
  work: Work,
  subjects: readonly SubjectName[],
): Float32Array | undefined {
  if (work === 'cold-start') return RIGHT;
  const known = reference.get(work === 'text-trimmed' ? 'text' : work);
  if (!known || PEERS.includes(known.subject)) return known?.output;
  const isSameCode = work === 'preprocess' || work === 'tokenize';
  const isAlone = known.subject === subject && subjects.length === 1;
  return isAlone || (isSameCode && !PEERS.includes(subject)) ? undefined : known.output;
}
