// A model under another program's names: the files that program reads, as names and contents. Nothing is written here.
import { type ClipCheckpoint, modelMetadata } from '../checkpoint/clip-checkpoint.ts';
import { narrowToHalf } from '../checkpoint/half.ts';
import type { JsonObject } from '../checkpoint/json-object.ts';
import {
  HF_CONFIG,
  HF_PREPROCESSOR,
  writeHFConfig,
  writeHFPreprocessor,
} from '../checkpoint/schemes/hf-config.ts';
import { hf } from '../checkpoint/schemes/hf-names.ts';
import { OPEN_CLIP_CONFIG, writeOpenClipConfig } from '../checkpoint/schemes/open-clip-config.ts';
import { fromOpenAINames } from '../checkpoint/schemes/rename.ts';
import type { SchemeName } from '../checkpoint/schemes/scheme.ts';
import { compareStateDict } from '../checkpoint/state-dict.ts';
import { StoredTensor } from '../checkpoint/stored-tensor.ts';
import { ClipError } from '../errors.ts';
import { CLIP } from '../model/clip.ts';
import { Tokenizer } from '../tokenizer/tokenizer.ts';
import { hfTokenizerFiles, OPENAI_SIZE, ownMergesFile } from './tokenizer-files.ts';

/** `f32` or `f16` for every weight; the types of the file where none is named. */
export type ConvertedType = 'f32' | 'f16';

export interface Conversion {
  /** Under the target's names, in its order. Read one after another, each once. */
  tensors: StoredTensor[];
  metadata: ReadonlyMap<string, string>;
  /** What lies beside the weights, by file name. */
  texts: ReadonlyMap<string, string>;
}

/**
 * Plans the conversion of a model. Throws ClipError for a checkpoint that is no whole CLIP, and for a ResNet under
 * Hugging Face's names; reading a tensor throws when half precision cannot hold its numbers.
 */
export function convertCheckpoint(
  checkpoint: ClipCheckpoint,
  to: SchemeName,
  { dtype, merges }: { dtype?: ConvertedType | undefined; merges?: string | undefined } = {},
): Conversion {
  const { config } = checkpoint;
  if (to === 'hf' && config.vision_patch_size === null) {
    throw new ClipError("Hugging Face's CLIP has no ResNet", {
      expected: 'a ViT',
      got: 'a ModifiedResNet',
      hint: '--to openai and --to open_clip take it',
    });
  }
  const model = new CLIP(config);
  const differences = compareStateDict(model, checkpoint);
  if (differences) throw new ClipError(`the checkpoint is no whole CLIP: ${differences}`);
  const weights = [...model.namedParameters()].map(([name]) => cast(checkpoint.tensors.get(name)!, dtype));
  const named = new Map(weights.map((tensor) => [tensor.name, tensor]));
  const tensors = [...(to === 'hf' ? fromOpenAINames(named, hf) : named).values()];
  return {
    tensors,
    metadata: modelMetadata(config, to),
    texts: new Map(textsBeside(checkpoint, to, tensors, merges)),
  };
}

/** The same tensor with its numbers as they are read turned into another type. */
function cast(tensor: StoredTensor, dtype: ConvertedType | undefined): StoredTensor {
  const { name, shape } = tensor;
  const wanted = dtype === 'f16' ? 'F16' : 'F32';
  if (dtype === undefined || tensor.dtype === wanted) return tensor;
  return new StoredTensor(name, wanted, shape, async () => {
    const values = await tensor.readFloat32();
    if (wanted === 'F32') return new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
    const { halves, overflowed } = narrowToHalf(values);
    if (overflowed === undefined) return new Uint8Array(halves.buffer);
    throw new ClipError(`tensor ${name} does not fit half precision`, {
      expected: 'numbers below 65,520',
      got: overflowed,
      hint: '--dtype f32 keeps it',
    });
  });
}

function* textsBeside(
  { config }: ClipCheckpoint,
  to: SchemeName,
  tensors: readonly StoredTensor[],
  merges: string | undefined,
): Generator<[name: string, text: string]> {
  const { vocabulary } = new Tokenizer({ vocabSize: config.vocab_size, merges });
  if (to === 'hf') {
    yield [HF_CONFIG, toText(writeHFConfig(config, torchType(tensors)))];
    yield [HF_PREPROCESSOR, toText(writeHFPreprocessor(config))];
    yield* hfTokenizerFiles(vocabulary, config.context_length);
    return;
  }
  const own = merges === undefined ? undefined : ownMergesFile(vocabulary); // undefined: OpenAI's
  if (to === 'open_clip') {
    const ownTokenizer = own !== undefined || vocabulary.size !== OPENAI_SIZE;
    yield [OPEN_CLIP_CONFIG, toText(writeOpenClipConfig(config, ownTokenizer))];
    if (ownTokenizer) yield* hfTokenizerFiles(vocabulary, config.context_length);
  } else if (own !== undefined) yield ['merges.txt', own];
}

/** PyTorch's name of the weights' type, where all have the same; float32 holds any other mixture. */
function torchType(tensors: readonly StoredTensor[]): string {
  const [only, ...others] = new Set(tensors.map(({ dtype }) => dtype));
  if (others.length > 0) return 'float32';
  return only === 'F16' ? 'float16' : only === 'BF16' ? 'bfloat16' : 'float32';
}

function toText(value: JsonObject): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
