// The names of Hugging Face's CLIPModel. Its queries, keys and values are apart, and its projections are Linear layers,
// so their weights are the other way round. It has no ResNet.
import type { Counterpart, NameScheme } from './scheme.ts';

/** OpenAI's name without `.weight` and `.bias`, then Hugging Face's. */
const MODULES = new Map([
  ['token_embedding', 'text_model.embeddings.token_embedding'],
  ['ln_final', 'text_model.final_layer_norm'],
  ['visual.conv1', 'vision_model.embeddings.patch_embedding'],
  ['visual.ln_pre', 'vision_model.pre_layrnorm'], // as it is spelt there
  ['visual.ln_post', 'vision_model.post_layernorm'],
]);

const PARAMETERS: readonly [openai: string, hf: string, transposed?: true][] = [
  ['logit_scale', 'logit_scale'],
  ['positional_embedding', 'text_model.embeddings.position_embedding.weight'],
  ['text_projection', 'text_projection.weight', true],
  ['visual.class_embedding', 'vision_model.embeddings.class_embedding'],
  ['visual.positional_embedding', 'vision_model.embeddings.position_embedding.weight'],
  ['visual.proj', 'visual_projection.weight', true],
];

const BLOCKS = new Map([
  ['transformer.resblocks', 'text_model.encoder.layers'],
  ['visual.transformer.resblocks', 'vision_model.encoder.layers'],
]);

const IN_BLOCK = new Map([
  ['attn.out_proj', 'self_attn.out_proj'],
  ['ln_1', 'layer_norm1'],
  ['mlp.c_fc', 'mlp.fc1'],
  ['mlp.c_proj', 'mlp.fc2'],
  ['ln_2', 'layer_norm2'],
]);

const THIRDS = ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj'] as const;

const inverse = (map: ReadonlyMap<string, string>): Map<string, string> =>
  new Map([...map].map(([key, value]) => [value, key]));
const [MODULES_BACK, BLOCKS_BACK, IN_BLOCK_BACK] = [inverse(MODULES), inverse(BLOCKS), inverse(IN_BLOCK)];

/** `stack.7.layer.weight` → its four parts. */
const BLOCK_NAME = /^(.+)\.(\d+)\.([^.]+(?:\.[^.]+)?)\.(weight|bias)$/;
const IN_PROJ = /^(.+)\.(\d+)\.attn\.in_proj_(weight|bias)$/;
const MODULE_NAME = /^(.+)\.(weight|bias)$/;

export const hf: NameScheme = {
  toOpenAI(name) {
    const parameter = PARAMETERS.find(([, theirs]) => theirs === name);
    if (parameter) return renamed(parameter[0], parameter[2]);
    const [, stack = '', number, layer = '', kind] = BLOCK_NAME.exec(name) ?? [];
    const blocks = BLOCKS_BACK.get(stack);
    if (blocks) {
      const third = THIRDS.indexOf(layer as (typeof THIRDS)[number]) as -1 | 0 | 1 | 2;
      if (third >= 0) return { name: `${blocks}.${number}.attn.in_proj_${kind}`, third: third as 0 | 1 | 2 };
      const ours = IN_BLOCK_BACK.get(layer);
      return ours ? { name: `${blocks}.${number}.${ours}.${kind}` } : undefined;
    }
    return wholeModule(name, MODULES_BACK);
  },

  fromOpenAI(name) {
    const parameter = PARAMETERS.find(([ours]) => ours === name);
    if (parameter) return [renamed(parameter[1], parameter[2])];
    const [, ofThirds = '', at, part] = IN_PROJ.exec(name) ?? [];
    const joined = BLOCKS.get(ofThirds);
    if (joined) {
      return THIRDS.map((layer, i) => ({ name: `${joined}.${at}.${layer}.${part}`, third: i as 0 | 1 | 2 }));
    }
    const [, stack = '', number, layer = '', kind] = BLOCK_NAME.exec(name) ?? [];
    const [blocks, theirs] = [BLOCKS.get(stack), IN_BLOCK.get(layer)];
    if (blocks) return theirs ? [{ name: `${blocks}.${number}.${theirs}.${kind}` }] : undefined;
    const whole = wholeModule(name, MODULES);
    return whole && [whole];
  },
};

function renamed(name: string, transposed: true | undefined): Counterpart {
  return transposed ? { name, transposed } : { name };
}

function wholeModule(name: string, modules: ReadonlyMap<string, string>): Counterpart | undefined {
  const [, module = '', kind] = MODULE_NAME.exec(name) ?? [];
  const other = modules.get(module);
  return other === undefined ? undefined : { name: `${other}.${kind}` };
}
