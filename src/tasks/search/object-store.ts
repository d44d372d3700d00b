// An object store that many machines read: how long a silent one is asked, and what its failures come down to. LanceDB gives
// them as its core prints them, with the request, its retries and the store's XML.

/** Options of a first question to a store, which LanceDB asks six times: half a minute, where its own would be twelve. */
export const FIRST_QUESTION: Readonly<Record<string, string>> = { timeout: '5s', client_max_retries: '0' };

/**
 * Options of all that follows. A request that has gone unanswered for its 30 s is asked no more, where it would be sixteen
 * times; one that fails sooner (a reset, 503) is.
 */
export const LATER_QUESTIONS: Readonly<Record<string, string>> = { client_retry_timeout: '20' };

export interface StoreFailure {
  got: string;
  hint?: string;
}

const KEYS = 'AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY name who asks';
const ENDPOINT = 'is AWS_ENDPOINT right, and is the store there?';

/** What to do about a code of S3. */
const HINTS: Readonly<Record<string, string>> = {
  NoSuchBucket: 'make the bucket first',
  InvalidAccessKeyId: KEYS,
  SignatureDoesNotMatch: KEYS,
  AccessDenied: KEYS,
  PermanentRedirect: 'AWS_REGION says where the bucket is',
  AuthorizationHeaderMalformed: 'AWS_REGION says where the bucket is',
};

/** What a message of LanceDB's core about a request says to people; undefined where it is about something else. */
export function storeFailure(message: string): StoreFailure | undefined {
  if (/failed to get aws credentials|CredentialsNotLoaded/i.test(message))
    return { got: 'no credentials', hint: KEYS };
  if (/commit conflict|incompatible with concurrent/i.test(message))
    return { got: 'another process writing to it', hint: 'one at a time; the same command goes on' };
  const [, host] = /(https?:\/\/[^/\s)]+)\//.exec(message) ?? [];
  if (host === undefined) return undefined;
  const at = ` from ${host}`;
  const [, code] = /<Code>(\w+)<\/Code>/.exec(message) ?? [];
  if (code !== undefined) {
    const [, said = code] = /<Message>([^<]+)<\/Message>/.exec(message) ?? [];
    return { got: `"${said}" (${code})${at}`, ...(HINTS[code] && { hint: HINTS[code] }) };
  }
  const [, status] = /(?:status(?: code)?:? )(\d{3})\b/.exec(message) ?? [];
  if (status !== undefined)
    return { got: `status ${status}${at}`, ...(/40[13]/.test(status) && { hint: KEYS }) };
  if (/BadScheme/.test(message)) return { got: host, hint: 'AWS_ALLOW_HTTP=true allows http' };
  if (/kind: Timeout|timed ?out/i.test(message)) return { got: `no answer${at}`, hint: ENDPOINT };
  const [, reason] = /kind: Connect\b.*?(?:message|error): "([^"]+)"/.exec(message) ?? [];
  const [, cause = reason] = /Caused by: ([^:\n]+) \(os error \d+\)/.exec(message) ?? [];
  if (cause !== undefined || /error sending request/.test(message))
    return { got: cause === undefined ? `no answer${at}` : `"${cause}"${at}`, hint: ENDPOINT };
  return undefined;
}
