// OpenAI's nine published models: where each file is, its digest, and the sizes inside (CLIP paper, tables 19 and 20).
import type { CLIPConfig } from '../model/config.ts';

export interface OpenAIModel {
  /** OpenAI's name for it, such as `ViT-B/32`. */
  name: string;
  /** The file's name in OpenAI's cache folder. */
  file: string;
  url: string;
  sha256: string;
  config: CLIPConfig;
}

const ADDRESS = 'https://openaipublic.azureedge.net/clip/models';

type Resnet = [resolution: number, layers: [number, number, number, number], width: number];
type Vit = [resolution: number, layers: number, width: number, patch: number];

function published(
  name: string,
  sha256: string,
  embed_dim: number,
  transformer_width: number,
  [image_resolution, vision_layers, vision_width, patch]: Resnet | Vit,
): OpenAIModel {
  const file = `${name.replace(/[/@]/g, '-')}.pt`;
  const config: CLIPConfig = {
    embed_dim,
    image_resolution,
    vision_layers,
    vision_width,
    vision_patch_size: patch ?? null,
    vision_heads: patch ? vision_width / 64 : vision_width / 2, // a ResNet ends 32 times as wide as it begins
    vision_mlp_width: patch ? vision_width * 4 : null,
    context_length: 77,
    vocab_size: 49408,
    transformer_width,
    transformer_heads: transformer_width / 64,
    transformer_mlp_width: transformer_width * 4,
    transformer_layers: 12,
    activation: 'quick_gelu',
  };
  return { name, file, url: `${ADDRESS}/${sha256}/${file}`, sha256, config };
}

/** In OpenAI's order. */
// biome-ignore format: one model a line reads as the table it is
export const OPENAI_MODELS: readonly OpenAIModel[] = [
  published('RN50', 'afeb0e10f9e5a86da6080e35cf09123aca3b358a0c3e3b6c78a7b63bc04b6762', 1024, 512, [224, [3, 4, 6, 3], 64]),
  published('RN101', '8fa8567bab74a42d41c5915025a8e4538c3bdbe8804a470a72f30b0d94fab599', 512, 512, [224, [3, 4, 23, 3], 64]),
  published('RN50x4', '7e526bd135e493cef0776de27d5f42653e6b4c8bf9e0f653bb11773263205fdd', 640, 640, [288, [4, 6, 10, 6], 80]),
  published('RN50x16', '52378b407f34354e150460fe41077663dd5b39c54cd0bfd2b27167a4a06ec9aa', 768, 768, [384, [6, 8, 18, 8], 96]),
  published('RN50x64', 'be1cfb55d75a9666199fb2206c106743da0f6468c9d327f3e0d0a543a9919d9c', 1024, 1024, [448, [3, 15, 36, 10], 128]),
  published('ViT-B/32', '40d365715913c9da98579312b702a82c18be219cc2a73407c4526f58eba950af', 512, 512, [224, 12, 768, 32]),
  published('ViT-B/16', '5806e77cd80f8b59890b7e101eabd078d9fb84e6937f9e85e4ecb61988df416f', 512, 512, [224, 12, 768, 16]),
  published('ViT-L/14', 'b8cca3fd41ae0c99ba7e8951adf17d267cdb84cd88be6f7c2e0eca1737a03836', 768, 768, [224, 24, 1024, 14]),
  published('ViT-L/14@336px', '3035c92b350959924f9f00213499208652fc7ea050643e8b385c2dac08641f02', 768, 768, [336, 24, 1024, 14]),
];

/** The names of OpenAI's models, as `clip.available_models()` lists them. */
export function availableModels(): string[] {
  return OPENAI_MODELS.map(({ name }) => name);
}
