// The files that Hugging Face keeps beside its CLIP models for the tokenizer, written from the merges.
import { Vocabulary } from '../src/tokenizer/vocabulary.ts';

/** `merges`: pairs of symbols. */
export function huggingFaceFiles(merges: string[]): { tokenizer: object; config: object } {
  const vocabulary = new Vocabulary(merges);
  const [startId, endId] = [vocabulary.size - 2, vocabulary.size - 1];
  const vocab: Record<string, number> = {};
  for (let id = 0; id < vocabulary.size; id++) vocab[vocabulary.entry(id)!] = id;
  const special = (id: number) => ({
    id,
    content: vocabulary.entry(id)!,
    single_word: false,
    lstrip: false,
    rstrip: false,
    normalized: true,
    special: true,
  });
  const start = ['<|startoftext|>', startId] as const;
  const end = ['<|endoftext|>', endId] as const;
  const tokenizer = {
    version: '1.0',
    truncation: null,
    padding: null,
    added_tokens: [special(startId), special(endId)],
    normalizer: {
      type: 'Sequence',
      normalizers: [
        { type: 'NFC' },
        { type: 'Replace', pattern: { Regex: '\\s+' }, content: ' ' },
        { type: 'Lowercase' },
      ],
    },
    pre_tokenizer: {
      type: 'Sequence',
      pretokenizers: [
        {
          type: 'Split',
          behavior: 'Removed',
          invert: true,
          pattern: { Regex: "'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+" },
        },
        { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true },
      ],
    },
    post_processor: {
      type: 'RobertaProcessing',
      sep: end,
      cls: start,
      trim_offsets: false,
      add_prefix_space: false,
    },
    decoder: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: true },
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: end[0],
      continuing_subword_prefix: '',
      end_of_word_suffix: '</w>',
      fuse_unk: false,
      vocab,
      merges,
    },
  };
  const config = {
    tokenizer_class: 'CLIPTokenizer',
    model_max_length: 77,
    do_lower_case: true,
    errors: 'replace',
    bos_token: start[0],
    eos_token: end[0],
    pad_token: end[0],
    unk_token: end[0],
  };
  return { tokenizer, config };
}
