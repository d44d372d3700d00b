// A shard → its fragment: the set is opened as its list says, checked to be the one that was meant, and a range encoded.
import type { PixelPool } from '../../data/pool/pixel-pool.node.ts';
import { ClipError } from '../../errors.ts';
import { openSubject, type Subject } from '../embed-subject.node.ts';
import type { LoadedModel } from '../loaded-model.ts';
import { withFragment, writeFragment } from './fragment.node.ts';
import { type Outcome, type ShardJob, wantedKey } from './shard-jobs.ts';
import { identityOf, type ModelIdentity, readSet, type ShardSet } from './shard-set.node.ts';

export interface MakerOptions {
  batch?: number | undefined;
  /** Called with the rows of the shard done so far, and all. */
  onProgress?: ((done: number, total: number) => void) | undefined;
  onNote?: ((note: string) => void) | undefined;
}

/** Keeps what it opened: the next shard is most likely of the same set. */
export class ShardMaker {
  readonly #loaded: LoadedModel;
  readonly #model: ModelIdentity;
  readonly #options: MakerOptions;
  #opened: { id: string; subject: Subject; pool: PixelPool | undefined } | undefined;

  static async of(loaded: LoadedModel, options: MakerOptions): Promise<ShardMaker> {
    return new ShardMaker(loaded, await identityOf(loaded), options);
  }

  private constructor(loaded: LoadedModel, model: ModelIdentity, options: MakerOptions) {
    this.#loaded = loaded;
    this.#model = model;
    this.#options = options;
  }

  /** Writes the fragment, unless it is there already. Never throws: what went wrong is in the outcome. */
  async make(job: ShardJob): Promise<Outcome> {
    const { folder } = job;
    const refuse = (why: ClipError): Outcome => ({ refused: `${nameOf(job)} is refused: ${why.message}` });
    try {
      const set = await readSet(folder);
      if (set?.id !== job.set) return refuse(notHere(job, set));
      if (set.model.key !== this.#model.key) return refuse(otherModel(set.model, this.#model));
      const rows = await withFragment(folder, set, job, (fragment) => fragment.rows);
      if (rows !== undefined) return { rows };
      const opened = await this.#open(set).catch((error: Error) => error);
      if (opened instanceof ClipError) return refuse(opened);
      if (opened instanceof Error) throw opened;
      const encoded = await opened.subject.encode(this.#loaded, {
        ...this.#options,
        part: { start: job.start, count: job.count, pool: opened.pool },
      });
      await writeFragment(folder, set, job, encoded);
      return { rows: encoded.kept.length };
    } catch (error) {
      return { failed: error instanceof Error ? error.message : String(error) };
    }
  }

  async #open(set: ShardSet): Promise<{ subject: Subject; pool: PixelPool | undefined }> {
    if (this.#opened?.id === set.id) return this.#opened;
    await this.close();
    const subject = await openSubject(set.input);
    if (subject.fingerprint !== set.fingerprint || subject.count !== set.count) {
      throw new ClipError(`${subject.name} is another set on this machine`, {
        expected: `${set.count} ${set.what}, ${set.fingerprint}`,
        got: `${subject.count}, ${subject.fingerprint}`,
        hint: 'were files added, changed or not copied since embed was started?',
      });
    }
    this.#opened = { id: set.id, subject, pool: subject.pool?.(this.#loaded) };
    return this.#opened;
  }

  async close(): Promise<void> {
    const { pool } = this.#opened ?? {};
    this.#opened = undefined;
    await pool?.close();
  }
}

/** Such as `photos.npy 256…511`. */
export function nameOf({ folder, start, count }: ShardJob): string {
  return `${folder.replace(/\.shards$/, '')} ${start}…${start + count - 1}`;
}

function notHere({ folder, set: wanted }: ShardJob, set: ShardSet | undefined): ClipError {
  return new ClipError(`${folder} is not the one of embed --queue`, {
    got: set ? "another set's" : 'no set.json in it',
    hint: `start the worker in the folder that embed was started in; if nobody wants it: redis-cli del ${wantedKey(wanted)}`,
  });
}

function otherModel(wanted: ModelIdentity, own: ModelIdentity): ClipError {
  return new ClipError('it is for another model', {
    expected: `${wanted.name} (${wanted.key})`,
    got: `${own.name} (${own.key})`,
    hint: 'start the worker with that --model and the same weights',
  });
}
