// The benchmark itself: first what the reference computes, then rounds in which the programs take turns, one process at a
// time, so that each has the machine and its memory to itself, and no library's threads spin while another is timed.
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os';
import { basename, isAbsolute, join } from 'node:path';
import { onStop } from '../disk.node.ts';
import { MINI } from '../tasks/load.node.ts';
import { ask, type Command } from './ask.node.ts';
import { coldStart } from './cold-start.node.ts';
import { type Inputs, writeInputs } from './inputs.node.ts';
import { numbersOf } from './numbers.ts';
import { can, commandOf, HOME } from './programs.node.ts';
import { itemsToKnow, type Known, type Reference, TRUSTED, truthFor } from './reference.ts';
import { rowsOf, type Sample } from './rows.ts';
import {
  type Answers,
  type Item,
  itemsOf,
  type Machine,
  PEERS,
  type Report,
  SUITES,
  type SubjectName,
  type Work,
} from './work.ts';

export interface BenchOptions {
  /** A name or path. */
  model: string;
  subjects: readonly SubjectName[];
  /** Whether the user has named the subjects. */
  named: boolean;
  works: readonly Work[];
  batches: readonly number[];
  threads: number;
  rounds: number;
  /** Milliseconds for one measurement in one round. */
  milliseconds?: number;
  /** Milliseconds without a word after which a program is given up. */
  patience?: number;
  /** How each program is started, for tests. */
  command?: (subject: SubjectName, threads: number) => Command | string;
  onProgress?: (done: number, total: number) => void;
}

export async function bench(options: BenchOptions): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), 'clip-tfjs-bench-'));
  const clean = () => rmSync(folder, { recursive: true, force: true });
  const forget = onStop(clean);
  try {
    const inputs = await writeInputs(options.model, folder);
    return await new Bench(options, inputs, folder).run();
  } finally {
    forget();
    clean();
  }
}

/** The folder with a model's ONNX files and tokenizer: `NAME` beside `NAME.safetensors`. */
export function exportedOf(model: string): string {
  return model === MINI ? join(HOME, 'models', MINI) : model.replace(/\.[^./\\]+$/, '');
}

class Bench {
  readonly #options: Required<Pick<BenchOptions, 'milliseconds' | 'patience' | 'command'>> & BenchOptions;
  readonly #inputs: Inputs;
  readonly #folder: string;
  readonly #suites: readonly (readonly Item[])[];
  /** Left out from here on, and why. */
  readonly #out = new Map<SubjectName, string>();
  #done = 0;
  #total = 0;

  constructor(options: BenchOptions, inputs: Inputs, folder: string) {
    const milliseconds = options.model === MINI ? 500 : 2000;
    this.#options = { milliseconds, patience: 300_000, command: commandOf, ...options };
    this.#inputs = inputs;
    this.#folder = folder;
    const asked = SUITES.map((suite) => suite.filter((work) => options.works.includes(work)));
    this.#suites = asked.filter((works) => works.length > 0).map((works) => itemsOf(works, options.batches));
  }

  async run(): Promise<Report> {
    const { subjects, rounds, model, threads } = this.#options;
    this.#total = this.#suites.flat().length * (subjects.length * rounds + 1);
    const reference = await this.#findReference();
    const samples = await this.#rounds();
    return {
      machine: thisMachine(),
      model: isAbsolute(model) ? basename(model) : model,
      threads,
      rounds,
      reference: [...reference.values()][0]?.subject ?? null,
      rows: rowsOf(samples, (subject, work) => truthFor(reference, subject, work, subjects)),
      notes: subjects.flatMap((subject) => {
        const reason = this.#out.get(subject);
        return reason === undefined ? [] : `${subject} is left out: ${reason}`;
      }),
    };
  }

  /** Every suite by every program in turn, forwards and backwards; who failed in one is not asked for it again. */
  async #rounds(): Promise<Sample[]> {
    const { subjects, rounds, milliseconds } = this.#options;
    const samples: Sample[] = [];
    const failed = new Set<string>();
    for (let round = 0; round < rounds; round++) {
      for (const [number, suite] of this.#suites.entries()) {
        for (const subject of round % 2 === 0 ? subjects : subjects.toReversed()) {
          const items = suite.filter(({ work }) => this.#can(subject, work));
          const key = `${subject} ${number}`;
          if (items.length > 0 && !failed.has(key)) {
            const answers = await this.#ask(subject, items, milliseconds);
            if (answers?.reason !== undefined) failed.add(key);
            if (answers) samples.push({ subject, items, answers });
          }
          this.#advance(suite.length);
        }
      }
    }
    const place = ({ subject }: Sample) => subjects.indexOf(subject);
    return samples.sort((a, b) => place(a) - place(b));
  }

  /** What the most trusted programs here compute: what the first of them cannot, or fails to, is asked of the next. */
  async #findReference(): Promise<Reference> {
    const { subjects, model } = this.#options;
    const known = new Map<Work, Known>();
    const items = itemsToKnow(this.#suites.flat());
    for (const subject of TRUSTED) {
      const mayBeAsked =
        PEERS.includes(subject) || (subject === 'cpu' && model === MINI) || subjects.includes(subject);
      const open = items.filter(({ work }) => !known.has(work) && this.#can(subject, work));
      if (!mayBeAsked || open.length === 0) continue;
      const answers = await this.#ask(subject, open, 0);
      for (const answer of answers?.items ?? []) {
        if ('output' in answer) known.set(answer.work, { subject, output: numbersOf(answer.output) });
      }
    }
    this.#advance(this.#suites.flat().length);
    return known;
  }

  /** Nothing where the program is not here: then it is not asked again. */
  async #ask(
    subject: SubjectName,
    items: readonly Item[],
    milliseconds: number,
  ): Promise<Answers | undefined> {
    if (this.#out.has(subject)) return undefined;
    const answers = await this.#start(subject, items, milliseconds);
    if (answers.version !== undefined) return answers;
    this.#out.set(subject, answers.reason ?? 'it ended without a word');
    return undefined;
  }

  async #start(subject: SubjectName, items: readonly Item[], milliseconds: number): Promise<Answers> {
    const { model, threads, named, patience, command } = this.#options;
    if (items[0]!.work === 'cold-start') return coldStart(subject, threads, this.#folder);
    const program = command(subject, threads);
    if (typeof program === 'string') return { version: undefined, items: [], reason: program };
    const where = { exported: exportedOf(model), peers: join(HOME, 'peers'), inputs: this.#folder };
    return ask(program, { subject, model, ...where, threads, named, items, milliseconds }, patience);
  }

  #can(subject: SubjectName, work: Work): boolean {
    if (work === 'train' && subject === 'wasm') return this.#inputs.parameters <= MOST_TRAINED_ON_WASM;
    return can(subject, work);
  }

  #advance(items: number): void {
    this.#done += items;
    this.#options.onProgress?.(this.#done, this.#total);
  }
}

/** WebAssembly has 4 GB: weights, gradients and slots take 16 bytes a parameter, and a batch of 32 twice that. */
const MOST_TRAINED_ON_WASM = 40e6;

function thisMachine(): Machine {
  return {
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: availableParallelism(),
    memoryGB: Math.round(totalmem() / 2 ** 30),
    node: process.versions.node,
    platform: `${process.platform} ${process.arch}`,
  };
}
