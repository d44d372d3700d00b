// Why a file does not come, sorted by what helps: asking again, a network, or nothing.

/** Asking again may help: a connection that broke, a server that is busy. */
export class Interrupted extends Error {}

/** No way to the server. Asking again helps only where there has been one. */
export class Unreachable extends Interrupted {}

/** Asking again will not help. `hint` where something else does. */
export class Refused extends Error {
  readonly hint: string | undefined;

  constructor(message: string, hint?: string) {
    super(message);
    this.hint = hint;
  }
}

const UNREACHABLE: ReadonlyMap<string, string> = new Map([
  ['ENOTFOUND', 'there is no such server, or no network'],
  ['EAI_AGAIN', 'the server’s name cannot be looked up: is there a network?'],
  ['ECONNREFUSED', 'the connection is refused'],
  ['ENETUNREACH', 'there is no network'],
  ['ENETDOWN', 'there is no network'],
  ['EHOSTUNREACH', 'there is no way to the server'],
  ['ETIMEDOUT', 'the server does not answer'],
  ['UND_ERR_CONNECT_TIMEOUT', 'the server does not answer'],
]);

const CERTIFICATE = /^(CERT_|ERR_TLS_|SELF_SIGNED_|DEPTH_ZERO_|UNABLE_TO_)/;
const PROXY_ANSWER = /Proxy response \((\d+)\)|Proxy Authentication Required \((407)\)/;

/** What an error of the connection means. */
export function understand(error: unknown): Error {
  if (error instanceof Interrupted || error instanceof Refused) return error;
  const { code, message } = innermost(error);
  const status = PROXY_ANSWER.exec(message)?.slice(1).find(Boolean);
  if (status === '407') {
    return new Refused('the proxy wants a user and a password', 'HTTPS_PROXY=http://USER:PASSWORD@HOST:PORT');
  }
  if (status) return new Unreachable(`the proxy answers ${status}`);
  const known = UNREACHABLE.get(code);
  if (known) return new Unreachable(`${known} (${code})`);
  if (CERTIFICATE.test(code)) {
    return new Refused(
      `the server's certificate is not trusted (${code})`,
      'behind a proxy that signs for it, NODE_EXTRA_CA_CERTS names the proxy’s certificate',
    );
  }
  if (code === 'UND_ERR_BODY_TIMEOUT') return new Interrupted('nothing more came');
  return new Interrupted(`the connection broke: ${message}`);
}

/** The error that started it: where several addresses were tried, the first one's. */
function innermost(error: unknown): { code: string; message: string } {
  const { errors, cause, code, message } = error as AggregateError & { code?: string };
  if (errors?.length) return innermost(errors[0]);
  if (!code && cause instanceof Error) return innermost(cause);
  return { code: code ?? '', message: message ?? String(error) };
}
