// A request's JSON → what it asks for, held to the limits before anything is computed. Every field is named here: one that
// is not is refused, not passed over, since whoever sends a "url" or a "path" would wait in vain for it to be read.
import { checkLabels, checkTemplates, DEFAULT_TEMPLATE } from '../tasks/prompts.ts';
import type { Limits } from './limits.ts';
import { Refusal, refusing } from './refusal.ts';

export interface EmbedRequest {
  texts: string[] | undefined;
  pictures: Uint8Array[] | undefined;
  truncate: boolean;
}

export interface ClassifyRequest {
  picture: Uint8Array;
  labels: string[];
  templates: string[];
  top: number;
  truncate: boolean;
}

export interface SearchRequest {
  /** The one that was given of the two. */
  query: { text: string } | { picture: Uint8Array };
  top: number;
  /** Which rows; unless given, whatever the index searches by itself. */
  to: 'image' | 'text' | undefined;
  truncate: boolean;
}

const TOP = 5;

/** What /embed is asked for. Throws Refusal. */
export function readEmbed(body: unknown, limits: Limits): EmbedRequest {
  const fields = fieldsOf(body, ['texts', 'pictures', 'truncate']);
  const { texts, pictures } = fields;
  if (texts === undefined && pictures === undefined) {
    throw new Refusal(400, 'nothing to embed', {
      expected: '"texts", "pictures" or both',
      got: 'neither',
      hint: '{"texts": ["a red circle"]}',
    });
  }
  return {
    texts: texts === undefined ? undefined : textsOf('texts', texts, limits.texts, limits),
    pictures: pictures === undefined ? undefined : picturesOf(pictures, limits),
    truncate: truncateOf(fields),
  };
}

/** What /classify is asked for. Throws Refusal. */
export function readClassify(body: unknown, limits: Limits): ClassifyRequest {
  const fields = fieldsOf(body, ['picture', 'labels', 'templates', 'top', 'truncate']);
  const labels = textsOf('labels', needed(fields, 'labels'), limits.prompts, limits);
  const templates =
    fields.templates === undefined
      ? [DEFAULT_TEMPLATE]
      : textsOf('templates', fields.templates, limits.prompts, limits);
  atMost('labels × templates', labels.length * templates.length, limits.prompts);
  refusing(400, () => {
    checkLabels(labels);
    checkTemplates(templates);
  });
  return {
    labels,
    templates,
    picture: pictureOf('picture', needed(fields, 'picture')),
    top: countOf('top', fields.top, limits.results),
    truncate: truncateOf(fields),
  };
}

/** What /search is asked for. Throws Refusal. */
export function readSearch(body: unknown, limits: Limits): SearchRequest {
  const fields = fieldsOf(body, ['text', 'picture', 'top', 'to', 'truncate']);
  const { text, picture, to } = fields;
  if ((text === undefined) === (picture === undefined)) {
    throw new Refusal(400, 'what is searched for', {
      expected: '"text" or "picture", one of the two',
      got: text === undefined ? 'neither' : 'both',
    });
  }
  if (to !== undefined && to !== 'image' && to !== 'text') {
    const got = typeof to === 'string' ? `"${to}"` : kindOf(to);
    throw new Refusal(400, '"to"', { expected: '"image" or "text"', got });
  }
  const rest = { top: countOf('top', fields.top, limits.results), to, truncate: truncateOf(fields) } as const;
  if (picture !== undefined) return { query: { picture: pictureOf('picture', picture) }, ...rest };
  const query = textOf('text', text, limits);
  if (query.trim() === '')
    throw new Refusal(400, 'the query is empty', { expected: 'a text', got: `"${query}"` });
  return { query: { text: query }, ...rest };
}

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf(body: unknown, known: readonly string[]): Fields {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) {
    throw new Refusal(400, 'the body', { expected: 'a JSON object', got: kindOf(body) });
  }
  const unknown = Object.keys(body).find((name) => !known.includes(name));
  if (unknown !== undefined) {
    throw new Refusal(400, `"${unknown}" is no field of this request`, {
      expected: known.join(', '),
      hint: 'no path and no address is read: a picture is sent itself, as base64',
    });
  }
  return body as Fields;
}

function needed(fields: Fields, name: string): unknown {
  if (fields[name] === undefined) throw new Refusal(400, `"${name}" is missing`);
  return fields[name];
}

function truncateOf({ truncate = false }: Fields): boolean {
  if (typeof truncate === 'boolean') return truncate;
  throw new Refusal(400, '"truncate"', { expected: 'true or false', got: kindOf(truncate) });
}

function countOf(name: string, value: unknown = TOP, most: number): number {
  if (typeof value === 'number' && Number.isInteger(value) && value >= 1) {
    atMost(`"${name}"`, value, most);
    return value;
  }
  throw new Refusal(400, `"${name}"`, {
    expected: `a whole number from 1 to ${most}`,
    got: typeof value === 'number' ? value : kindOf(value),
  });
}

function textsOf(name: string, value: unknown, most: number, limits: Limits): string[] {
  const list = listOf(name, value, 'strings', most);
  return list.map((text, i) => textOf(`${name}[${i}]`, text, limits));
}

function textOf(name: string, value: unknown, { textLength }: Limits): string {
  if (typeof value !== 'string') throw new Refusal(400, name, { expected: 'a string', got: kindOf(value) });
  atMost(`${name}, its characters`, value.length, textLength);
  return value;
}

function picturesOf(value: unknown, limits: Limits): Uint8Array[] {
  const list = listOf('pictures', value, 'base64 strings', limits.pictures);
  return list.map((picture, i) => pictureOf(`pictures[${i}]`, picture));
}

function pictureOf(name: string, value: unknown): Uint8Array {
  const expected = 'a PNG, JPEG, WebP or GIF file in base64';
  if (typeof value !== 'string') throw new Refusal(400, name, { expected, got: kindOf(value) });
  if (value === '') throw new Refusal(400, name, { expected, got: 'an empty string' });
  const bytes = Buffer.from(value, 'base64');
  // Node passes over what is no base64: then fewer bytes come out than the characters stand for.
  if (bytes.length !== Math.floor((value.replace(/={1,2}$/, '').length * 3) / 4)) {
    const hint = value.startsWith('data:') ? 'leave out what is before the comma' : 'base64 -w0 picture.png';
    throw new Refusal(400, name, { expected, got: 'a string that is no base64', hint });
  }
  return bytes;
}

function listOf(name: string, value: unknown, of: string, most: number): readonly unknown[] {
  const expected = `an array of ${of}`;
  if (!Array.isArray(value)) throw new Refusal(400, `"${name}"`, { expected, got: kindOf(value) });
  if (value.length === 0) throw new Refusal(400, `"${name}"`, { expected, got: 'an empty array' });
  atMost(`"${name}", their number`, value.length, most);
  return value;
}

/** Too much of a good thing: 413, told before any of it is worked on. */
function atMost(what: string, got: number, most: number): void {
  if (got > most)
    throw new Refusal(413, what, { expected: `at most ${most}`, got, hint: 'send it in parts' });
}

function kindOf(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (value === null) return 'null';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`;
}
