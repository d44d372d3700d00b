// Binding a server to an address, and ending it.
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { ClipError } from '../errors.ts';

/** Starts to listen; gives the address as http://…. Throws ClipError where the port cannot be had. */
export async function listen(app: FastifyInstance, host: string, port: number): Promise<string> {
  try {
    await app.listen({ host, port });
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reasons: Record<string, [got: string, hint: string]> = {
      EADDRINUSE: ['another program has it', 'take another --port, or 0 for any that is free'],
      EACCES: ['no permission', "ports below 1024 are the administrator's: take another --port"],
      EADDRNOTAVAIL: [
        'no address of this machine',
        '--host 127.0.0.1 is this machine only, 0.0.0.0 all its addresses',
      ],
      ENOTFOUND: ['no such host', '--host takes an address of this machine'],
    };
    const [got, hint] = reasons[code ?? ''] ?? [message, undefined];
    throw new ClipError(`cannot listen on port ${port} of ${host}`, { got, hint }, { cause: error });
  }
  const { address, family, port: taken } = app.server.address() as AddressInfo;
  return `http://${family === 'IPv6' ? `[${address}]` : address}:${taken}`;
}

/** Takes no more requests and waits for the answers that are due, no longer than `graceMs`; then drops what is left. */
export async function closeWithin(app: FastifyInstance, graceMs: number): Promise<void> {
  const timer = setTimeout(() => app.server.closeAllConnections(), graceMs);
  await app.close().finally(() => clearTimeout(timer));
}
