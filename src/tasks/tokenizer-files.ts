// A vocabulary in the files of Hugging Face's CLIPTokenizer: vocab.json, merges.txt, tokenizer_config.json.
import { Tokenizer } from '../tokenizer/tokenizer.ts';
import { END_OF_TEXT, START_OF_TEXT, type Vocabulary } from '../tokenizer/vocabulary.ts';

/** How many ids OpenAI's vocabulary has. */
export const OPENAI_SIZE = 49408;

/** merges.txt: a first line that every reader skips, then one merge a line. */
export function mergesFile(merges: readonly string[]): string {
  return `#version: 0.2\n${merges.join('\n')}\n`;
}

/** The text of merges.txt for a vocabulary that is not the beginning of OpenAI's; undefined for one that is. */
export function ownMergesFile({ merges, size }: Vocabulary): string | undefined {
  const openai = new Tokenizer({ vocabSize: Math.min(size, OPENAI_SIZE) }).vocabulary.merges;
  return merges.some((line, i) => line !== openai[i]) ? mergesFile(merges) : undefined;
}

/** Each file's name and text. */
export function hfTokenizerFiles(
  vocabulary: Vocabulary,
  contextLength: number,
): [name: string, text: string][] {
  const ids = Array.from({ length: vocabulary.size }, (_, id) => {
    return `${JSON.stringify(vocabulary.entry(id))}: ${id}`; // by hand: an object would move '0' to its front
  });
  const special = {
    bos_token: START_OF_TEXT,
    eos_token: END_OF_TEXT,
    pad_token: END_OF_TEXT,
    unk_token: END_OF_TEXT,
  };
  const config = {
    tokenizer_class: 'CLIPTokenizer',
    model_max_length: contextLength,
    do_lower_case: true,
    ...special,
  };
  return [
    ['vocab.json', `{${ids.join(', ')}}\n`],
    ['merges.txt', mergesFile(vocabulary.merges)],
    ['tokenizer_config.json', `${JSON.stringify(config, null, 2)}\n`],
    ['special_tokens_map.json', `${JSON.stringify(special, null, 2)}\n`],
  ];
}
