// What becomes of a recording's strings and picture files: padded ids, cropped pixels, the model's input.
import type { StoredTensor } from '../checkpoint/stored-tensor.ts';
import { cropPicture } from '../data/pictures/crop.ts';
import type { Picture } from '../data/pictures/picture.ts';
import { normalize } from '../data/pictures/preprocess.ts';
import { ClipError } from '../errors.ts';
import type { CLIPConfig } from '../model/config.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import type { Part } from './keys.ts';
import { memoryTensor, type Recording } from './recording.ts';
import type { RunInMemory, Subject } from './run.ts';

/** Decodes a picture file; readers of files differ between Node and browsers. */
export type DecodePicture = (bytes: Uint8Array, name: string) => Promise<Picture>;

/** Adds what a recording's sources become; an error in one of them is the reason why its results are missing. */
export async function recordSources(
  run: RunInMemory,
  { model: { config }, tokenizer }: Subject,
  recording: Recording,
  wanted: ReadonlySet<Part>,
  decode?: DecodePicture,
): Promise<void> {
  for (const source of recording.tensors.values()) {
    const [, kind, number = ''] = /^source\.(text$|picture\.)(.*)$/.exec(source.name) ?? [];
    try {
      if (kind === 'text' && wanted.has('tokens')) {
        run.keep(await recordTokens(source, tokenizer, config.context_length));
      } else if (kind === 'picture.' && wanted.has('pixels') && decode) {
        run.keep(...(await recordPixels(source, number, decode, config)));
      }
    } catch (error) {
      if (!(error instanceof ClipError)) throw error;
      const without =
        kind === 'text' ? ['expect.tokens'] : [`expect.pixels.${number}`, `expect.image.${number}`];
      run.miss((key) => without.includes(key), error.message);
    }
  }
  const ofPicture = (key: string): boolean => /^expect\.(pixels|image)\./.test(key);
  if (!decode) run.miss(ofPicture, 'no decoder of picture files was given');
  run.miss(ofPicture, 'needs the source.picture of its number, which the recording lacks');
  run.miss((key) => key === 'expect.tokens', 'needs source.text, which the recording lacks');
}

/** `source.text`, a JSON array of strings → `expect.tokens`, int64 [M, L]. */
async function recordTokens(
  source: StoredTensor,
  tokenizer: Tokenizer,
  contextLength: number,
): Promise<StoredTensor> {
  const rows = tokenizer.tokenize(parseTexts(await source.readBytes()), contextLength);
  const ids = rows.flatMap((row) => Array.from(row, BigInt));
  return memoryTensor('expect.tokens', 'I64', [rows.length, contextLength], BigInt64Array.from(ids));
}

function parseTexts(bytes: Uint8Array): string[] {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    value = undefined;
  }
  if (Array.isArray(value) && value.every((text): text is string => typeof text === 'string')) return value;
  throw new ClipError('source.text', { expected: 'a JSON array of strings in UTF-8', got: 'something else' });
}

/** `source.picture.<i>` → `expect.pixels.<i>`, uint8 [R, R, 3], and `expect.image.<i>`, float32 [3, R, R]. */
async function recordPixels(
  source: StoredTensor,
  number: string,
  decode: DecodePicture,
  config: CLIPConfig,
): Promise<StoredTensor[]> {
  const size = config.image_resolution;
  const pixels = cropPicture(await decode(await source.readBytes(), source.name), size);
  return [
    memoryTensor(`expect.pixels.${number}`, 'U8', [size, size, 3], pixels),
    memoryTensor(`expect.image.${number}`, 'F32', [3, size, size], normalize(pixels, size * size, config)),
  ];
}
