// A run while it is recorded: what came out so far, and for what could not be computed, why.
import type { StoredTensor } from '../checkpoint/stored-tensor.ts';
import type { CLIP } from '../model/clip.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import type { Run } from './compare-key.ts';
import { OTHER, partOf } from './keys.ts';

/** What is run: a LoadedModel is one. */
export interface Subject {
  readonly model: CLIP;
  readonly tokenizer: Tokenizer;
}

export class RunInMemory implements Run {
  readonly tensors: Map<string, StoredTensor> = new Map();
  readonly given: Set<string> = new Set();
  readonly metadata: ReadonlyMap<string, string>;
  readonly #missing: [isMeant: (key: string) => boolean, why: string][] = [];

  constructor(metadata: ReadonlyMap<string, string>) {
    this.metadata = metadata;
  }

  keep(...tensors: StoredTensor[]): void {
    for (const tensor of tensors) this.tensors.set(tensor.name, tensor);
  }

  /** Keeps what is not computed here. */
  takeOver(tensor: StoredTensor): void {
    this.keep(tensor);
    this.given.add(tensor.name);
  }

  /** Says why there is nothing under some keys; of several reasons the first said counts. */
  miss(isMeant: (key: string) => boolean, why: string | undefined): void {
    if (why !== undefined) this.#missing.push([isMeant, why]);
  }

  whyAbsent(key: string): string {
    if (partOf(key) === OTHER) return 'no kind of key that a recording has';
    return this.#missing.find(([isMeant]) => isMeant(key))?.[1] ?? 'the model has no value of this name';
  }
}
