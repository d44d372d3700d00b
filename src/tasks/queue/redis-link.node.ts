// A Redis that is there at the start, may be gone for a while, and is then given up after a time that was said: what whoever
// works with it hears is one line when it goes and one when it is back.
import type { ConnectionOptions } from 'bullmq';
import type { Redis, RedisOptions } from 'ioredis';
import { ClipError } from '../../errors.ts';
import { type Bull, importBull } from './bull.node.ts';
import { type RedisAddress, redisAddress } from './redis-address.ts';

export interface LinkOptions {
  /** Seconds for which a Redis that was there may be gone. */
  wait: number;
  onNote: (note: string) => void;
}

/** What BullMQ asks for: the blocking pop with a fraction of a second. */
const OLDEST = '6.2';
/** Milliseconds. */
const CONNECT = 5000;
const AGAIN = 500;
const BEAT = 2000;
/** A reply may take so long; a blocking command of BullMQ's waits for 10 s at most. */
const SILENCE = 30_000;

export class RedisLink {
  readonly bull: Bull;
  /** What it is called in messages: no password in it. */
  readonly name: string;
  /** For BullMQ: its connections come back by themselves, and their commands wait for that. */
  readonly connection: ConnectionOptions;
  /** For a command or two beside BullMQ's. */
  readonly redis: Redis;
  /** Rejects once it has been gone for too long, or `fail` was called; never resolves. */
  readonly lost: Promise<never>;
  /** Ends whoever waits for `lost`. */
  fail!: (error: Error) => void;
  readonly #back: (() => void)[] = [];
  readonly #beat: NodeJS.Timeout;
  #patience: NodeJS.Timeout | undefined;

  /** Throws ClipError for a wrong address, one that is not answered, a wrong password, and a Redis that is too old. */
  static async open(url: string, options: LinkOptions): Promise<RedisLink> {
    const address = redisAddress(url);
    const bull = await importBull();
    await checkServer(bull, address);
    return new RedisLink(bull, address, options);
  }

  private constructor(bull: Bull, address: RedisAddress, { wait, onNote }: LinkOptions) {
    this.bull = bull;
    this.name = address.name;
    const options: RedisOptions = {
      ...optionsOf(address),
      retryStrategy: () => AGAIN,
      maxRetriesPerRequest: null,
      socketTimeout: SILENCE,
    };
    this.connection = options as ConnectionOptions; // BullMQ's type is its own
    this.lost = new Promise((_, reject) => {
      this.fail = reject;
    });
    this.lost.catch(() => {}); // nobody may be waiting for it
    this.redis = new bull.ioredis.Redis(options);
    this.redis.on('error', () => {}); // each try has one; `close` follows
    this.redis.on('close', () => {
      if (this.#patience) return;
      onNote(`${this.name} is gone: waiting for it, ${wait} s at most`);
      this.#patience = setTimeout(() => {
        this.fail(
          new ClipError(`${this.name} has been gone for ${wait} s`, {
            hint: 'what is done is kept: the same command goes on when it is back',
          }),
        );
      }, 1000 * wait);
    });
    this.redis.on('ready', () => {
      if (!this.#patience) return;
      clearTimeout(this.#patience);
      this.#patience = undefined;
      onNote(`${this.name} is back`);
      for (const listener of this.#back) listener();
    });
    // A machine that is switched off closes nothing: its silence has to be noticed.
    this.#beat = setInterval(() => {
      if (this.redis.status !== 'ready') return;
      const silent = setTimeout(() => this.redis.disconnect(true), CONNECT);
      this.redis.ping().then(
        () => clearTimeout(silent),
        () => clearTimeout(silent),
      );
    }, BEAT);
  }

  /** Calls `listener` whenever it is back. What it kept in memory only may then be lost. */
  onBack(listener: () => void): void {
    this.#back.push(listener);
  }

  close(): void {
    clearInterval(this.#beat);
    this.redis.removeAllListeners('close');
    if (this.#patience) clearTimeout(this.#patience);
    this.redis.disconnect();
  }
}

function optionsOf({ host, port, db, username, password, encrypted }: RedisAddress): RedisOptions {
  return {
    host,
    port,
    db,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(encrypted && { tls: {} }),
    connectTimeout: CONNECT,
  };
}

/** One connection, one try: whoever mistyped an address should hear it at once. */
async function checkServer({ ioredis }: Bull, address: RedisAddress): Promise<void> {
  const redis = new ioredis.Redis({
    ...optionsOf(address),
    lazyConnect: true,
    retryStrategy: () => null,
    maxRetriesPerRequest: 0,
    enableReadyCheck: false,
  });
  let failed: Error | undefined;
  redis.on('error', (error) => {
    failed ??= error; // what `connect` rejects with says less
  });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer')), 2 * CONNECT);
  });
  const info = redis.connect().then(() => redis.info());
  info.catch(() => {}); // after `late` nobody waits for it
  try {
    const told = await Promise.race([info, late]);
    const version = /^redis_version:(\S+)/m.exec(told)?.[1] ?? 'none';
    if (isOlder(version, OLDEST)) {
      throw new ClipError(`${address.name} is too old`, { expected: `${OLDEST} or later`, got: version });
    }
    const policy = /^maxmemory_policy:(\S+)/m.exec(told)?.[1];
    if (policy !== undefined && policy !== 'noeviction') {
      throw new ClipError(`${address.name} throws entries away when its memory is full`, {
        expected: 'maxmemory-policy noeviction',
        got: policy,
      });
    }
    if (/^role:slave/m.test(told)) {
      throw new ClipError(`${address.name} is a replica, which takes no jobs`, { hint: 'give its primary' });
    }
  } catch (error) {
    if (error instanceof ClipError) throw error;
    throw cannotUse(address, failed ?? (error as Error));
  } finally {
    clearTimeout(timer);
    redis.disconnect();
  }
}

function isOlder(version: string, than: string): boolean {
  const [[a = 0, b = 0], [c = 0, d = 0]] = [version, than].map((text) => text.split('.').map(Number)) as [
    number[],
    number[],
  ];
  return !(a > c || (a === c && b >= d));
}

function cannotUse({ name, host, password }: RedisAddress, error: Error): ClipError {
  const { code, message } = error as NodeJS.ErrnoException;
  const refused = /WRONGPASS|NOAUTH|invalid password|without any password/i.test(message);
  if (refused) {
    const got = password === undefined ? 'none' : 'one that it refuses';
    const hint = 'redis://:PASSWORD@HOST:PORT, or redis://USER:PASSWORD@HOST:PORT';
    return new ClipError(`${name} wants a password`, { expected: 'its own', got, hint }, { cause: error });
  }
  const reasons: Record<string, string> = {
    ECONNREFUSED: 'connection refused',
    ENOTFOUND: `no machine called ${host}`,
    EAI_AGAIN: `no machine called ${host}`,
    ETIMEDOUT: 'no answer',
  };
  const got = /Protocol error|RESP type/.test(message)
    ? 'a server that speaks something else'
    : (reasons[code ?? ''] ?? (message === '' ? (code ?? 'no answer') : message));
  return new ClipError(
    `no ${name}`,
    { got, hint: 'is it running, and is the address right?' },
    { cause: error },
  );
}
