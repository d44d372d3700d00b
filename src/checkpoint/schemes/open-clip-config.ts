// open_clip's open_clip_config.json ↔ a model's configuration. What such a file leaves out has the default of open_clip's
// CLIPVisionCfg and CLIPTextCfg; what would make another model of it is refused by name.
import { OPENAI_MEAN, OPENAI_STD } from '../../data/pictures/preprocess.ts';
import { ClipError } from '../../errors.ts';
import type { CLIPConfig } from '../../model/config.ts';
import { countAt, type JsonObject, normalizationAt, objectAt, parseObject, show } from '../json-object.ts';
import type { ToldConfig } from './told-config.ts';

export const OPEN_CLIP_CONFIG = 'open_clip_config.json';

/** hf_tokenizer_name where the tokenizer's files lie in the same folder: open_clip looks there for any name at all. */
const TOKENIZER_BESIDE = '.';

/** Settings that change what is computed, with the one value that is computed here. Null, false and 0 mean "not". */
const TOWERS = { ls_init_value: null, act_kwargs: null, norm_kwargs: null, final_ln_after_pool: false };
const BLOCKS = {
  block_type: 'default',
  qk_norm: false,
  scaled_cosine_attn: false,
  scale_heads: false,
  scale_attn_inner: false,
  scale_attn: false,
  scale_fc: false,
};
const VISION = {
  ...TOWERS,
  ...BLOCKS,
  timm_model_name: null,
  attentional_pool: false,
  no_ln_pre: false,
  pos_embed_type: 'learnable',
  pool_type: 'tok',
};
const TEXT = {
  ...TOWERS,
  ...BLOCKS,
  hf_model_name: null,
  embed_cls: false,
  no_causal_mask: false,
  pool_type: 'argmax',
  proj_type: 'linear',
  proj_bias: false,
};

/** Throws for a model that is none of ours: another kind of tower, of pooling, of position. */
export function readOpenClipConfig(text: string): ToldConfig {
  const what = OPEN_CLIP_CONFIG;
  const json = parseObject(text, what);
  const model = json.model_cfg === undefined ? json : objectAt(json, 'model_cfg', what); // or a file of model_configs/
  const [vision, words] = [objectAt(model, 'vision_cfg', what), objectAt(model, 'text_cfg', what)];
  refuseOthers(vision, VISION, 'vision_cfg');
  refuseOthers(words, TEXT, 'text_cfg');
  refuseOthers(model, { multimodal_cfg: null, init_logit_bias: null }, 'model_cfg');

  const vision_width = countAt(vision, 'width', 768, what);
  const transformer_width = countAt(words, 'width', 512, what);
  const stages = vision.layers;
  const isResNet = Array.isArray(stages);
  if (
    isResNet &&
    !(stages.length === 4 && stages.every((count) => Number.isSafeInteger(count) && count > 0))
  ) {
    throw new ClipError(`${what}: vision_cfg.layers`, { expected: 'four counts', got: show(stages) });
  }
  const head_width = countAt(vision, 'head_width', 64, what);
  const config: CLIPConfig = {
    embed_dim: countAt(model, 'embed_dim', 512, what),
    image_resolution: sideOf(vision, what),
    vision_layers: isResNet
      ? (stages as [number, number, number, number])
      : countAt(vision, 'layers', 12, what),
    vision_width,
    vision_patch_size: isResNet ? null : countAt(vision, 'patch_size', 16, what),
    vision_heads: Math.floor((isResNet ? vision_width * 32 : vision_width) / head_width),
    vision_mlp_width: isResNet ? null : mlpWidth(vision, vision_width, what),
    context_length: countAt(words, 'context_length', 77, what),
    vocab_size: countAt(words, 'vocab_size', 49408, what),
    transformer_width,
    transformer_heads: countAt(words, 'heads', 8, what),
    transformer_layers: countAt(words, 'layers', 12, what),
    transformer_mlp_width: mlpWidth(words, transformer_width, what),
    activation: model.quick_gelu === true ? 'quick_gelu' : 'gelu',
  };
  return { file: what, config, ...readPreprocessing(json, words) };
}

