// What the tests of captions share: PyTorch's decoder, and a vocabulary of five words.
import { releaseModel } from '../../../src/checkpoint/state-dict.ts';
import type { Checkpoint } from '../../../src/checkpoint/stored-tensor.ts';
import { CaptionDecoder, type DecoderConfig } from '../../../src/tasks/caption/decoder.ts';
import { CaptionVocabulary } from '../../../src/tasks/caption/vocabulary.ts';
import { Tokenizer } from '../../../src/tokenizer/tokenizer.ts';
import { openFixture, recorded } from '../../support.ts';

/** As scripts/record_caption.py has it. */
export const CONFIG: DecoderConfig = {
  embed_dim: 6,
  prefix_length: 2,
  context_length: 5,
  vocab_size: 7,
  width: 8,
  layers: 2,
  heads: 2,
};

/** Five words, rows 0 … 4; start and end of text are 5 and 6. */
export function fiveWords(): CaptionVocabulary {
  return CaptionVocabulary.of(new Tokenizer(), ['red star', 'blue circle big']);
}

/** PyTorch's recording, and the decoder with its weights. */
export async function recordedDecoder(): Promise<{ recording: Checkpoint; decoder: CaptionDecoder }> {
  const recording = await openFixture('caption-decoder.safetensors');
  const decoder = new CaptionDecoder(CONFIG);
  for (const [name, parameter] of decoder.namedParameters()) {
    const value = await recorded(recording, `param.${name}`);
    parameter.assign(value);
    value.dispose();
  }
  return { recording, decoder };
}

export { releaseModel };
