/** Servers that only this machine can reach. */
import type { Server } from 'node:net';
import { once } from 'node:events';

/** Starts `server` on a free port of 127.0.0.1 and gives the port. */
export async function listenOnLoopback(server: Server): Promise<number> {
  server.listen({ host: '127.0.0.1', port: 0, exclusive: true });
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The loopback server has no port.');
  return address.port;
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
