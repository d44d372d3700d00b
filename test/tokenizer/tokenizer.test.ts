import { describe, expect, it } from 'vitest';
import { ClipError } from '../../src/errors.ts';
import { MERGES } from '../../src/tokenizer/merges.generated.ts';
import { Tokenizer, tokenize } from '../../src/tokenizer/tokenizer.ts';
import { checkMerges, mergeLines, Vocabulary } from '../../src/tokenizer/vocabulary.ts';

const tokenizer = new Tokenizer();

function complaint(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(ClipError);
    expect((error as Error).message).not.toContain('\n');
    return (error as Error).message;
  }
  throw new Error('nothing was thrown');
}

describe('tokenize', () => {
  it("gives clip.tokenize's rows", () => {
    const [row] = tokenize('Hello World!');
    expect(row).toBeInstanceOf(Int32Array);
    expect([...row!]).toEqual([49406, 3306, 1002, 256, 49407, ...new Array(72).fill(0)]);
    expect(tokenize(['a', 'b'], 5).map((ids) => ids.length)).toEqual([5, 5]);
    expect([...tokenize('', 4)[0]!]).toEqual([49406, 49407, 0, 0]);
    expect(tokenize([])).toEqual([]);
  });

  it('takes a text that just fits, and says what is too much of one that does not', () => {
    const fits = 'dog '.repeat(75);
    expect(tokenize(fits)[0]!.at(-1)).toBe(49407);
    const message = complaint(() => tokenize(['short', `${fits}zebra crossing`]));
    expect(message).toMatch(
      /^text 2 of 2 too long: expected at most 77 tokens.*, got 79 \(.*"zebra crossing"/,
    );
    expect(message).toContain('--truncate');
    expect(message).toContain('truncate: true');
  });

  it('cuts with the end of text kept', () => {
    const long = `${'dog '.repeat(75)}zebra`;
    const [cut] = tokenize(long, 77, true);
    expect([...cut!]).toEqual([49406, ...new Array(75).fill(1929), 49407]);
    expect([...tokenize(long, 1, true)[0]!]).toEqual([49407]); // as clip.tokenize does
  });

  it('refuses a context length that is none', () => {
    for (const length of [0, -1, 2.5, Number.NaN, 1e12]) {
      expect(complaint(() => tokenize('a', length))).toContain('context length');
    }
  });
});

describe('decode', () => {
  it('gives clean text back, with a space after each word', () => {
    let seed = 7;
    const random = (below: number) => {
      seed = (seed * 48271) % 2147483647;
      return seed % below;
    };
    const alphabets = ['abcdefghijklmnopqrstuvwxyz', 'éüñøßčжшщяαβγδ', '日本語写真猫犬자전거', 'شخصدراجة'];
    for (let i = 0; i < 2000; i++) {
      const words = Array.from({ length: 1 + random(6) }, () => {
        const alphabet = [...alphabets[random(alphabets.length)]!];
        return Array.from({ length: 1 + random(9) }, () => alphabet[random(alphabet.length)]).join('');
      });
      const text = words.join(' ');
      expect(tokenizer.decode(tokenizer.encode(text))).toBe(`${text} `);
    }
  });

  it('writes special tokens out, and U+FFFD for half a character', () => {
    expect(tokenizer.decode(tokenize('A dog!', 6)[0]!)).toBe('<|startoftext|>a dog ! <|endoftext|>!');
    const [first] = tokenizer.encode('𐎀');
    expect(tokenizer.decode([first!])).toBe('\ufffd');
  });

  it('refuses an id outside the vocabulary', () => {
    for (const id of [-1, 49408, 1.5, Number.NaN]) {
      expect(complaint(() => tokenizer.decode([id]))).toContain('from 0 to 49407');
    }
  });
});

describe('the vocabulary', () => {
  it("is OpenAI's unless another is given", () => {
    expect([tokenizer.vocabSize, tokenizer.startOfText, tokenizer.endOfText]).toEqual([49408, 49406, 49407]);
    const lines = mergeLines(MERGES);
    expect(lines.length).toBe(48_894);
    expect(() => checkMerges(lines)).not.toThrow();
    expect(new Tokenizer({ merges: `#version: 0.2\r\n${lines.join('\r\n')}\r\n` }).encode('a photo')).toEqual(
      tokenizer.encode('a photo'),
    );
  });

  it('has an entry for every id, all different', () => {
    const vocabulary = new Vocabulary(mergeLines(MERGES));
    const entries = Array.from({ length: vocabulary.size }, (_, id) => vocabulary.entry(id));
    expect(entries.every((entry) => entry)).toBe(true);
    expect(new Set(entries).size).toBe(49408);
    expect([entries[0], entries[512], entries[49406], entries[49407]]).toEqual([
      '!',
      'in',
      '<|startoftext|>',
      '<|endoftext|>',
    ]);
  });

  it('uses the first merges of a smaller one', () => {
    const small = new Tokenizer({ vocabSize: 516 });
    expect([small.vocabSize, small.startOfText, small.endOfText]).toEqual([516, 514, 515]);
    expect(small.showWork('thin').words[0]!.tokens).toEqual(['th', 'i', 'n</w>']);
    expect(small.encode('thin')).toEqual([513, 72, 333]);
    const bytes = new Tokenizer({ vocabSize: 514 });
    expect(bytes.encode('thin')).toEqual([83, 71, 72, 333]);
    expect(bytes.encode('<|endoftext|>')).toEqual([513]);
    expect(bytes.decode(bytes.encode('héllo 犬'))).toBe('héllo 犬 ');
  });

  it('refuses sizes and merges that cannot be', () => {
    for (const vocabSize of [0, 513, 49409, 600.5, Number.NaN]) {
      expect(complaint(() => new Tokenizer({ vocabSize }))).toContain('from 514 to 49408');
    }
    for (const merges of ['a', 'a b\na b', 'ab c', 'a b c', 'a  b', '\na b', 'a b\nab cd']) {
      expect(complaint(() => new Tokenizer({ merges }))).toMatch(/^merge \d of the vocabulary/);
    }
    expect(new Tokenizer({ merges: '' }).vocabSize).toBe(514);
  });
});

describe('long and strange texts', () => {
  it('take linear time', () => {
    const length = 100_000; // quadratic work on these would run into the time limit of the test
    for (const unit of ['a', 'ab', '日', '!', 'Σ', 'Ã', ' ', '\x1b[', '&']) {
      expect(tokenizer.encode(`x${unit.repeat(length)}y`).length).toBeGreaterThan(0);
    }
  });

  it('of over a million characters are fixed in pieces, as ftfy does', () => {
    // The break falls inside "Ã©": its two characters are then in different pieces, and stay as they are.
    const text = `${'x '.repeat(499_999)}yÃ© Ã©`;
    expect(tokenizer.decode(tokenizer.encode(text)).slice(-9)).toBe('x yã © é ');
  });

  it('and a numeric reference of more digits than Python reads', () => {
    expect(tokenizer.encode(`&#${'9'.repeat(5000)};`)).toEqual(tokenizer.encode('\ufffd'));
  });
});

describe('showWork', () => {
  it('tells every stage of one text', () => {
    const work = tokenizer.showWork('  Caf\u00c3\u00a9  &amp;lt; <|endoftext|>');
    expect(work.raw).toBe('  Caf\u00c3\u00a9  &amp;lt; <|endoftext|>');
    expect(work.cleaning).toEqual([
      { step: 'fix encoding: latin-1 read as UTF-8', text: '  Café  &amp;lt; <|endoftext|>' },
      { step: 'unescape HTML', text: '  Café  &lt; <|endoftext|>' },
      { step: 'unescape HTML again', text: '  Café  < <|endoftext|>' },
      { step: 'strip', text: 'Café  < <|endoftext|>' },
      { step: 'one space for each run of white space', text: 'Café < <|endoftext|>' },
      { step: 'lower case', text: 'café < <|endoftext|>' },
    ]);
    expect(work.words.map(({ word }) => word)).toEqual(['café', '<', '<|endoftext|>']);
    const [cafe, , end] = work.words;
    expect(cafe!.symbols).toEqual(['c', 'a', 'f', 'Ã', '©</w>']);
    expect(cafe!.merges.map(({ left, right }) => left + right).at(-1)).toBe('cafÃ©</w>');
    expect(cafe!.tokens).toEqual(['cafÃ©</w>']);
    expect(end).toEqual({
      word: '<|endoftext|>',
      symbols: ['<|endoftext|>'],
      merges: [],
      tokens: ['<|endoftext|>'],
      ids: [49407],
    });
    expect(work.ids).toEqual(work.words.flatMap(({ ids }) => ids));
  });
});
