// What is measured, and what is known of it afterwards.
import type { EngineName } from '../backend/engine.ts';

/** Other programs that compute CLIP, each in a process of its own. */
export type PeerName = 'onnxruntime-node' | 'onnxruntime-web' | 'transformers.js' | 'pytorch';
export type SubjectName = EngineName | PeerName;

export const PEERS: readonly SubjectName[] = [
  'onnxruntime-node',
  'onnxruntime-web',
  'transformers.js',
  'pytorch',
];
export const SUBJECTS: readonly SubjectName[] = ['cuda', 'native', 'webgpu', 'wasm', 'cpu', ...PEERS];

/** In the order of the table. `text` has all of the context's tokens, `text-trimmed` those that the longest caption has. */
export const WORKS = [
  'load',
  'preprocess',
  'tokenize',
  'image',
  'text',
  'text-trimmed',
  'train',
  'cold-start',
] as const;
export type Work = (typeof WORKS)[number];

/** The works of one process; a model's towers are loaded in each. */
export const SUITES: readonly (readonly Work[])[] = [
  ['load', 'preprocess', 'image'],
  ['load', 'tokenize', 'text', 'text-trimmed'],
  ['train'],
  ['cold-start'],
];

/** How many pictures or texts at once, by default; works that are not here have one size. */
export const BATCHES: readonly number[] = [1, 8, 32];
export const LARGEST = 32;
const SIZES: Readonly<Partial<Record<Work, number>>> = {
  tokenize: 1000,
  'text-trimmed': LARGEST,
  train: LARGEST,
};

/** One measurement: a work at a batch size. */
export interface Item {
  readonly work: Work;
  readonly batch: number;
}

/** The measurements of one process, the smaller batches first, so that its peak of memory is each one's own. */
export function itemsOf(works: readonly Work[], batches: readonly number[]): Item[] {
  return works.flatMap((work) => {
    const sizes =
      work === 'image' || work === 'text' ? batches.toSorted((a, b) => a - b) : [SIZES[work] ?? 1];
    return sizes.map((batch) => ({ work, batch }));
  });
}

/** What a process is told, as JSON. */
export interface Task {
  readonly subject: SubjectName;
  /** A name or path, for our engines and PyTorch. */
  readonly model: string;
  /** The folder with the model's ONNX files and tokenizer, for the peers in JavaScript. */
  readonly exported: string;
  /** The folder that the peers are installed in. */
  readonly peers: string;
  /** The folder with what all of them are given; see inputs.node.ts. */
  readonly inputs: string;
  readonly threads: number;
  /** Whether it was named, and not only taken because it is here: WebGPU on a program in place of a GPU then runs too. */
  readonly named: boolean;
  readonly items: readonly Item[];
  /** How long one measurement may go on, once it has been run for its answer; 0: no times are taken. */
  readonly milliseconds: number;
}

/** What a process answers, a JSON object a line: who it is, then each measurement. */
export type Answer =
  | { readonly version: string }
  | (Item & {
      /** Milliseconds of each run; empty where no times were asked for. */
      readonly times: readonly number[];
      /** The highest resident memory so far, MB. */
      readonly rssMB: number;
      /** What it computed: float32 numbers, little-endian, in base64. */
      readonly output: string;
    })
  /** It cannot do this one. */
  | (Item & { readonly reason: string });

/** All that one process answered. */
export interface Answers {
  /** Undefined where it did not even start. */
  version: string | undefined;
  items: Exclude<Answer, { version: string }>[];
  /** Why it ended before it had answered everything. */
  reason?: string;
}

export interface Row extends Item {
  readonly engine: SubjectName;
  readonly version: string;
  /** The median over all rounds, for one of the batch; null where it failed. */
  readonly ms: number | null;
  /** ms / that of the fastest row of the same work and batch whose answer is right. */
  readonly ratio: number | null;
  /** The highest resident memory of its process, MB. */
  readonly rssMB: number | null;
  /** Whether it computed what the reference computed; null where there was nothing to compare. */
  readonly agrees: boolean | null;
  /** How far off it was: see agreement.ts. */
  readonly error: number | null;
  /** Runs that were timed. */
  readonly runs: number;
  /** Why it has no time, or no right answer. */
  readonly reason?: string;
}

export interface Machine {
  cpu: string;
  cores: number;
  memoryGB: number;
  node: string;
  platform: string;
}

export interface Report {
  machine: Machine;
  model: string;
  threads: number;
  rounds: number;
  /** Whose answers are held to be right. */
  reference: SubjectName | null;
  rows: Row[];
  /** Who was left out, and why. */
  notes: string[];
}
