// What a server's answer to "the bytes from here on, please" says, before any of them is read.
import { Interrupted, Refused } from './failure.ts';

export interface Reply {
  /** The bytes that follow begin here in the file; undefined where a part is sent and nobody says which. */
  start: number | undefined;
  /** … and end before this one, as far as that is said. */
  end: number | undefined;
  /** The whole file's bytes, as far as they are said. */
  total: number | undefined;
  /** Whether the end of what follows can be told from a connection that broke. */
  hasEnd: boolean;
}

export type Headers = Record<string, string | string[] | undefined>;

const TRY_AGAIN = [408, 425, 429];

/** Undefined: there are no bytes where they were asked for. Throws Interrupted or Refused. */
export function readReply(status: number, headers: Headers): Reply | undefined {
  if (status === 416) return undefined;
  if (status === 200) {
    if (/^text\/html/i.test(first(headers['content-type']) ?? '')) {
      throw new Refused('the server sends a web page', 'is there a network that wants a login first?');
    }
    const total = wholeNumber(first(headers['content-length']));
    return { start: 0, end: total, total, hasEnd: total !== undefined || isChunked(headers) };
  }
  if (status === 206) {
    const range = /^bytes (\d+)-(\d+)\/(\d+|\*)$/.exec(first(headers['content-range']) ?? '');
    if (!range) return { start: undefined, end: undefined, total: undefined, hasEnd: false };
    const [start, last, total] = range.slice(1).map((text) => wholeNumber(text));
    return { start, end: last! + 1, total, hasEnd: true };
  }
  if (status >= 500 || TRY_AGAIN.includes(status)) throw new Interrupted(`the server answers ${status}`);
  throw new Refused(`the server answers ${status}`);
}

/** The next address of a redirection. Throws Refused unless it is one to follow. */
export function nextAddress(from: URL, location: string | undefined): URL {
  const next = location === undefined || !URL.canParse(location, from) ? undefined : new URL(location, from);
  const isWeb = next?.protocol === 'https:' || next?.protocol === 'http:';
  if (!next || !isWeb) throw new Refused(`the server redirects to ${location ?? 'nowhere'}`);
  if (from.protocol === 'https:' && next.protocol === 'http:') {
    throw new Refused(`the server redirects to ${next.href}, which is not encrypted`);
  }
  return next;
}

export function first(value: string | string[] | undefined): string | undefined {
  return Array.isArray(value) ? value[0] : value;
}

function isChunked(headers: Headers): boolean {
  return /\bchunked\b/i.test(first(headers['transfer-encoding']) ?? '');
}

/** `*`, and what is no number, is undefined. */
function wholeNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number(text) : undefined;
}
