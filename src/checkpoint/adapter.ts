// A LoRA adapter as a file: A [rank, in] and B [out, rank] of each adapted projection in safetensors, under names like
// peft's, and what they belong to in its metadata. Merged into a checkpoint's weights as they are read, so that every
// command can use one: W + B A · alpha / rank.
import { ClipError } from '../errors.ts';
import type { ClipCheckpoint } from './clip-checkpoint.ts';
import { fingerprintOf } from './fingerprint.ts';
import { countAt, parseObject } from './json-object.ts';
import { type Checkpoint, StoredTensor } from './stored-tensor.ts';

export interface LoraSettings {
  /** Columns of A, rows of B. */
  rank: number;
  /** The adapter's part is multiplied by alpha / rank. */
  alpha: number;
  /** The share of an adapter's input that training sets to zero, 0 … 1. */
  dropout: number;
}

/** A weight that is adapted, and the projections in it: three where q, k and v lie in one matrix. */
export interface AdapterShape {
  /** The weight's state-dict name. */
  weight: string;
  /** The projections' paths, one A and B each, from the first rows of the weight to the last. */
  projections: string[];
  inSize: number;
  outSize: number;
}

const JOINT = '.in_proj_weight';

/** What LoRA adapts of a model, in its order: each attention's q, k and v. `weights`: shapes in PyTorch's layout. */
export function adapterShapes(
  weights: ReadonlyMap<string, { readonly shape: readonly number[] }>,
): AdapterShape[] {
  return [...weights].flatMap(([weight, { shape }]) => {
    const [outSize, inSize] = shape as [number, number];
    if (weight.endsWith(JOINT)) {
      const attention = weight.slice(0, -JOINT.length);
      const projections = ['q', 'k', 'v'].map((letter) => `${attention}.${letter}_proj`);
      return [{ weight, projections, inSize, outSize: outSize / 3 }];
    }
    // The ResNets' attention pool keeps its three apart.
    if (!/\.[qkv]_proj\.weight$/.test(weight)) return [];
    return [{ weight, projections: [weight.slice(0, -'.weight'.length)], inSize, outSize }];
  });
}

/** What an adapter's file says in its metadata of what it is and what it belongs to. */
export function adapterMetadata(
  { rank, alpha }: LoraSettings,
  base: { config: object; fingerprint: string },
): Map<string, string> {
  return new Map([
    ['format', 'pt'],
    ['lora', JSON.stringify({ rank, alpha })],
    ['config', JSON.stringify(base.config)],
    ['base', base.fingerprint],
  ]);
}

/** Whether a checkpoint is an adapter and no model. */
export function isAdapter({ metadata }: Checkpoint): boolean {
  return metadata.has('lora');
}

/**
 * A model whose attentions' weights have the adapter in them; they are merged as they are read. Throws ClipError, naming
 * `file`, for what is no adapter or one of another shape. An adapter trained on other weights is a note.
 */
export async function withAdapter(
  model: ClipCheckpoint,
  adapter: Checkpoint,
  file: string,
): Promise<ClipCheckpoint> {
  const { rank, alpha } = settingsOf(adapter, file);
  const merged = new Map(model.tensors);
  const expected = new Set<string>();
  for (const shape of adapterShapes(model.tensors)) {
    const pairs = shape.projections.map((name) => {
      const [a, b] = [`${name}.lora_A.weight`, `${name}.lora_B.weight`];
      expected.add(a).add(b);
      return {
        a: expectTensor(adapter, a, [rank, shape.inSize], file),
        b: expectTensor(adapter, b, [shape.outSize, rank], file),
      };
    });
    const stored = model.tensors.get(shape.weight)!;
    const readBytes = async (): Promise<Uint8Array> => {
      const weight = (await stored.readFloat32()).slice(); // the bytes may be the file's own
      for (const [i, { a, b }] of pairs.entries()) {
        const rows = weight.subarray(
          i * shape.outSize * shape.inSize,
          (i + 1) * shape.outSize * shape.inSize,
        );
        addProduct(rows, await b.readFloat32(), await a.readFloat32(), alpha / rank, shape.inSize);
      }
      return new Uint8Array(weight.buffer);
    };
    merged.set(shape.weight, new StoredTensor(shape.weight, 'F32', stored.shape, readBytes));
  }
  const other = [...adapter.tensors.keys()].find((name) => !expected.has(name));
  if (other !== undefined) {
    throw new ClipError(`${file} does not fit the model`, { expected: `no tensor ${other}`, got: 'one' });
  }
  const trainedOn = adapter.metadata.get('base');
  const isOther = trainedOn !== undefined && trainedOn !== (await fingerprintOf(model.tensors));
  const note = `${file} was trained on other weights than these, of the same shape: what it does here is anyone's guess`;
  return { ...model, tensors: merged, notes: [...model.notes, ...(isOther ? [note] : [])] };
}

/** weight [out, in] += scale · B [out, rank] A [rank, in], in double precision a number. */
function addProduct(
  weight: Float32Array,
  b: Float32Array,
  a: Float32Array,
  scale: number,
  inSize: number,
): void {
  const rank = a.length / inSize;
  for (let at = 0; at < weight.length; at++) {
    const [row, column] = [Math.floor(at / inSize), at % inSize];
    let sum = 0;
    for (let r = 0; r < rank; r++) sum += b[row * rank + r]! * a[r * inSize + column]!;
    weight[at]! += scale * sum;
  }
}

function settingsOf({ metadata }: Checkpoint, file: string): { rank: number; alpha: number } {
  const text = metadata.get('lora');
  if (text === undefined) {
    throw new ClipError(`${file} is no adapter`, { expected: 'a file that finetune --method lora wrote' });
  }
  const what = `${file}: lora`;
  const settings = parseObject(text, what);
  const rank = countAt(settings, 'rank', undefined, what);
  const { alpha } = settings;
  if (rank !== undefined && typeof alpha === 'number' && Number.isFinite(alpha)) return { rank, alpha };
  throw new ClipError(what, { expected: 'rank and alpha', got: text.slice(0, 60) });
}

function expectTensor(
  adapter: Checkpoint,
  name: string,
  shape: readonly number[],
  file: string,
): StoredTensor {
  const tensor = adapter.tensors.get(name);
  if (`${tensor?.shape}` === `${shape}`) return tensor!;
  throw new ClipError(`${file} does not fit the model`, {
    expected: `${name} [${shape}]`,
    got: tensor ? `[${tensor.shape}]` : 'no such tensor',
    hint: 'an adapter goes with the model it was trained on',
  });
}
