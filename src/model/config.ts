// What a CLIP is made of, and how to tell it from a checkpoint's shapes alone, as OpenAI's build_model does.
// Field names are the arguments of OpenAI's CLIP class.
import type { ActivationName } from './layers.ts';

export interface CLIPConfig {
  embed_dim: number;
  /** Side of the square picture, in pixels. */
  image_resolution: number;
  /** Blocks of the ViT, or of the four stages of the ResNet. */
  vision_layers: number | readonly [number, number, number, number];
  vision_width: number;
  /** Null for a ResNet. */
  vision_patch_size: number | null;
  vision_heads: number;
  /** Hidden width of the ViT's MLPs. Null for a ResNet. */
  vision_mlp_width: number | null;
  context_length: number;
  vocab_size: number;
  transformer_width: number;
  transformer_heads: number;
  transformer_layers: number;
  transformer_mlp_width: number;
  activation: ActivationName;
  /** Mean and standard deviation of red, green and blue, 0…1, that pictures are normalised by; absent: OpenAI's. */
  image_mean?: Rgb;
  image_std?: Rgb;
}

export type Rgb = readonly [number, number, number];

export type Shapes = ReadonlyMap<string, readonly number[]>;

/** What no shape tells. */
export type Untold = Pick<
  CLIPConfig,
  'vision_heads' | 'transformer_heads' | 'activation' | 'image_mean' | 'image_std'
>;

const HEAD_WIDTH = 64; // what every head of OpenAI's nine models has

/** What the sizes are read from, and what only a ViT has. */
const TEXT_ANCHORS = ['text_projection', 'positional_embedding', 'token_embedding.weight', 'ln_final.weight'];
const VIT_ANCHORS = ['visual.conv1.weight', 'visual.positional_embedding'];
const RESNET_ANCHORS = ['visual.layer1.0.conv1.weight', 'visual.attnpool.positional_embedding'];
const VIT_ONLY = /^visual\.(transformer\.|class_embedding$|proj$|ln_p)/;

/**
 * The configuration behind a state dict's shapes (PyTorch's, OpenAI's names). What no shape tells is taken from `untold`;
 * else heads are 64 wide, the activation is QuickGELU. Throws, naming the tensor, when one is missing or impossible.
 */
export function inferConfig(shapes: Shapes, untold: Partial<Untold> = {}): CLIPConfig {
  const size = (name: string, axis: number): number => {
    const value = shapes.get(name)?.at(axis);
    if (value === undefined) throw new Error(`not a CLIP checkpoint: ${name} has no axis ${axis}`);
    return value;
  };
  const isViT = [...shapes.keys()].some((name) => VIT_ONLY.test(name));
  const missing = [...TEXT_ANCHORS, ...(isViT ? VIT_ANCHORS : RESNET_ANCHORS)].filter(
    (name) => !shapes.has(name),
  );
  if (missing.length > 0) throw new Error(`not a CLIP checkpoint: it lacks ${missing.join(', ')}`);
  const transformer_width = size('ln_final.weight', 0);
  return {
    embed_dim: size('text_projection', 1),
    ...(isViT ? inferViT(shapes, size, untold) : inferResNet(shapes, size, untold)),
    context_length: size('positional_embedding', 0),
    vocab_size: size('token_embedding.weight', 0),
    transformer_width,
    transformer_heads: headsOf('ln_final.weight', transformer_width, untold.transformer_heads),
    transformer_layers: countChildren(shapes, 'transformer.resblocks.'),
    transformer_mlp_width: size('transformer.resblocks.0.mlp.c_fc.weight', 0),
    activation: untold.activation ?? 'quick_gelu',
    ...(untold.image_mean && { image_mean: untold.image_mean }),
    ...(untold.image_std && { image_std: untold.image_std }),
  };
}

type Size = (name: string, axis: number) => number;
type Vision = Pick<
  CLIPConfig,
  | 'image_resolution'
  | 'vision_layers'
  | 'vision_width'
  | 'vision_patch_size'
  | 'vision_heads'
  | 'vision_mlp_width'
>;

function inferViT(shapes: Shapes, size: Size, { vision_heads }: Partial<Untold>): Vision {
  const vision_width = size('visual.conv1.weight', 0);
  const vision_patch_size = size('visual.conv1.weight', -1);
  return {
    vision_width,
    vision_patch_size,
    image_resolution: gridOf('visual.positional_embedding', size) * vision_patch_size,
    vision_layers: countChildren(shapes, 'visual.transformer.resblocks.'),
    vision_heads: headsOf('visual.conv1.weight', vision_width, vision_heads),
    vision_mlp_width: size('visual.transformer.resblocks.0.mlp.c_fc.weight', 0),
  };
}

function inferResNet(shapes: Shapes, size: Size, { vision_heads }: Partial<Untold>): Vision {
  const vision_width = size('visual.layer1.0.conv1.weight', 0);
  const stage = (i: number): number => countChildren(shapes, `visual.layer${i}.`);
  return {
    vision_width,
    vision_patch_size: null,
    image_resolution: gridOf('visual.attnpool.positional_embedding', size) * 32, // five halvings
    vision_layers: [stage(1), stage(2), stage(3), stage(4)],
    vision_heads: headsOf('visual.layer1.0.conv1.weight', vision_width * 32, vision_heads),
    vision_mlp_width: null,
  };
}

/** g, from a table of g² + 1 positions. */
function gridOf(name: string, size: Size): number {
  const grid = Math.sqrt(size(name, 0) - 1);
  if (!Number.isInteger(grid)) {
    throw new Error(`${name} has ${size(name, 0)} positions: expected a square number and one`);
  }
  return grid;
}

function headsOf(name: string, width: number, heads?: number): number {
  if (heads !== undefined) {
    if (Number.isInteger(heads) && heads > 0 && width % heads === 0) return heads;
    throw new Error(`${name} gives a width of ${width}, which ${heads} heads do not divide`);
  }
  if (width % HEAD_WIDTH !== 0 || width === 0) {
    throw new Error(
      `${name} gives a width of ${width}: expected a multiple of ${HEAD_WIDTH}, the width of a head`,
    );
  }
  return width / HEAD_WIDTH;
}

/** How many different numbers follow `prefix` in the names. */
function countChildren(shapes: Shapes, prefix: string): number {
  const names = [...shapes.keys()].filter((name) => name.startsWith(prefix));
  const count = new Set(names.map((name) => name.slice(prefix.length).split('.')[0])).size;
  if (count === 0) throw new Error(`not a CLIP checkpoint: no tensor's name starts with ${prefix}`);
  return count;
}
