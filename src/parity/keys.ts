// The keys of a recording: what kind each is, and in which order the computation comes by them.

/** What a run can be asked for, in the order of a report; each key belongs to one of them. */
export const PARTS = ['input', 'param', 'tap', 'grad', 'train', 'tokens', 'pixels'] as const;
export type Part = (typeof PARTS)[number];

/** The part of keys of no known kind. */
export const OTHER = 'other';

const PREFIXES: readonly [prefix: string, part: Part][] = [
  ['input.', 'input'],
  ['param.', 'param'],
  ['tap.', 'tap'],
  ['grad.', 'grad'],
  ['train.loss', 'train'],
  ['train.param.', 'train'],
  ['source.text', 'tokens'],
  ['expect.tokens', 'tokens'],
  ['source.picture.', 'pixels'],
  ['expect.pixels.', 'pixels'],
  ['expect.image.', 'pixels'],
];

/** Whether a key is what a LoRA training starts from: A or B of a projection. The model itself has no such weights. */
export function isAdapterStart(key: string): boolean {
  return /^param\..*\.lora_[AB]\.weight$/.test(key);
}

/** The part that a key belongs to. */
export function partOf(key: string): Part | typeof OTHER {
  if (isAdapterStart(key)) return 'input';
  return PREFIXES.find(([prefix]) => key.startsWith(prefix))?.[1] ?? OTHER;
}

/** Whether a key is what a run starts from, not what it computes: `input.*`, `source.*`, an adapter's start. */
export function isGiven(key: string): boolean {
  return /^(input|source)\./.test(key) || isAdapterStart(key);
}

/** A key's name without its kind: `tap.visual.conv1` → `visual.conv1`. */
function nameIn(key: string): string {
  return key.replace(/^(train\.)?[a-z]+\./, '');
}

/**
 * Keys in the order of computation: inputs, weights, the forward pass, the gradients from the loss back to the inputs,
 * the losses of a training, its weights, tokens, pixels. Keys of no known kind come last.
 */
export function inComputationOrder(keys: Iterable<string>): string[] {
  const rank = (key: string): number => {
    const found = PREFIXES.findIndex(([prefix]) => key.startsWith(prefix));
    return found < 0 ? PREFIXES.length : found;
  };
  return [...keys].sort((a, b) => {
    const backwards = a.startsWith('grad.') && b.startsWith('grad.');
    return rank(a) - rank(b) || (backwards ? -1 : 1) * compareNames(nameIn(a), nameIn(b));
  });
}

// Children of one module, each before what uses it; a name that two modules share stands where both can have it.
// biome-ignore format: a line a module
const SIBLINGS: readonly string[] = [
  'visual', 'image_features', 'token_embedding',
  'conv1', 'bn1', 'relu1', 'conv2', 'bn2', 'relu2', 'avgpool', 'conv3', 'bn3', 'downsample', 'relu3',
  'visual.avgpool', 'layer1', 'layer2', 'layer3', 'layer4', 'attnpool',
  'class_embedding', 'positional_embedding', 'ln_pre', 'transformer', 'ln_post', 'proj',
  'ln_final', 'text_projection', 'text_features', 'logit_scale', 'logits_per_image', 'logits_per_text',
  'ln_1', 'attn', 'ln_2', 'mlp',
  'in_proj_weight', 'in_proj_bias', 'q_proj', 'k_proj', 'v_proj', 'q', 'k', 'v', 'scores', 'probs', 'out_proj',
  'c_fc', 'gelu', 'c_proj',
  'weight', 'bias', 'running_mean', 'running_var',
];
const PLACES: ReadonlyMap<string, number> = new Map(SIBLINGS.map((name, place) => [name, place]));

/** By the order of computation: a module's inside comes before its own output. */
function compareNames(a: string, b: string): number {
  const [left, right] = [a.split('.'), b.split('.')];
  for (let i = 0; i < left.length && i < right.length; i++) {
    if (left[i] !== right[i]) return placeOf(left, i) - placeOf(right, i) || (left[i]! < right[i]! ? -1 : 1);
  }
  return right.length - left.length;
}

/** Numbers by their value, as resblocks and stages are called; unknown names after known ones. */
function placeOf(path: readonly string[], i: number): number {
  const name = path[i]!;
  if (/^-?\d+$/.test(name)) return Number(name);
  return PLACES.get(`${path[i - 1]}.${name}`) ?? PLACES.get(name) ?? SIBLINGS.length;
}
