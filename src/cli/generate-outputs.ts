// What a generation writes: the picture, on the way to it previews, and a film of the run.
import type { Generated, GenerationStep } from '../tasks/generate/generate-picture.ts';
import { progressBars, UsageError } from './terminal.ts';

export interface Outputs {
  out: string;
  steps: number;
  /** Steps from one preview to the next. */
  preview?: number;
  film?: string;
}

const FILM_SIDE = 128;

/** `x.png` → `x.preview.png`. */
function previewPath(out: string): string {
  return out.replace(/\.png$/i, '.preview.png');
}

/** Refuses names that do not say what is written there, and folders that nothing can be written to. */
export async function checkOutputs({ out, film }: Outputs): Promise<void> {
  const { statSync } = await import('node:fs');
  const { dirname } = await import('node:path');
  const { checkWritable } = await import('../disk.node.ts');
  if (!/\.png$/i.test(out)) {
    throw new UsageError(`--out writes a PNG file: expected a name that ends in .png, got ${out}`);
  }
  if (film !== undefined && !/\.(gif|png)$/i.test(film)) {
    throw new UsageError(`--film writes a GIF or a PNG file: expected a name that ends so, got ${film}`);
  }
  if (film === out) throw new UsageError('--film and --out: expected two names, got the same');
  for (const path of film === undefined ? [out] : [out, film]) {
    await checkWritable(dirname(path), 'give another folder');
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) {
      throw new UsageError(`expected a file's name, got the folder ${path}`);
    }
  }
}

export interface Recorder {
  /** Of the search for a beginning so much is done, 0 … 1. */
  tried(done: number): void;
  see(step: GenerationStep): Promise<void>;
  /** Writes what is to be written, and says where it is. */
  finish(made: Generated): Promise<{ out: string; film?: string }>;
  /** The run was told to stop: what there is becomes the preview. Throws Interrupted, which says so. */
  giveUp(made: Generated): Promise<never>;
  stop(): void;
}

export async function openRecorder(text: string, { out, steps, preview, film }: Outputs): Promise<Recorder> {
  const { writeFileAtomic } = await import('../data/bytes/write-file.node.ts');
  const { encodePng } = await import('../data/pictures/encode-png.node.ts');
  const { filmKind, filmSteps, makeFilm } = await import('../tasks/generate/film.node.ts');
  const { Interrupted } = await import('../train/interrupted.ts');
  const write = async (path: string, { data, width, height }: Generated['picture']): Promise<void> =>
    writeFileAtomic(path, encodePng(data as Uint8Array, width, height));
  const bars = progressBars();
  const kind = film === undefined ? undefined : filmKind(film);
  const wanted = kind ? filmSteps(kind, steps) : new Set<number>();
  const frames: { step: number; picture: Generated['picture'] }[] = [];
  return {
    async see({ step, draw }) {
      bars.update(`generating ${text}`, step, steps);
      if (wanted.has(step)) frames.push({ step, picture: draw(FILM_SIDE) });
      if (preview !== undefined && step % preview === 0) await write(previewPath(out), draw());
    },
    async finish({ picture }) {
      await write(out, picture);
      if (film === undefined) return { out };
      await writeFileAtomic(film, await makeFilm(kind!, frames, text));
      return { out, film };
    },
    async giveUp({ picture, steps: made }) {
      const path = previewPath(out);
      await write(path, picture);
      throw new Interrupted(`stopped after step ${made} of ${steps}`, {
        hint: `what there is so far: ${path}`,
      });
    },
    tried: (done) => bars.update('choosing a beginning', done, 1),
    stop: bars.stop,
  };
}
