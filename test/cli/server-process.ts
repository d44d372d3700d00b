// What the servers that tests start have in common.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** A port on which nothing listens. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

/** Ends a server and waits until it is gone. */
export async function endProcess(running: ChildProcess | undefined): Promise<void> {
  if (!running || running.exitCode !== null) return;
  const ended = once(running, 'close');
  running.kill('SIGTERM');
  await ended;
}
