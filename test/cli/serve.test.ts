// clip-tfjs serve as a process: it starts, answers and ends when it is told to; what it refuses to start with.
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, expect, test } from 'vitest';
import { commandLine, ROOT } from './run.ts';

const { folder, clip } = commandLine();
const TOKEN = '0123456789abcdef0123456789abcdef';
writeFileSync(join(folder, 'token.txt'), `${TOKEN}\n`);
chmodSync(join(folder, 'token.txt'), 0o600);
writeFileSync(join(folder, 'short.txt'), 'secret\n');
chmodSync(join(folder, 'short.txt'), 0o600);

interface Running {
  address: string;
  child: ChildProcess;
  /** Its exit status or the signal that ended it, and what it said on stderr. */
  ended: Promise<{ status: number | null; stderr: string }>;
}

const running: ChildProcess[] = [];
afterEach(() => {
  for (const child of running.splice(0)) child.kill('SIGKILL');
});

async function start(...args: string[]): Promise<Running> {
  const main = join(ROOT, 'dist/cli/main.js');
  const all = [main, 'serve', '--port', '0', '--backend', 'wasm', '--threads', '1', '--json', ...args];
  const child = spawn(process.execPath, all, {
    cwd: folder,
    env: { ...process.env, HOME: folder },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.push(child);
  let stderr = '';
  child.stderr!.setEncoding('utf8').on('data', (chunk) => {
    stderr += chunk;
  });
  const ended = new Promise<{ status: number | null; stderr: string }>((resolve) =>
    child.once('close', (status) => resolve({ status, stderr })),
  );
  const { value } = await createInterface({ input: child.stdout! })[Symbol.asyncIterator]().next();
  if (value === undefined) throw new Error((await ended).stderr);
  const said = JSON.parse(value);
  expect(said).toMatchObject({ model: 'mini', backend: 'wasm' });
  return { address: said.address, child, ended };
}

test('starts, asks for its token, answers, and ends with 0 when it is told to', async () => {
  const { address, child, ended } = await start('--token-file', 'token.txt');
  expect(address).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  const ask = (headers: Record<string, string>): Promise<Response> =>
    fetch(`${address}/embed`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: '{"texts": ["a red star"]}',
    });
  expect((await ask({})).status).toBe(401);
  const answer = await ask({ authorization: `Bearer ${TOKEN}` });
  expect(answer.status).toBe(200);
  const { texts } = (await answer.json()) as { texts: string[] };
  expect(Buffer.from(texts[0]!, 'base64')).toHaveLength(4 * 128);
  child.kill('SIGTERM');
  const { status, stderr } = await ended;
  expect(status).toBe(0);
  expect(stderr).toBe('engine: wasm\nfinishing what is under way; once more to stop at once\n');
});

test('finishes what is under way at the first signal, and ends at once at the second', async () => {
  const { address, child, ended } = await start('--batch-window', '600000');
  const asked = fetch(`${address}/embed`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: '{"texts": ["a red star"]}',
  });
  const outcome = expect(asked).rejects.toThrow();
  const waiting = async (): Promise<number> => {
    const { queue } = (await (await fetch(`${address}/health`)).json()) as { queue: { texts: number } };
    return queue.texts;
  };
  while ((await waiting()) === 0) await new Promise((resolve) => setTimeout(resolve, 10));
  child.kill('SIGINT');
  while (child.exitCode === null && (await fetch(`${address}/health`).catch(() => undefined)) !== undefined) {
    await new Promise((resolve) => setTimeout(resolve, 10)); // until it has stopped listening
  }
  expect(child.exitCode).toBe(null); // it waits for the answer that is due
  child.kill('SIGINT');
  expect((await ended).status).toBe(130);
  await outcome;
});

test('what it does not start with, each in one line', async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => {
    taken.listen(0, '127.0.0.1', () => resolve());
  });
  const { port } = taken.address() as { port: number };
  const refused = (...args: string[]): [number | null, string] => {
    const { status, stdout, stderr } = clip('serve', '--backend', 'wasm', ...args);
    expect(stdout).toBe('');
    return [status, stderr];
  };
  const [status, line] = refused('--host', '0.0.0.0');
  expect([status, line.split('\n').length]).toEqual([2, 2]);
  expect(line).toMatch(/^clip-tfjs: --host 0\.0\.0\.0 lets other machines in: give --token-file/);
  expect(refused('--port', String(port))).toEqual([
    1,
    `engine: wasm\nclip-tfjs: cannot listen on port ${port} of 127.0.0.1: got another program has it (take another --port, or 0 for any that is free)\n`,
  ]);
  expect(refused('--token-file', 'none.txt')[1]).toMatch(
    /^clip-tfjs: the token in none\.txt cannot be read: /,
  );
  expect(refused('--token-file', 'short.txt')[1]).toMatch(
    /^clip-tfjs: the token in short\.txt: expected at least 16 visible characters/,
  );
  expect(refused('--token-file', 'token.txt', '--no-token')[0]).toBe(2);
  expect(refused('--port', '70000')[0]).toBe(2);
  taken.close();
});
