// Which published model a configuration is: OpenAI's nine, and the ViTs that open_clip trained with the same classes.
import type { CLIPConfig } from '../model/config.ts';
import { OPENAI_MODELS } from './openai-models.ts';

type Vision = [resolution: number, patch: number, width: number, layers: number, heads: number, mlp: number];
type Text = [width: number, layers: number, heads: number];

/** open_clip's model_configs/, those whose weights are published and whose sizes are not OpenAI's. */
// biome-ignore format: one model a line reads as the table it is
const OPEN_CLIP_SIZES: readonly [name: string, embedding: number, vision: Vision, text: Text][] = [
  ['ViT-B-32-256',      512,  [256, 32, 768, 12, 12, 3072],   [512, 12, 8]],
  ['ViT-B-16-plus-240', 640,  [240, 16, 896, 12, 14, 3584],   [640, 12, 10]],
  ['ViT-L-14-280',      768,  [280, 14, 1024, 24, 16, 4096],  [768, 12, 12]],
  ['ViT-H-14',          1024, [224, 14, 1280, 32, 16, 5120],  [1024, 24, 16]],
  ['ViT-H-14-378',      1024, [378, 14, 1280, 32, 16, 5120],  [1024, 24, 16]],
  ['ViT-g-14',          1024, [224, 14, 1408, 40, 16, 6144],  [1024, 24, 16]],
  ['ViT-bigG-14',       1280, [224, 14, 1664, 48, 16, 8192],  [1280, 32, 20]],
];

/** OpenAI's name for the model, open_clip's for others; undefined for a model of other sizes. */
export function knownModel(config: CLIPConfig): string | undefined {
  const key = sizesOf(config);
  const openai = OPENAI_MODELS.find((model) => sizesOf(model.config) === key);
  if (openai && config.activation === openai.config.activation) return openai.name;
  const name = openai
    ? openai.file.replace('px.pt', '').replace('.pt', '') // ViT-L/14@336px is ViT-L-14-336 there
    : OPEN_CLIP_SIZES.find(([, ...sizes]) => JSON.stringify(sizes) === key)?.[0];
  if (name === undefined) return undefined;
  const isQuick = config.activation === 'quick_gelu';
  return `${name}${isQuick ? '-quickgelu' : ''} (open_clip)`;
}

/** All that makes the sizes, in the table's order; a ResNet's stages stand where a ViT has its layers. */
function sizesOf(config: CLIPConfig): string {
  const vision = [
    config.image_resolution,
    config.vision_patch_size,
    config.vision_width,
    config.vision_layers,
    config.vision_heads,
    config.vision_mlp_width,
  ];
  const text = [config.transformer_width, config.transformer_layers, config.transformer_heads];
  const isPublished = config.context_length === 77 && config.vocab_size === 49408;
  return isPublished ? JSON.stringify([config.embed_dim, vision, text]) : '';
}
