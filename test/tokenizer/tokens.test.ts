// Ids of 3,600 strings, recorded from OpenAI's Python with ftfy 6.3.1 by scripts/record_tokens.py: exactly equal.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Tokenizer } from '../../src/tokenizer/tokenizer.ts';

const fixture = readFileSync(new URL('../fixtures/tokens.jsonl', import.meta.url), 'utf8');
const recorded = fixture
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as [text: string, ids: number[]]);

describe("ids equal OpenAI's Python", () => {
  const tokenizer = new Tokenizer();

  it('on every recorded string', () => {
    const different = recorded
      .map(([text, ids]) => ({ text, python: ids, ours: tokenizer.encode(text) }))
      .filter(({ python, ours }) => JSON.stringify(python) !== JSON.stringify(ours));
    expect(different).toEqual([]);
    expect(recorded.length).toBeGreaterThan(3500);
  });

  it('also when the same words come from the cache', () => {
    const again = recorded.slice(0, 500);
    expect(again.map(([text]) => tokenizer.encode(text))).toEqual(again.map(([, ids]) => ids));
  });

  it('stage by stage as well: showWork ends in the same ids', () => {
    for (const [text, ids] of recorded) {
      const work = tokenizer.showWork(text);
      expect(work.ids).toEqual(ids);
      expect(work.cleaning.at(-1)?.text ?? text).toBe(work.cleaned);
    }
  });
});
