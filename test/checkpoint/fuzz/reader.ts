// The process that damaged files are read in: it gets one at a time, reads all of it, and says how that ended.
import { readFileSync } from 'node:fs';
import { openCheckpoint } from '../../../src/checkpoint/checkpoint.ts';
import { type ByteSource, bytesSource } from '../../../src/data/bytes/byte-source.ts';
import { openFile } from '../../../src/data/bytes/file-source.node.ts';
import { parseCifar100, readCifar100Archive } from '../../../src/data/cifar.ts';
import { numpyGlobals } from '../../../src/data/pickle/numpy.ts';
import { unpickle } from '../../../src/data/pickle/unpickle.ts';
import { ClipError } from '../../../src/errors.ts';
import { python2Pickle, tinyCifar } from '../../data/pickle/pickle-writer.ts';

/** How a file is read: as a checkpoint with all its tensors, as a pickle of arrays, as CIFAR's meta or its archive; wrongly. */
export type ReaderName = 'checkpoint' | 'pickle' | 'meta' | 'tar' | keyof typeof faulty;

export interface Task {
  reader: ReaderName;
  path?: string;
  /** Instead of a path: zeros but for the pieces, which are base64. */
  sparse?: { size: number; pieces: [offset: number, base64: string][] };
}

export interface Ending {
  /** The error's message; undefined where there was an answer. */
  refused?: string;
  /** The stack of an error that is no ClipError. */
  crash?: string;
  ms: number;
  /** The most memory this process had so far, in MB. */
  peak: number;
}

/** What is read of a checkpoint is as long as it says. */
async function readCheckpoint(source: ByteSource): Promise<void> {
  const { tensors } = await openCheckpoint(source);
  for (const tensor of tensors.values()) {
    const { length } = await tensor.readBytes();
    if (length !== tensor.byteLength) throw new Error(`${length} bytes instead of ${tensor.byteLength}`);
  }
}

/** Readers with the faults that the watch over this process is for. */
const faulty = {
  async endless(): Promise<void> {
    for (;;);
  },
  async slow(): Promise<void> {
    const start = process.cpuUsage();
    for (let i = 1; i % 1e6 !== 0 || process.cpuUsage(start).user < 2.5e6; i++);
  },
  async hungry(): Promise<void> {
    for (const held: number[][] = []; ; ) held.push(new Array(1000).fill(held.length + 0.5));
  },
  async careless(): Promise<void> {
    JSON.parse('null').length;
  },
};

const readers: Record<ReaderName, (task: Task) => Promise<void>> = {
  ...faulty,
  async checkpoint({ path, sparse }) {
    if (sparse) return readCheckpoint(sparseSource(sparse));
    const file = await openFile(path!);
    await readCheckpoint(file).finally(() => file.close());
  },
  async pickle({ path }) {
    const globals = numpyGlobals();
    unpickle(new Uint8Array(readFileSync(path!)), { globals: (name) => globals.get(name) });
  },
  async meta({ path }) {
    parseCifar100(new Uint8Array(readFileSync(path!)), python2Pickle(tinyCifar(2).test), 'test');
  },
  async tar({ path }) {
    await readCifar100Archive(bytesSource(new Uint8Array(readFileSync(path!))));
  },
};

/** Asked for more than 256 MB at once it throws: no reader may, before it has checked what it reads. */
function sparseSource({ size, pieces }: NonNullable<Task['sparse']>): ByteSource {
  const stored = pieces.map(([offset, base64]) => [offset, Buffer.from(base64, 'base64')] as const);
  return {
    size,
    name: 'sparse',
    async read(start, end) {
      if (end - start > 2 ** 28) throw new Error(`${end - start} bytes are read at once`);
      const bytes = new Uint8Array(end - start);
      for (const [offset, piece] of stored) {
        const [from, to] = [Math.max(start, offset), Math.min(end, offset + piece.length)];
        if (from < to) bytes.set(piece.subarray(from - offset, to - offset), from - start);
      }
      return bytes;
    },
  };
}

async function work(task: Task): Promise<Ending> {
  const [start, cpu] = [performance.now(), process.cpuUsage()];
  const ending: Pick<Ending, 'refused' | 'crash'> = {};
  try {
    await readers[task.reader](task);
  } catch (error) {
    ending.refused = error instanceof Error ? error.message : String(error);
    if (!(error instanceof ClipError)) ending.crash = error instanceof Error ? error.stack : String(error);
  }
  // Whichever is less: other programs take wall time, and the garbage collector's threads add to the processor's.
  const { user, system } = process.cpuUsage(cpu);
  const ms = Math.min(performance.now() - start, (user + system) / 1000);
  return { ...ending, ms, peak: process.resourceUsage().maxRSS / 1024 };
}

process.on('message', async (task: Task) => process.send!(await work(task)));
