// text → the text that is split into words. Stands beside basic_clean and whitespace_clean of OpenAI's
// simple_tokenizer.py, and the lower() that follows them.
import type { Trace } from './ftfy/fix-encoding.ts';
import { fixText } from './ftfy/fix-text.ts';
import { unescapeHtml } from './html.ts';
import { lower } from './lower.ts';
import { SPACES } from './unicode.generated.ts';

const SPACE_RUN = new RegExp(`[${SPACES}]+`, 'g');
// str.strip() also takes four separators that the module `regex` does not call white space.
const STRIPPED = new RegExp(`[${SPACES}\\x1c-\\x1f]`);

/** `text` as OpenAI's tokenizer sees it; `trace` hears of each step that changed it, in order. */
export function clean(text: string, trace?: Trace): string {
  let current = text;
  const tell = (step: string, now: string) => {
    if (now !== current) trace?.(step, now);
    current = now;
  };
  // Printable ASCII without "&" is what most captions are; none of ftfy's steps can change it.
  if (!/^[ -%'-~]*$/.test(text)) {
    current = fixText(text, trace);
    tell('unescape HTML', unescapeHtml(current));
    tell('unescape HTML again', unescapeHtml(current));
  }
  tell('strip', strip(current));
  tell('one space for each run of white space', current.replace(SPACE_RUN, ' '));
  tell('strip again', strip(current));
  tell('lower case', lower(current));
  return current;
}

/** Python's str.strip(). A loop, because `\s+$` takes quadratic time on long runs inside the text. */
function strip(text: string): string {
  let start = 0;
  let end = text.length;
  while (start < end && STRIPPED.test(text[start]!)) start++;
  while (end > start && STRIPPED.test(text[end - 1]!)) end--;
  return text.slice(start, end);
}
