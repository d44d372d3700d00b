// A linear classifier on a picture's features, as a file: `weight` [C, D] and `bias` [C] in safetensors, as
// torch.nn.Linear(D, C).state_dict() has them, and in the metadata what PyTorch's file would not say: the labels, which
// features it wants, and of which model.
import { ClipError } from '../errors.ts';
import type { CLIPConfig } from '../model/config.ts';
import { parseJson } from './json-keys.ts';
import { type JsonObject, parseObject, show } from './json-object.ts';
import type { TensorToWrite } from './safetensors-writer.ts';
import type { Checkpoint, StoredTensor } from './stored-tensor.ts';

/** Logits are W x + b, their softmax the probabilities of the labels; or each label has its own, which is independent. */
export interface LinearHead {
  /** C different ones. */
  readonly labels: readonly string[];
  /** [C, D], row after row. */
  readonly weight: Float32Array;
  /** [C] */
  readonly bias: Float32Array;
  /** Whether x is what the image encoder has before its last projection, or after it. */
  readonly features: 'before' | 'after';
  /** Whether x is scaled to length 1 first. */
  readonly normalized: boolean;
  /** Whether a label's probability is the logistic function of its logit, whatever the others are: several may be true. */
  readonly independent?: boolean;
}

/** A head with what its file says of the model it belongs to. */
export interface SavedHead extends LinearHead {
  /** The name or path it was loaded by. */
  readonly model: string;
  readonly config: JsonObject;
  /** Tells its weights from others: see `fingerprintOf`. */
  readonly base: string;
}

/** What `safetensorsChunks` writes of a head. */
export function headToWrite(head: SavedHead): { tensors: TensorToWrite[]; metadata: Map<string, string> } {
  const { labels, weight, bias, features, normalized, independent = false, model, config, base } = head;
  const bytes =
    ({ buffer, byteOffset, byteLength }: Float32Array) =>
    async () =>
      new Uint8Array(buffer, byteOffset, byteLength);
  const shape = [labels.length, weight.length / labels.length];
  return {
    tensors: [
      { name: 'weight', dtype: 'F32', shape, readBytes: bytes(weight) },
      { name: 'bias', dtype: 'F32', shape: [labels.length], readBytes: bytes(bias) },
    ],
    metadata: new Map([
      ['format', 'pt'],
      ['head', JSON.stringify({ features, normalized, ...(independent && { independent }), model, base })],
      ['labels', JSON.stringify(labels)],
      ['config', JSON.stringify(config)],
    ]),
  };
}

/** Reads a head; ClipError, naming `file`, for what is none or does not hold together. */
export async function readHead({ tensors, metadata }: Checkpoint, file: string): Promise<SavedHead> {
  const said = metadata.get('head');
  if (said === undefined) {
    throw new ClipError(`${file} is no saved head`, {
      expected: 'a file that clip-tfjs probe or finetune --method head wrote',
      got: 'none of its metadata',
    });
  }
  const { features, normalized, independent = false, model, base } = parseObject(said, `${file}: head`);
  const labels = labelsIn(metadata.get('labels'), file);
  const weight = tensors.get('weight');
  const width = weight?.shape[1] ?? 0;
  expectShape(weight, 'weight', [labels.length, width], file);
  expectShape(tensors.get('bias'), 'bias', [labels.length], file);
  if (width === 0 || tensors.size !== 2) {
    throw new ClipError(`${file}: tensors`, {
      expected: 'weight and bias',
      got: [...tensors.keys()].join(', '),
    });
  }
  const isSaid = [normalized, independent].every((value) => typeof value === 'boolean');
  if ((features !== 'before' && features !== 'after') || !isSaid) {
    throw new ClipError(`${file}: head`, {
      expected: 'features before or after, and whether they are normalised and labels independent',
      got: said.slice(0, 80),
    });
  }
  const config = parseObject(metadata.get('config') ?? '{}', `${file}: config`);
  const values = await weight!.readFloat32();
  const bias = await tensors.get('bias')!.readFloat32();
  if (!values.every(Number.isFinite) || !bias.every(Number.isFinite)) {
    throw new ClipError(`${file}: weights`, { expected: 'numbers', got: 'NaN or infinity among them' });
  }
  return {
    labels,
    weight: values,
    bias,
    features,
    normalized: normalized === true,
    ...(independent === true && { independent: true }),
    model: `${model}`,
    config,
    base: `${base}`,
  };
}

/** What the image encoder is made of. */
const SHAPE = [
  'embed_dim',
  'image_resolution',
  'vision_layers',
  'vision_width',
  'vision_patch_size',
] as const;

/** Throws ClipError where a head was learned on a model of another shape. */
export function checkHeadFits(head: SavedHead, config: CLIPConfig, file: string): void {
  const other = SHAPE.find((key) => show(head.config[key]) !== show(config[key]));
  if (other === undefined) return;
  throw new ClipError(`${file} does not fit the model`, {
    expected: `${other} ${show(head.config[other])}`,
    got: show(config[other]),
    hint: `it was learned on ${head.model}`,
  });
}

function labelsIn(text: string | undefined, file: string): string[] {
  const value = text === undefined ? undefined : parseJson(text, `${file}: labels`);
  const isTexts = Array.isArray(value) && value.every((label) => typeof label === 'string' && label !== '');
  if (isTexts && value.length > 0 && new Set(value).size === value.length) return value as string[];
  throw new ClipError(`${file}: labels`, {
    expected: 'a JSON array of different texts',
    got: text?.slice(0, 60) ?? 'nothing',
  });
}

function expectShape(tensor: StoredTensor | undefined, name: string, shape: number[], file: string): void {
  if (`${tensor?.shape}` === `${shape}`) return;
  throw new ClipError(`${file}: ${name}`, {
    expected: `[${shape[0]}${shape.length > 1 ? ', D' : ''}], a row a label`,
    got: tensor ? `[${tensor.shape}]` : 'no such tensor',
  });
}
