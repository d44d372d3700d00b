// Hugging Face's config.json and preprocessor_config.json ↔ a model's configuration. What such a file leaves out has the
// default of CLIPTextConfig and CLIPVisionConfig, as their `from_pretrained` takes it.
import { OPENAI_MEAN, OPENAI_STD } from '../../data/pictures/preprocess.ts';
import { ClipError } from '../../errors.ts';
import type { CLIPConfig } from '../../model/config.ts';
import { countAt, type JsonObject, normalizationAt, objectAt, parseObject, show } from '../json-object.ts';
import type { ToldConfig } from './told-config.ts';

export const HF_CONFIG = 'config.json';
export const HF_PREPROCESSOR = 'preprocessor_config.json';

/** Names of the activations there → here. */
const ACTIVATIONS: ReadonlyMap<unknown, CLIPConfig['activation']> = new Map([
  ['quick_gelu', 'quick_gelu'],
  ['gelu', 'gelu'],
]);

/** Reads config.json, and preprocessor_config.json where it is there. Throws for a model that is none of ours. */
export function readHFConfig(text: string, preprocessor: string | undefined): ToldConfig {
  const json = parseObject(text, HF_CONFIG);
  if (json.model_type !== undefined && json.model_type !== 'clip') {
    throw new ClipError(`${HF_CONFIG}: model_type`, { expected: 'clip', got: show(json.model_type) });
  }
  const towerOf = (name: string): JsonObject => ({
    ...objectAt(json, name, HF_CONFIG),
    ...objectAt(json, `${name}_dict`, HF_CONFIG), // older files have the whole of it there
  });
  const [words, pictures] = [towerOf('text_config'), towerOf('vision_config')];
  const activation = activationOf(words, 'text_config');
  if (activationOf(pictures, 'vision_config') !== activation) {
    throw new ClipError(`${HF_CONFIG}: hidden_act`, {
      expected: 'one activation for both towers',
      got: `${words.hidden_act} and ${pictures.hidden_act}`,
    });
  }
  const text_ = (key: string, fallback: number): number => countAt(words, key, fallback, HF_CONFIG);
  const vision = (key: string, fallback: number): number => countAt(pictures, key, fallback, HF_CONFIG);
  const config: CLIPConfig = {
    embed_dim: countAt(json, 'projection_dim', 512, HF_CONFIG),
    image_resolution: vision('image_size', 224),
    vision_layers: vision('num_hidden_layers', 12),
    vision_width: vision('hidden_size', 768),
    vision_patch_size: vision('patch_size', 32),
    vision_heads: vision('num_attention_heads', 12),
    vision_mlp_width: vision('intermediate_size', 3072),
    context_length: text_('max_position_embeddings', 77),
    vocab_size: text_('vocab_size', 49408),
    transformer_width: text_('hidden_size', 512),
    transformer_heads: text_('num_attention_heads', 8),
    transformer_layers: text_('num_hidden_layers', 12),
    transformer_mlp_width: text_('intermediate_size', 2048),
    activation,
  };
  return { file: HF_CONFIG, config, ...readPreprocessor(preprocessor) };
}

function activationOf(tower: JsonObject, name: string): CLIPConfig['activation'] {
  const { hidden_act = 'quick_gelu', layer_norm_eps = 1e-5 } = tower;
  if (layer_norm_eps !== null && Math.abs(Number(layer_norm_eps) - 1e-5) > 1e-12) {
    throw new ClipError(`${HF_CONFIG}: ${name}.layer_norm_eps`, {
      expected: 1e-5,
      got: show(layer_norm_eps),
    });
  }
  const activation = ACTIVATIONS.get(hidden_act);
  if (activation) return activation;
  throw new ClipError(`${HF_CONFIG}: ${name}.hidden_act`, {
    expected: [...ACTIVATIONS.keys()].join(' or '),
    got: show(hidden_act),
  });
}

/** Mean and deviation; a note where pictures are to be resized otherwise than here. */
function readPreprocessor(text: string | undefined): Pick<ToldConfig, 'normalization' | 'notes'> {
  if (text === undefined) return { normalization: {}, notes: [] };
  const json = parseObject(text, HF_PREPROCESSOR);
  const notes: string[] = [];
  for (const [key, value] of Object.entries({ resample: 3, do_resize: true, do_center_crop: true })) {
    if (json[key] === undefined || json[key] === value) continue;
    notes.push(
      `${HF_PREPROCESSOR} has ${key} ${show(json[key])}: pictures are resized bicubically and cropped here`,
    );
  }
  return { normalization: normalizationAt(json, ['image_mean', 'image_std'], HF_PREPROCESSOR), notes };
}

/** config.json for a ViT. `dtype` is PyTorch's name of the weights' type. */
export function writeHFConfig(config: CLIPConfig, dtype: string): JsonObject {
  const shared = { hidden_act: config.activation, layer_norm_eps: 1e-5, projection_dim: config.embed_dim };
  return {
    architectures: ['CLIPModel'],
    model_type: 'clip',
    dtype,
    torch_dtype: dtype, // its name before version 5
    projection_dim: config.embed_dim,
    logit_scale_init_value: 2.6592,
    text_config: {
      ...shared,
      model_type: 'clip_text_model',
      hidden_size: config.transformer_width,
      intermediate_size: config.transformer_mlp_width,
      num_hidden_layers: config.transformer_layers,
      num_attention_heads: config.transformer_heads,
      max_position_embeddings: config.context_length,
      vocab_size: config.vocab_size,
      bos_token_id: config.vocab_size - 2,
      eos_token_id: config.vocab_size - 1,
      pad_token_id: config.vocab_size - 1,
    },
    vision_config: {
      ...shared,
      model_type: 'clip_vision_model',
      hidden_size: config.vision_width,
      intermediate_size: config.vision_mlp_width,
      num_hidden_layers: config.vision_layers,
      num_attention_heads: config.vision_heads,
      num_channels: 3,
      image_size: config.image_resolution,
      patch_size: config.vision_patch_size,
    },
  };
}

export function writeHFPreprocessor({
  image_resolution: size,
  image_mean = OPENAI_MEAN,
  image_std = OPENAI_STD,
}: CLIPConfig): JsonObject {
  return {
    image_processor_type: 'CLIPImageProcessor',
    do_convert_rgb: true,
    do_resize: true,
    size: { shortest_edge: size },
    resample: 3, // Pillow's number for bicubic
    do_center_crop: true,
    crop_size: { height: size, width: size },
    do_rescale: true,
    rescale_factor: 1 / 255,
    do_normalize: true,
    image_mean,
    image_std,
  };
}
