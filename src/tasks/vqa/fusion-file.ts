// A trained head as a file: its parameters in safetensors, float16, under their names; in the metadata the answers (as
// `labels`), what it is made of and which model's features it wants. Any file is read with suspicion.
import { narrowToHalf } from '../../checkpoint/half.ts';
import { parseJson } from '../../checkpoint/json-keys.ts';
import { parseObject, show } from '../../checkpoint/json-object.ts';
import type { TensorToWrite } from '../../checkpoint/safetensors-writer.ts';
import { loadStateDict, readValues, releaseModel } from '../../checkpoint/state-dict.ts';
import type { Checkpoint } from '../../checkpoint/stored-tensor.ts';
import { ClipError } from '../../errors.ts';
import { Fusion } from './fusion.ts';

const VERSION = 1;

/** A head with its answers and the model it belongs to. */
export interface SavedFusion {
  readonly fusion: Fusion;
  /** A different ones, in the order of its logits. */
  readonly answers: readonly string[];
  /** The name or path that the model was loaded by. */
  readonly model: string;
  /** Tells its weights from others: see `fingerprintOf`. */
  readonly base: string;
}

/** What `writeSafetensors` writes of a head. Throws ClipError for numbers that half precision cannot hold. */
export async function fusionToWrite({ fusion, answers, model, base }: SavedFusion): Promise<{
  tensors: TensorToWrite[];
  metadata: Map<string, string>;
}> {
  const tensors: TensorToWrite[] = [];
  for (const [name, parameter] of fusion.namedParameters()) {
    const { halves, overflowed } = narrowToHalf(await readValues(parameter));
    if (overflowed !== undefined) {
      throw new ClipError(`${name} of the head`, { expected: 'at most 65,504', got: overflowed });
    }
    const readBytes = async () => new Uint8Array(halves.buffer, halves.byteOffset, halves.byteLength);
    tensors.push({ name, dtype: 'F16', shape: parameter.shape, readBytes });
  }
  return {
    tensors,
    metadata: new Map([
      ['format', 'pt'],
      ['labels', JSON.stringify(answers)],
      ['vqa', JSON.stringify({ version: VERSION, model, base, ...fusion.shape })],
    ]),
  };
}

/** Reads a head onto the running engine; ClipError, naming `file`, for what is none or does not hold together. */
export async function readFusion(checkpoint: Checkpoint, file: string): Promise<SavedFusion> {
  const said = checkpoint.metadata.get('vqa');
  if (said === undefined) {
    throw new ClipError(`${file} is no head for questions`, {
      expected: 'a file that clip-tfjs vqa train wrote',
      got: checkpoint.metadata.has('head') ? 'a head for classification' : 'none of its metadata',
    });
  }
  const what = `${file}: vqa`;
  const { version, model, base, width, hidden, patches } = parseObject(said, what);
  if (version !== VERSION) {
    throw new ClipError(`${file} is of another version`, { expected: VERSION, got: show(version) });
  }
  const answers = answersIn(checkpoint.metadata.get('labels'), file);
  const sizes = [width, hidden, ...(patches ? Object.values(patches) : [])];
  if (!sizes.every(isSize) || (patches !== undefined && sizes.length !== 4)) {
    throw new ClipError(what, { expected: 'sizes, each a whole number', got: said.slice(0, 80) });
  }
  const fusion = new Fusion({
    width: width as number,
    hidden: hidden as number,
    answers: answers.length,
    patches: patches as { count: number; width: number } | undefined,
  });
  let notFinite: { name: string }[];
  try {
    notFinite = await loadStateDict(fusion, checkpoint);
  } catch (error) {
    throw error instanceof ClipError ? error.about(file, 'train it again with clip-tfjs vqa train') : error;
  }
  if (notFinite.length === 0) return { fusion, answers, model: `${model}`, base: `${base}` };
  releaseModel(fusion);
  throw new ClipError(`${file}: ${notFinite[0]!.name}`, {
    expected: 'numbers',
    got: 'NaN or infinity among them',
  });
}

const LARGEST = 2 ** 20;

function isSize(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) > 0 && (value as number) <= LARGEST;
}

function answersIn(text: string | undefined, file: string): string[] {
  const value = text === undefined ? undefined : parseJson(text, `${file}: labels`);
  const isTexts =
    Array.isArray(value) && value.every((answer) => typeof answer === 'string' && answer !== '');
  if (isTexts && value.length > 1 && new Set(value).size === value.length) return value as string[];
  throw new ClipError(`${file}: labels`, {
    expected: 'a JSON array of different answers',
    got: text?.slice(0, 60) ?? 'nothing',
  });
}
