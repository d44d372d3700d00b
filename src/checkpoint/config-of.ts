// The configuration of the model in a checkpoint: sizes from its tensors' shapes; what no shape tells (head counts, the
// activation, the constants of normalisation) from whoever says it first: the user, the checkpoint's own metadata, the
// file beside it, OpenAI's defaults.
import { OPENAI_MEAN, OPENAI_STD } from '../data/pictures/preprocess.ts';
import { ClipError } from '../errors.ts';
import { type CLIPConfig, inferConfig, type Untold } from '../model/config.ts';
import { countAt, type JsonObject, normalizationAt, parseObject, show } from './json-object.ts';
import type { ToldConfig } from './schemes/told-config.ts';
import type { Checkpoint } from './stored-tensor.ts';

/** What no shape tells, as far as anyone says it; `asked` is what the user says. */
export function untoldIn(
  { metadata }: Pick<Checkpoint, 'metadata'>,
  file: string,
  beside?: ToldConfig,
  asked: Partial<Untold> = {},
): Partial<Untold> {
  const { image_mean, image_std, ...untold }: Partial<Untold> = {
    ...beside?.normalization,
    ...(beside && untoldOf(beside.config)),
    ...fromTorchScript(metadata),
    ...fromMetadata(metadata.get('config'), `${file}: config in __metadata__`),
    ...Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined)),
  };
  // Absent where they are OpenAI's, so that one model has one configuration.
  return {
    ...untold,
    ...(image_mean && `${image_mean}` !== `${OPENAI_MEAN}` && { image_mean }),
    ...(image_std && `${image_std}` !== `${OPENAI_STD}` && { image_std }),
  };
}

/** Throws ClipError, naming `file`, for a checkpoint that is no CLIP, or none of the size that the file beside it says. */
export function configOf(
  { tensors }: Pick<Checkpoint, 'tensors'>,
  file: string,
  untold: Partial<Untold>,
  beside?: ToldConfig,
): CLIPConfig {
  let config: CLIPConfig;
  try {
    config = inferConfig(new Map([...tensors].map(([name, { shape }]) => [name, shape])), untold);
  } catch (error) {
    const got = `${tensors.size} tensors: ${[...tensors.keys()].slice(0, 3).join(', ')} …`;
    const { message } = error as Error;
    const hint = message.includes('width of a head') ? '--heads says how many there are' : undefined;
    throw new ClipError(`${file}: ${message}`, { got, hint }, { cause: error });
  }
  if (beside) checkSizes(config, beside, file);
  return config;
}

function untoldOf({ vision_heads, transformer_heads, activation }: CLIPConfig): Partial<Untold> {
  return { vision_heads, transformer_heads, activation };
}

/** The sizes are in the shapes and in the file: a file that says others belongs to another model. */
function checkSizes(config: CLIPConfig, { file: told, config: other }: ToldConfig, file: string): void {
  for (const [key, value] of Object.entries(config)) {
    if (/heads$|^activation$|^image_(mean|std)$/.test(key)) continue;
    const said = other[key as keyof CLIPConfig];
    if (String(said) === String(value)) continue;
    throw new ClipError(`${told} and the weights in ${file} disagree on ${key}`, {
      expected: show(said),
      got: show(value),
      hint: `is ${told} this model's? put each model into a folder of its own`,
    });
  }
}

/** OpenAI's archives keep each attention's head count, and the class of each activation. */
function fromTorchScript(metadata: ReadonlyMap<string, string>): Partial<Untold> {
  const [first, text] = ['visual.transformer.resblocks.0', 'transformer.resblocks.0'];
  const vision_heads = metadata.get(`${first}.attn.num_heads`) ?? metadata.get('visual.attnpool.num_heads');
  const transformer_heads = metadata.get(`${text}.attn.num_heads`);
  const gelu = metadata.get(`${text}.mlp.gelu`);
  return {
    ...(vision_heads !== undefined && isCount(vision_heads) && { vision_heads: Number(vision_heads) }),
    ...(transformer_heads !== undefined &&
      isCount(transformer_heads) && { transformer_heads: Number(transformer_heads) }),
    ...(gelu === 'QuickGELU' && { activation: 'quick_gelu' }),
    ...(gelu === 'GELU' && { activation: 'gelu' }),
  };
}

function isCount(text: string): boolean {
  return /^[1-9]\d{0,5}$/.test(text);
}

/** Only what no shape tells counts; the rest of that object is in the shapes. */
function fromMetadata(text: string | undefined, what: string): Partial<Untold> {
  if (text === undefined) return {};
  const config = parseObject(text, what);
  const vision_heads = countAt(config, 'vision_heads', undefined, what);
  const transformer_heads = countAt(config, 'transformer_heads', undefined, what);
  return {
    ...(vision_heads !== undefined && { vision_heads }),
    ...(transformer_heads !== undefined && { transformer_heads }),
    ...activationIn(config, what),
    ...normalizationAt(config, ['image_mean', 'image_std'], what),
  };
}

function activationIn({ activation }: JsonObject, what: string): Partial<Untold> {
  if (activation === undefined) return {};
  if (activation === 'quick_gelu' || activation === 'gelu') return { activation };
  throw new ClipError(what, { expected: 'activation quick_gelu or gelu', got: show(activation) });
}
