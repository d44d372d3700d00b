// How many pictures or texts go through the model at once: as many as are fast, or fewer where memory does not hold them.
import type { EngineName } from '../backend/engine.ts';
import type { CLIPConfig } from '../model/config.ts';

/** Pictures in a call: more make no engine on a processor faster, and a GPU wants many. */
const PICTURES = 32;
export const PICTURES_ON_GPU = 128;
/** Tokens in a call, padding counted, for the same reason. */
const TOKENS = 32 * 77;
const TOKENS_ON_GPU = 128 * 77;
/** Texts that are sorted by length together, for batches of about one length: more fill them no better. */
export const TEXT_WINDOW = 4096;

/** Of the memory that is free, the part that a call may take: the estimates below are rough, and nobody is alone here. */
const SHARE = 0.5;

const onGpu = (engine: EngineName): boolean => engine === 'cuda' || engine === 'webgpu';

/** Pictures in one call, 1 or more; `memory` is what is free, in bytes, where that is known. */
export function pictureBatch(engine: EngineName, config: CLIPConfig, memory: number | undefined): number {
  return fitting(onGpu(engine) ? PICTURES_ON_GPU : PICTURES, pictureBytes(config), memory);
}

/** The same for texts of `length` tokens: the shorter they are, the more. */
export function textBatch(
  engine: EngineName,
  config: CLIPConfig,
  length: number,
  memory: number | undefined,
): number {
  const tokens = onGpu(engine) ? TOKENS_ON_GPU : TOKENS;
  return fitting(Math.floor(tokens / length), textBytes(config, length), memory);
}

function fitting(wanted: number, bytesEach: number, memory: number = Number.POSITIVE_INFINITY): number {
  return Math.max(1, Math.min(wanted, Math.floor((SHARE * memory) / bytesEach)));
}

const FLOAT = 4; // bytes

/** What one picture takes where the model holds most values of it at once. */
export function pictureBytes(config: CLIPConfig): number {
  const { image_resolution: side, vision_width: width, vision_patch_size: patch } = config;
  const pixels = 3 * side * side;
  if (patch === null) {
    const stem = (width * side * side) / 4; // [width, R/2, R/2]; the first stage's [4·width, R/4, R/4] is as large
    return FLOAT * (2 * pixels + 6 * stem);
  }
  const length = (side / patch) ** 2 + 1;
  return FLOAT * (2 * pixels + blockValues(length, width, config.vision_heads, config.vision_mlp_width!));
}

/** What one text of `length` tokens takes there. */
export function textBytes(config: CLIPConfig, length: number): number {
  const { transformer_width, transformer_heads, transformer_mlp_width } = config;
  return FLOAT * blockValues(length, transformer_width, transformer_heads, transformer_mlp_width);
}

/**
 * The most values of a residual block that are alive at once: x, the sum it becomes and its normalised form; with them
 * either q, k and v, joint and apart, and the scores before and after the mask and as probabilities, or the MLP's hidden
 * values before and after the activation.
 */
function blockValues(length: number, width: number, heads: number, mlpWidth: number): number {
  const attention = 6 * width * length + 3 * heads * length * length;
  return 3 * width * length + Math.max(attention, 3 * mlpWidth * length);
}
