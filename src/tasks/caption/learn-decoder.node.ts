// Captions of a source → a decoder in a file: a checkpoint beside it every so many steps and when the training is told to
// stop, from which it goes on to the same bytes.
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { modelFingerprint } from '../../checkpoint/fingerprint.ts';
import { releaseModel } from '../../checkpoint/state-dict.ts';
import { checkWritable, refuseExisting } from '../../disk.node.ts';
import { ClipError } from '../../errors.ts';
import { CLIP_ADAMW } from '../../train/adamw.ts';
import { resumeTraining, saveTraining } from '../../train/checkpoint.node.ts';
import type { StepReport } from '../../train/fit.ts';
import { Interrupted } from '../../train/interrupted.ts';
import type { LoadedModel } from '../loaded-model.ts';
import { CaptionDecoder, type DecoderConfig } from './decoder.ts';
import { saveDecoder } from './decoder-file.node.ts';
import { LoadedDecoder } from './decoder-file.ts';
import type { CaptionSource } from './sources.node.ts';
import { type DecoderTraining, decoderState, fitDecoder, initializeDecoder } from './train-decoder.ts';
import { CaptionVocabulary } from './vocabulary.ts';

/** What a decoder is and is trained with, and pictures a step. The embedded model's was stopped early: see docs/caption.md. */
export const CAPTION_SHAPE: Shape = { prefix_length: 4, width: 64, layers: 2, heads: 2 };
export const CAPTION_TRAINING = {
  steps: 1500,
  learningRate: 2e-3,
  weightDecay: 0.1,
  clipNorm: 1,
  wordDropout: 0.3,
} as const;
export const CAPTION_BATCH = 64;

type Shape = Pick<DecoderConfig, 'prefix_length' | 'width' | 'layers' | 'heads'>;

export interface TrainDecoderOptions {
  /** Where the decoder is written, a .safetensors file that is not there yet. */
  out: string;
  /** Of everything that is left to chance; 0 unless given. */
  seed?: number;
  /** As CAPTION_SHAPE and CAPTION_TRAINING have them, unless given; the warm-up is a thirtieth of the steps. */
  shape?: Partial<Shape>;
  training?: Partial<Omit<DecoderTraining, 'seed'>>;
  /** Go on from the checkpoint beside `out`. */
  resume?: boolean;
  /** Steps between checkpoints; 200 unless given. */
  saveEvery?: number;
  /** Aborted: the step is finished, saved, and Interrupted thrown. */
  signal?: AbortSignal | undefined;
  onStep?: (report: StepReport) => void;
  onNote?: (note: string) => void;
}

/** The file in which a training that is not finished stands. */
export function captionCheckpoint(out: string): string {
  return out.replace(/\.safetensors$/, '.training.safetensors');
}

/**
 * Trains a decoder of `loaded`'s features and writes it. Throws ClipError for a file that is there, options that cannot be,
 * nothing to resume, and as the loop does; Interrupted where it was told to stop. Whoever trains releases the decoder.
 */
export async function trainDecoder(
  loaded: LoadedModel,
  source: CaptionSource,
  {
    out,
    seed = 0,
    shape,
    training,
    resume = false,
    saveEvery = 200,
    signal,
    onStep,
    onNote,
  }: TrainDecoderOptions,
): Promise<LoadedDecoder> {
  await checkDecoderFile(out, resume);
  const vocabulary = CaptionVocabulary.of(loaded.tokenizer, source.texts);
  const steps = training?.steps ?? CAPTION_TRAINING.steps;
  const warmup = Math.floor(steps / 30);
  const options: DecoderTraining = { ...CLIP_ADAMW, ...CAPTION_TRAINING, warmup, ...training, steps, seed };
  const decoder = new CaptionDecoder({
    ...CAPTION_SHAPE,
    ...shape,
    embed_dim: loaded.model.config.embed_dim,
    context_length: contextFor(loaded, source, onNote),
    vocab_size: vocabulary.size,
  });
  initializeDecoder(decoder, seed);
  const about = { data: source.fingerprint, batch: source.batch, base: await modelFingerprint(loaded.model) };
  const checkpoint = captionCheckpoint(out);
  const state = decoderState(decoder, options);
  try {
    if (resume) {
      await resumeTraining(checkpoint, state, about);
      onNote?.(`resumed after step ${state.step} of ${steps}`);
    }
    await fitDecoder(state, decoder, vocabulary, source.batches, async (report) => {
      onStep?.(report);
      const isLast = state.step === steps;
      if (!isLast && (signal?.aborted || state.step % saveEvery === 0))
        await saveTraining(checkpoint, state, about);
      if (!isLast && signal?.aborted) {
        const hint = `saved in ${checkpoint}: the same command with --resume goes on`;
        throw new Interrupted(`stopped after step ${state.step} of ${steps}`, { hint });
      }
    });
    const learned = new LoadedDecoder(decoder, vocabulary, {
      data: source.name,
      batch: source.batch,
      ...options,
    });
    await saveDecoder(out, learned, loaded);
    await rm(checkpoint, { force: true });
    return learned;
  } catch (error) {
    releaseModel(decoder);
    throw error;
  } finally {
    state.release();
  }
}

/** Room for the longest caption, but no more than the model's own texts have: longer ones are cut, and that is said. */
function contextFor(
  { model }: LoadedModel,
  { longest, name }: CaptionSource,
  onNote?: (note: string) => void,
): number {
  const most = model.config.context_length;
  if (longest + 2 > most) {
    onNote?.(
      `captions of ${name} have up to ${longest + 2} tokens: those over ${most}, the model's, are cut`,
    );
  }
  return Math.min(longest + 2, most);
}

/** Throws ClipError, before anything is computed, for a name or place that will not do, and nothing to resume. */
export async function checkDecoderFile(out: string, resume: boolean): Promise<void> {
  if (!out.endsWith('.safetensors')) {
    throw new ClipError(out, { expected: 'a name that ends in .safetensors', got: 'another ending' });
  }
  refuseExisting(out);
  await checkWritable(dirname(out), 'give another --out');
  const checkpoint = captionCheckpoint(out);
  if (resume && !existsSync(checkpoint)) {
    throw new ClipError('there is nothing to resume', { expected: checkpoint, got: 'no such file' });
  }
  if (!resume && existsSync(checkpoint)) {
    const hint = '--resume goes on with it; to begin anew give another --out, or remove this one';
    throw new ClipError(`${checkpoint} is a training that is not finished`, { hint });
  }
}
