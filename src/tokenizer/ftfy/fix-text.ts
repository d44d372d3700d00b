// text → text without the usual damage. Stands beside fix_text of ftfy 6.3.1 with its defaults, step for step.
import { unescapeEntities } from '../html.ts';
import { DIGITS, UNASSIGNED } from '../unicode.generated.ts';
import { c1AsWindows1252 } from './codecs.ts';
import { fixEncoding, type Trace } from './fix-encoding.ts';
import { LIGATURES } from './tables.generated.ts';

const LONGEST_SEGMENT = 1_000_000; // code points

/** ftfy.fix_text(text). Lines are fixed one by one; `trace` hears of each change, with the whole text after it. */
export function fixText(text: string, trace?: Trace): string {
  let done = '';
  let entities = true;
  for (let start = 0; start < text.length; ) {
    const end = segmentEnd(text, start);
    const segment = text.slice(start, end);
    if (segment.includes('<')) entities = false; // real HTML: from here on entities are meant as they stand
    done += fixSegment(
      segment,
      entities,
      trace && ((step, now) => trace(step, done + now + text.slice(end))),
    );
    start = end;
  }
  return done;
}

/** Where the segment that begins at `start` ends: after its line break, or after a million code points. */
function segmentEnd(text: string, start: number): number {
  const lineBreak = text.indexOf('\n', start);
  const end = lineBreak < 0 ? text.length : lineBreak + 1;
  if (end - start <= LONGEST_SEGMENT) return end;
  let position = start;
  for (let count = 0; count < LONGEST_SEGMENT && position < end; count++) {
    position += text.codePointAt(position)! > 0xffff ? 2 : 1;
  }
  return position;
}

const LIGATURE = new RegExp(`[${Object.keys(LIGATURES).join('')}]`, 'g');

const FIXERS: readonly (readonly [step: string, fix: (text: string) => string])[] = [
  ['C1 controls read as windows-1252', c1AsWindows1252],
  ['part ligatures', (text) => text.replace(LIGATURE, (c) => LIGATURES[c]!)],
  ['fix character width', fixCharacterWidth],
  [
    'straighten quotes',
    (text) => text.replace(/[\u201c-\u201f]/g, '"').replace(/[\u02bc\u2018-\u201b]/g, "'"),
  ],
  ['fix line breaks', (text) => text.replace(/\r\n|[\r\u2028\u2029\u0085]/g, '\n')],
  ['fix surrogates', (text) => text.replace(/[\ud800-\udfff]/gu, '\ufffd')],
  ['remove terminal escapes', removeTerminalEscapes],
  ['remove control characters', removeControlCharacters],
  ['NFC', normalize],
];

/** One segment, through every fixer again and again until a whole round changes nothing. */
function fixSegment(segment: string, entities: boolean, trace?: Trace): string {
  let text = segment;
  const tell = (step: string, fixed: string) => {
    if (fixed !== text) trace?.(step, fixed);
    return fixed;
  };
  for (;;) {
    const before = text;
    if (entities) text = tell('unescape HTML', unescapeEntities(text));
    text = fixEncoding(text, trace);
    for (const [step, fix] of FIXERS) text = tell(step, fix(text));
    if (text === before) return text;
  }
}

/** Full-width Latin and half-width Katakana, Hangul and signs in their usual width; so too the ideographic space. */
function fixCharacterWidth(text: string): string {
  return text.replace(/[\u3000\uff01-\uffef]/g, (c) => (c === '\u3000' ? ' ' : c.normalize('NFKC')));
}

const TERMINAL_ESCAPE = new RegExp(`\\x1b\\[[;${DIGITS}]*[a-zA-Z]`, 'gu');

function removeTerminalEscapes(text: string): string {
  return text.includes('\x1b[') ? text.replace(TERMINAL_ESCAPE, '') : text;
}

function removeControlCharacters(text: string): string {
  return text.replace(/[\x00-\x08\x0b\x0e-\x1f\x7f\u206a-\u206f\ufeff\ufff9-\ufffc]/g, '');
}

const ASSIGNED = new RegExp(`[^${UNASSIGNED}]+`, 'gu');

/** NFC of Python's Unicode version: a character it does not know is kept, and nothing is joined across it. */
function normalize(text: string): string {
  if (/^[\0-\u02ff]*$/.test(text)) return text; // no character below U+0300 changes or joins its neighbour
  return text.replace(ASSIGNED, (piece) => piece.normalize('NFC'));
}
