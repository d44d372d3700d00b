// Which model an index was made with: vectors of two models lie in two spaces, and their cosines mean nothing.
import { modelFingerprint } from '../../checkpoint/fingerprint.ts';
import { ClipError } from '../../errors.ts';
import type { LoadedModel } from '../loaded-model.ts';

/** Changes when what is stored does, or what it means. */
export const FORMAT = 1;

export interface MadeWith {
  format: number;
  /** What the model was loaded by. */
  model: string;
  /** Tells its weights from others (modelFingerprint), a merged adapter's too. */
  weights: string;
  /** What else its features depend on: the pictures' side and normalisation, heads, the activation. */
  settings: string;
  /** Numbers in a vector. */
  width: number;
}

export async function madeWith({ name, model }: LoadedModel): Promise<MadeWith> {
  const { embed_dim, image_resolution, vision_heads, transformer_heads, activation, ...others } =
    model.config;
  const { image_mean, image_std } = others;
  const settings = [image_resolution, vision_heads, transformer_heads, activation, image_mean, image_std];
  return {
    format: FORMAT,
    model: name,
    weights: await modelFingerprint(model),
    settings: JSON.stringify(settings),
    width: embed_dim,
  };
}

/** Throws ClipError unless the index was made with this very model. */
export async function checkMadeWith(uri: string, made: MadeWith, loaded: LoadedModel): Promise<void> {
  const own = await madeWith(loaded);
  if (own.weights === made.weights && own.settings === made.settings && own.width === made.width) return;
  const isSame = own.model === made.model;
  throw new ClipError(`${uri} was made with another model`, {
    expected: made.model,
    got: isSame
      ? `${own.model} with other ${own.weights === made.weights ? 'settings' : 'weights'}`
      : own.model,
    hint: isSame
      ? 'index again into another folder, or give the options it was made with'
      : `--model ${made.model}, or index again into another folder`,
  });
}

/** What a store's metadata says, checked. */
export function parseMadeWith(uri: string, json: string | undefined): MadeWith {
  const hint = 'index again into another folder';
  let made: Partial<MadeWith> | null | undefined;
  try {
    made = JSON.parse(json ?? 'null');
  } catch {
    // told below
  }
  if (typeof made?.format !== 'number') throw new ClipError(`${uri} is no index of clip-tfjs`, { hint });
  if (made.format !== FORMAT) {
    throw new ClipError(`${uri} is of another version of clip-tfjs`, {
      expected: `format ${FORMAT}`,
      got: made.format,
      hint,
    });
  }
  const { model, weights, settings, width } = made;
  const isWhole = [model, weights, settings].every((value) => typeof value === 'string');
  if (!isWhole || !Number.isInteger(width)) throw new ClipError(`${uri} has a damaged head`, { hint });
  return made as MadeWith;
}
