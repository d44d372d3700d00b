// clip-tfjs tokenize: texts to the ids CLIP reads.
import type { Command } from 'commander';
import { chunksOf } from '../data/bytes/byte-source.ts';
import { openFile } from '../data/bytes/file-source.node.ts';
import { ClipError } from '../errors.ts';
import type { Tokenizer } from '../tokenizer/tokenizer.ts';
import { note, printJson, printLine, UsageError } from './terminal.ts';

const CONTEXT_LENGTH = 77; // of all of OpenAI's models

interface Options {
  input?: string;
  model?: string;
  showWork?: boolean;
  json?: boolean;
}

export function registerTokenize(program: Command): void {
  program
    .command('tokenize')
    .summary('texts to token ids')
    .description('Token ids of each text, start and end included, not padded and never cut.')
    .argument('[text...]')
    .option('--input <file.jsonl>', 'texts from a file, each line one JSON string')
    .option('--model <name|path>', "use this model's vocabulary instead of OpenAI's")
    .option('--show-work', 'print every stage: cleaning, words, byte pairs')
    .option('--json', 'print one JSON array a text')
    .addHelpText(
      'after',
      `
Examples:
  clip-tfjs tokenize "a photo of a cat"
  clip-tfjs tokenize "&lt;Caf\u00e9&gt;" --show-work`,
    )
    .action(run);
}

async function run(texts: string[], options: Options): Promise<void> {
  if (texts.length > 0 === (options.input !== undefined))
    throw new UsageError('expected either texts or --input FILE');
  const { Tokenizer } = await import('../tokenizer/tokenizer.ts');
  let contextLength = CONTEXT_LENGTH;
  let tokenizer: Tokenizer;
  if (options.model) {
    const { withModel } = await import('../tasks/load.node.ts');
    tokenizer = await withModel(options.model, {}, async ({ config }, { merges }) => {
      contextLength = config.context_length;
      return new Tokenizer({ vocabSize: config.vocab_size, merges });
    });
  } else {
    tokenizer = new Tokenizer();
  }

  for await (const text of options.input ? readJsonLines(options.input) : texts) {
    if (options.showWork) {
      if (options.json) printJson(tokenizer.showWork(text));
      else printWork(tokenizer, text);
      continue;
    }
    const ids = [tokenizer.startOfText, ...tokenizer.encode(text), tokenizer.endOfText];
    if (ids.length > contextLength) {
      note(`${ids.length} tokens, ${contextLength} fit the model: ${JSON.stringify(text.slice(0, 60))}`);
    }
    if (options.json) printJson(ids);
    else printLine(ids.join(' '));
  }
}

async function* readJsonLines(path: string): AsyncGenerator<string> {
  let number = 0;
  for await (const line of linesOf(path)) {
    number += 1;
    if (line.trim() === '') continue;
    let text: unknown;
    try {
      text = JSON.parse(line);
    } catch {
      // told below
    }
    if (typeof text !== 'string') {
      throw new ClipError(`${path}, line ${number}`, { expected: 'one JSON string', got: line.slice(0, 40) });
    }
    yield text;
  }
}

/** A UTF-8 file's lines. Only a line feed ends one: node:readline also takes U+2028, which a JSON string may hold. */
async function* linesOf(path: string): AsyncGenerator<string> {
  const file = await openFile(path);
  const decoder = new TextDecoder('utf-8', { fatal: true }); // drops a byte order mark
  let rest = '';
  try {
    for await (const chunk of chunksOf(file)) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split('\n');
      rest = lines.pop()!;
      yield* lines;
    }
  } finally {
    await file.close();
  }
  yield rest + decoder.decode();
}

/** Every stage for reading: the text as it is cleaned, then each word with its merges and ids. */
function printWork(tokenizer: Tokenizer, text: string): void {
  const { raw, cleaning, words, ids } = tokenizer.showWork(text);
  const stages = [{ step: 'text', text: raw }, ...cleaning];
  const width = Math.max(...stages.map(({ step }) => step.length));
  for (const stage of stages) printLine(`${stage.step.padEnd(width)}  ${JSON.stringify(stage.text)}`);
  for (const { word, symbols, merges, tokens, ids } of words) {
    printLine(`\n${JSON.stringify(word)}`);
    printLine(`  bytes   ${symbols.join(' ')}`);
    for (const { left, right, rank } of merges) printLine(`  merge   ${left} + ${right}  (number ${rank})`);
    printLine(`  tokens  ${tokens.map((token, i) => `${token} = ${ids[i]}`).join(', ')}`);
  }
  printLine(`\nids  ${[tokenizer.startOfText, ...ids, tokenizer.endOfText].join(' ')}`);
}
