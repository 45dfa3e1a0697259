/** Servers that only this machine can reach. */
import { once } from 'node:events';
import { chmod } from 'node:fs/promises';
import type { Server } from 'node:net';
import { EnvironmentError } from '../../errors.ts';

/** Starts `server` on a free port of 127.0.0.1 and gives the port. */
export async function listenOnLoopback(server: Server): Promise<number> {
  server.listen({ host: '127.0.0.1', port: 0, exclusive: true });
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The loopback server has no port.');
  return address.port;
}

/** The longest path that the address of a socket can hold is 107 octets on Linux, 103 elsewhere. */
const MAX_SOCKET_PATH = 103;

/**
 * Starts `server` on a socket that this user alone can open, and gives its path.
 * @throws {EnvironmentError} when the path is too long.
 */
export async function listenOnSocket(server: Server, path: string): Promise<string> {
  if (Buffer.byteLength(path) > MAX_SOCKET_PATH) {
    throw new EnvironmentError(
      'socket-path',
      `The path of a socket, ${path}, is longer than the system allows.`,
      'Set TMPDIR to a folder with a shorter path.',
    );
  }
  server.listen({ path });
  await once(server, 'listening');
  await chmod(path, 0o600);
  return path;
}

/** Ends a server; resolves when it no longer listens. Its connections must have been ended by the caller. */
export async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return;
  await new Promise<void>((resolve) => {
    server.close(() => {
      resolve();
    });
  });
}
