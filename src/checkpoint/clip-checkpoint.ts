// A checkpoint as a CLIP: under OpenAI's names whatever its own are, with its configuration, and with the positions of
// another resolution where one is asked for.
import { ClipError } from '../errors.ts';
import type { CLIPConfig, Untold } from '../model/config.ts';
import { configOf, untoldIn } from './config-of.ts';
import { interpolatePositions } from './interpolate-positions.ts';
import { HF_CONFIG, HF_PREPROCESSOR, readHFConfig } from './schemes/hf-config.ts';
import { hf } from './schemes/hf-names.ts';
import { OPEN_CLIP_CONFIG, readOpenClipConfig } from './schemes/open-clip-config.ts';
import { hasTextTower, openClip } from './schemes/open-clip-names.ts';
import { toOpenAINames } from './schemes/rename.ts';
import type { SchemeName } from './schemes/scheme.ts';
import type { ToldConfig } from './schemes/told-config.ts';
import { type Checkpoint, StoredTensor } from './stored-tensor.ts';

/** The files whose words count when they lie beside the weights. */
export const CONFIG_FILES: readonly string[] = [HF_CONFIG, HF_PREPROCESSOR, OPEN_CLIP_CONFIG];

/** Attention over its patches would not fit any memory beyond. */
const LARGEST_RESOLUTION = 8192;

/** What a user may say of a model whose files do not, and the resolution they want of it. */
export interface ModelSettings extends Partial<Untold> {
  /** Side of the square picture, in pixels: positions are interpolated where it is not the model's. */
  resolution?: number | undefined;
}

export interface ClipCheckpoint extends Checkpoint {
  /** Whose names the file has. `tensors` has OpenAI's. */
  readonly scheme: SchemeName;
  readonly config: CLIPConfig;
  /** What was assumed, changed or is done otherwise than the files ask, a sentence each. */
  readonly notes: readonly string[];
}

/**
 * `configs`: the texts of the files beside the weights, by name. Throws ClipError, naming `file`, for what is no CLIP
 * that this program builds.
 */
export function clipCheckpoint(
  checkpoint: Checkpoint,
  file: string,
  configs: ReadonlyMap<string, string> = new Map(),
  { resolution, ...asked }: ModelSettings = {},
): ClipCheckpoint {
  const scheme = schemeOf(checkpoint, configs);
  const beside = readBeside(scheme, configs);
  const tensors =
    scheme === 'openai'
      ? checkpoint.tensors
      : toOpenAINames(checkpoint.tensors, scheme === 'hf' ? hf : openClip);
  const named = { ...checkpoint, tensors };
  const untold = untoldIn(checkpoint, file, beside, asked);
  const config = configOf(named, file, untold, beside);
  const notes = [...(beside?.notes ?? [])];
  if (untold.activation === undefined) {
    notes.push(
      `${file} does not say its activation, nor does a file beside it: taken as OpenAI's QuickGELU (open_clip trains with --activation gelu)`,
    );
  }
  const opened: ClipCheckpoint = { ...named, scheme, config, notes };
  return resolution === undefined || resolution === config.image_resolution
    ? opened
    : withResolution(opened, resolution);
}

/** What a safetensors file says of the model in it: all its configuration, so that it needs no file beside it. */
export function modelMetadata(config: CLIPConfig, names: SchemeName): Map<string, string> {
  return new Map([
    ['format', 'pt'], // transformers refuses a file that does not say so
    ['names', names],
    ['config', JSON.stringify(config)],
  ]);
}

/** By the names and, where they are the same, by the file beside the weights or what `convert` wrote into them. */
function schemeOf({ tensors, metadata }: Checkpoint, configs: ReadonlyMap<string, string>): SchemeName {
  const names = [...tensors.keys()];
  if (names.some((name) => /^(text|vision)_model\./.test(name))) return 'hf';
  const isOpenClip =
    hasTextTower(names) || configs.has(OPEN_CLIP_CONFIG) || metadata.get('names') === 'open_clip';
  return isOpenClip ? 'open_clip' : 'openai';
}

function readBeside(scheme: SchemeName, configs: ReadonlyMap<string, string>): ToldConfig | undefined {
  const [ofHF, ofOpenClip] = [configs.get(HF_CONFIG), configs.get(OPEN_CLIP_CONFIG)];
  if (scheme === 'hf' && ofHF !== undefined) return readHFConfig(ofHF, configs.get(HF_PREPROCESSOR));
  return ofOpenClip === undefined ? undefined : readOpenClipConfig(ofOpenClip);
}

/** The positions of the picture's parts, resized; pixels a side of one part. */
function withResolution(checkpoint: ClipCheckpoint, resolution: number): ClipCheckpoint {
  const { config, tensors } = checkpoint;
  const [name, cell] =
    config.vision_patch_size === null
      ? ['visual.attnpool.positional_embedding', 32]
      : ['visual.positional_embedding', config.vision_patch_size];
  if (!(resolution % cell === 0 && resolution > 0 && resolution <= LARGEST_RESOLUTION)) {
    const expected = `a multiple of ${cell} pixels up to ${LARGEST_RESOLUTION}`;
    throw new ClipError('the resolution', { expected, got: resolution });
  }
  const [from, to] = [config.image_resolution / cell, resolution / cell];
  const stored = tensors.get(name)!;
  const readBytes = async (): Promise<Uint8Array> =>
    new Uint8Array(interpolatePositions(await stored.readFloat32(), from, to).buffer);
  const resized = new StoredTensor(name, 'F32', [to * to + 1, stored.shape[1]!], readBytes);
  return {
    ...checkpoint,
    tensors: new Map([...tensors, [name, resized]]),
    config: { ...config, image_resolution: resolution },
    notes: [
      ...checkpoint.notes,
      `positions are interpolated from ${config.image_resolution} to ${resolution} pixels (${from} × ${from} to ${to} × ${to}): the model was not trained at this size`,
    ],
  };
}
