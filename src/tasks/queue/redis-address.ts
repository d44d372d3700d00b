// redis://[USER:PASSWORD@]HOST[:PORT][/DB] → what a connection needs, and how to name it without its password.
import { ClipError } from '../../errors.ts';

export interface RedisAddress {
  readonly host: string;
  readonly port: number;
  readonly db: number;
  readonly username: string | undefined;
  readonly password: string | undefined;
  /** Whether the connection is encrypted: rediss:// */
  readonly encrypted: boolean;
  /** For messages: never with the password. */
  readonly name: string;
}

const EXPECTED = 'redis://HOST:PORT, with /DB where it is not 0, or rediss:// for TLS';

/** Throws ClipError, which never repeats a password, for anything else. */
export function redisAddress(url: string): RedisAddress {
  const wrong = (got: string): ClipError =>
    new ClipError('the address of the queue', {
      expected: EXPECTED,
      got,
      hint: 'such as redis://127.0.0.1:6379 or redis://:PASSWORD@HOST:6379/1',
    });
  if (!/^rediss?:\/\//i.test(url)) {
    throw wrong(/^[a-z][a-z\d+.-]*:\/\//i.exec(url)?.[0] ?? 'an address without redis:// before it');
  }
  if (!URL.canParse(url)) throw wrong('an address that is none');
  const { protocol, hostname, port, username, password, pathname, search } = new URL(url);
  if (hostname === '') throw wrong('no host');
  if (search !== '') throw wrong('a question mark: no settings can be given in it');
  const db = /^\/?(\d*)$/.exec(pathname)?.[1];
  if (db === undefined) throw wrong(`${pathname} where a database's number may stand`);
  const host = hostname.replace(/^\[(.*)\]$/, '$1'); // IPv6
  const number = port === '' ? 6379 : Number(port);
  return {
    host,
    port: number,
    db: Number(db),
    username: username === '' ? undefined : decoded(username),
    password: password === '' ? undefined : decoded(password),
    encrypted: protocol === 'rediss:',
    name: `Redis at ${hostname}:${number}${Number(db) === 0 ? '' : `/${Number(db)}`}`,
  };

  function decoded(part: string): string {
    try {
      return decodeURIComponent(part);
    } catch {
      throw wrong('a name or password with a % that begins no %-code (write %25 for it)');
    }
  }
}