function refuseOthers(settings: JsonObject, known: JsonObject, where: string): void {
  for (const [key, value] of Object.entries(known)) {
    const got = settings[key];
    if (got === undefined || got === value || ((got ?? false) === false && !value)) continue;
    throw new ClipError(`${OPEN_CLIP_CONFIG}: ${where}.${key}`, {
      expected: value ? show(value) : 'none',
      got: show(got),
      hint: "only CLIP's own towers are built here: ViT or ModifiedResNet, and the causal text transformer",
    });
  }
}

/** A picture's side; [height, width] where they are equal. */
function sideOf(vision: JsonObject, what: string): number {
  const { image_size } = vision;
  if (!Array.isArray(image_size)) return countAt(vision, 'image_size', 224, what);
  if (image_size.length === 2 && image_size[0] === image_size[1])
    return countAt({ image_size: image_size[0] }, 'image_size', 224, what);
  throw new ClipError(`${what}: vision_cfg.image_size`, { expected: 'a square', got: show(image_size) });
}

function mlpWidth(tower: JsonObject, width: number, what: string): number {
  const { mlp_ratio = 4 } = tower;
  if (typeof mlp_ratio === 'number' && mlp_ratio > 0) return Math.floor(width * mlp_ratio);
  throw new ClipError(what, { expected: 'a number above 0 under mlp_ratio', got: show(mlp_ratio) });
}

function readPreprocessing(json: JsonObject, words: JsonObject): Pick<ToldConfig, 'normalization' | 'notes'> {
  const settings = objectAt(json, 'preprocess_cfg', OPEN_CLIP_CONFIG);
  const notes: string[] = [];
  for (const [key, value] of Object.entries({ interpolation: 'bicubic', resize_mode: 'shortest' })) {
    if (settings[key] === undefined || settings[key] === value) continue;
    notes.push(
      `${OPEN_CLIP_CONFIG} has ${key} ${show(settings[key])}: pictures are resized bicubically and cropped here`,
    );
  }
  for (const key of ['hf_tokenizer_name', 'tokenizer_kwargs']) {
    if (!words[key] || words[key] === TOKENIZER_BESIDE) continue;
    notes.push(`${OPEN_CLIP_CONFIG} has ${key} ${show(words[key])}: ids are made by OpenAI's tokenizer here`);
  }
  return { normalization: normalizationAt(settings, ['mean', 'std'], OPEN_CLIP_CONFIG), notes };
}

/** `ownTokenizer`: a tokenizer in Hugging Face's files lies beside, without which open_clip takes OpenAI's whole vocabulary. */
export function writeOpenClipConfig(config: CLIPConfig, ownTokenizer: boolean): JsonObject {
  const { vision_width, vision_layers, vision_mlp_width, transformer_width } = config;
  const attended = typeof vision_layers === 'number' ? vision_width : vision_width * 32; // what the heads divide
  return {
    model_cfg: {
      embed_dim: config.embed_dim,
      quick_gelu: config.activation === 'quick_gelu',
      vision_cfg: {
        image_size: config.image_resolution,
        layers: vision_layers,
        width: vision_width,
        head_width: attended / config.vision_heads,
        ...(vision_mlp_width !== null && { mlp_ratio: mlpRatio(vision_width, vision_mlp_width) }),
        patch_size: config.vision_patch_size,
      },
      text_cfg: {
        context_length: config.context_length,
        vocab_size: config.vocab_size,
        width: transformer_width,
        heads: config.transformer_heads,
        layers: config.transformer_layers,
        mlp_ratio: mlpRatio(transformer_width, config.transformer_mlp_width),
        ...(ownTokenizer && { hf_tokenizer_name: TOKENIZER_BESIDE }),
      },
    },
    preprocess_cfg: {
      mean: config.image_mean ?? OPENAI_MEAN,
      std: config.image_std ?? OPENAI_STD,
      interpolation: 'bicubic',
      resize_mode: 'shortest',
    },
  };
}

/** The ratio that gives `hidden` again when it is multiplied by the width and rounded down. */
function mlpRatio(width: number, hidden: number): number {
  const ratio = hidden / width;
  return Math.floor(width * ratio) === hidden ? ratio : (hidden + 0.5) / width;
}
