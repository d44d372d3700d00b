// A caption decoder as a file: its parameters in half precision under their state-dict names, and in the metadata what they
// are for: the sizes, the tokens of its vocabulary, the model whose features it reads, how it was trained.

import { modelFingerprint } from '../../checkpoint/fingerprint.ts';
import { narrowToHalf } from '../../checkpoint/half.ts';
import { parseJson } from '../../checkpoint/json-keys.ts';
import { isObject, type JsonObject, objectAt, parseObject, show } from '../../checkpoint/json-object.ts';
import type { TensorToWrite } from '../../checkpoint/safetensors-writer.ts';
import { loadStateDict, readValues, releaseModel } from '../../checkpoint/state-dict.ts';
import type { Checkpoint } from '../../checkpoint/stored-tensor.ts';
import { ClipError } from '../../errors.ts';
import type { LoadedModel } from '../loaded-model.ts';
import { CaptionDecoder, type DecoderConfig } from './decoder.ts';
import { CaptionVocabulary } from './vocabulary.ts';

/** The only version there is. */
const VERSION = 1;
const HINT = 'clip-tfjs caption train makes one';

/** A decoder that is ready: with its vocabulary, and what its file says of it. */
export class LoadedDecoder {
  readonly decoder: CaptionDecoder;
  readonly vocabulary: CaptionVocabulary;
  /** How it was trained: the data, the steps and all other options. */
  readonly training: JsonObject;

  constructor(decoder: CaptionDecoder, vocabulary: CaptionVocabulary, training: JsonObject) {
    this.decoder = decoder;
    this.vocabulary = vocabulary;
    this.training = training;
  }

  /** Frees the decoder's memory. */
  release(): void {
    releaseModel(this.decoder);
  }
}

/** What `safetensorsChunks` writes of a decoder of `loaded`'s features. */
export async function decoderToWrite(
  { decoder, vocabulary, training }: LoadedDecoder,
  loaded: LoadedModel,
): Promise<{ tensors: TensorToWrite[]; metadata: Map<string, string> }> {
  const tensors = [...decoder.namedParameters()].map(
    ([name, parameter]): TensorToWrite => ({
      name,
      dtype: 'F16',
      shape: parameter.shape,
      readBytes: async () => new Uint8Array(narrowToHalf(await readValues(parameter)).halves.buffer),
    }),
  );
  const base = await modelFingerprint(loaded.model);
  const about = { version: VERSION, model: loaded.name, base, config: decoder.config, training };
  const metadata = new Map([
    ['format', 'pt'],
    ['caption_decoder', JSON.stringify(about)],
    ['tokens', JSON.stringify([...vocabulary.ids])],
  ]);
  return { tensors, metadata };
}

/** Reads a decoder; ClipError, naming `file`, for what is none, does not hold together, or reads another model's features. */
export async function readDecoder(
  checkpoint: Checkpoint,
  file: string,
  loaded: LoadedModel,
): Promise<LoadedDecoder> {
  const said = checkpoint.metadata.get('caption_decoder');
  if (said === undefined) {
    throw new ClipError(`${file} is no caption decoder`, { got: 'none of its metadata', hint: HINT });
  }
  const about = parseObject(said, `${file}: caption_decoder`);
  if (about.version !== VERSION) {
    throw new ClipError(`${file}: version of the decoder`, {
      expected: VERSION,
      got: show(about.version),
      hint: HINT,
    });
  }
  await checkModel(about, file, loaded);
  const ids = parseJson(checkpoint.metadata.get('tokens') ?? '[]', `${file}: tokens`);
  if (!Array.isArray(ids) || !ids.every((id) => Number.isSafeInteger(id))) {
    throw new ClipError(`${file}: tokens`, { expected: 'a JSON array of whole numbers', got: show(ids) });
  }
  const vocabulary = new CaptionVocabulary(loaded.tokenizer, Int32Array.from(ids as number[]));
  const config = configIn(about, file, checkpoint.tensors.size);
  if (config.vocab_size !== vocabulary.size || config.embed_dim !== loaded.model.config.embed_dim) {
    throw new ClipError(`${file} does not hold together`, {
      expected: `${vocabulary.size} tokens and features of ${loaded.model.config.embed_dim}`,
      got: `${config.vocab_size}, ${config.embed_dim}`,
    });
  }
  const decoder = new CaptionDecoder(config);
  const notFinite = await loadStateDict(decoder, checkpoint);
  if (notFinite.length > 0) {
    releaseModel(decoder);
    throw new ClipError(`${file}: weights`, {
      expected: 'numbers',
      got: `NaN or infinity in ${notFinite[0]!.name}`,
    });
  }
  return new LoadedDecoder(decoder, vocabulary, objectAt(about, 'training', file));
}

/** A decoder is of one model's features: those of another, even of the same shape, mean something else. */
async function checkModel(about: JsonObject, file: string, { model, name }: LoadedModel): Promise<void> {
  if (about.base === (await modelFingerprint(model))) return;
  throw new ClipError(`${file} is the decoder of another model`, {
    expected: `one trained on ${name}`,
    got: `${show(about.model)}, or other weights of that name`,
    hint: HINT,
  });
}

const SIZES = [
  'embed_dim',
  'prefix_length',
  'context_length',
  'vocab_size',
  'width',
  'layers',
  'heads',
] as const;
/** Sizes above this are no small decoder's: nothing so large is made only to find that no tensor fits it. */
const LARGEST = 65_536;

function configIn(about: JsonObject, file: string, tensors: number): DecoderConfig {
  const config = isObject(about.config) ? about.config : {};
  for (const key of SIZES) {
    const value = config[key];
    const isCount = Number.isSafeInteger(value) && (value as number) > 0 && (value as number) <= LARGEST;
    if (!isCount) throw new ClipError(`${file}: ${key}`, { expected: `1 to ${LARGEST}`, got: show(value) });
  }
  const { width, heads, layers, ...rest } = config as unknown as DecoderConfig;
  if (width % (2 * heads) !== 0 || layers > tensors) {
    throw new ClipError(`${file}: config`, {
      expected: 'heads that divide the width, and no more layers than tensors',
      got: `width ${width}, heads ${heads}, layers ${layers}`,
    });
  }
  return { ...rest, width, heads, layers };
}
