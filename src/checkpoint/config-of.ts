// The configuration of the model in a checkpoint: from its tensors' shapes, and for what no shape tells from the JSON
// object `config` in its metadata, where there is one.
import { ClipError } from '../errors.ts';
import { type CLIPConfig, inferConfig, type Untold } from '../model/config.ts';
import type { Checkpoint } from './stored-tensor.ts';

/** Throws ClipError, naming `file`, for a checkpoint that is no CLIP. */
export function configOf(
  { tensors, metadata }: Pick<Checkpoint, 'tensors' | 'metadata'>,
  file: string,
): CLIPConfig {
  const untold = readUntold(metadata.get('config'), file);
  try {
    return inferConfig(new Map([...tensors].map(([name, { shape }]) => [name, shape])), untold);
  } catch (error) {
    const got = `${tensors.size} tensors: ${[...tensors.keys()].slice(0, 3).join(', ')} …`;
    throw new ClipError(`${file}: ${(error as Error).message}`, { got }, { cause: error });
  }
}

/** Only `vision_heads`, `transformer_heads` and `activation` count; the rest is in the shapes. */
function readUntold(text: string | undefined, file: string): Partial<Untold> {
  if (text === undefined) return {};
  const refuse = (expected: string, got: string) =>
    new ClipError(`${file}: config in __metadata__`, { expected, got });
  let config: Record<string, unknown> | undefined;
  try {
    config = JSON.parse(text);
  } catch {}
  if (typeof config !== 'object' || config === null || Array.isArray(config)) {
    throw refuse('a JSON object', text.slice(0, 60));
  }
  const { vision_heads, transformer_heads, activation } = config;
  for (const [name, heads] of Object.entries({ vision_heads, transformer_heads })) {
    if (heads === undefined || (Number.isSafeInteger(heads) && (heads as number) > 0)) continue;
    throw refuse(`a whole number of ${name}`, JSON.stringify(heads));
  }
  if (activation !== undefined && activation !== 'quick_gelu' && activation !== 'gelu') {
    throw refuse('activation quick_gelu or gelu', JSON.stringify(activation));
  }
  return { vision_heads, transformer_heads, activation } as Partial<Untold>;
}
