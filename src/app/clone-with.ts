/** A clone by a token that git never sees: the door adds it to requests for that one repository. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Walls } from '../engine/gate.ts';
import { startDoor } from '../run/network/door.ts';
import { cloneCommit, type Clone, type CloneRequest } from '../workspace/clone.ts';

export interface CloneWith extends Omit<CloneRequest, 'run' | 'pass'> {
  /** An installation token. */
  readonly token: string;
  readonly walls: Walls;
}

/**
 * @throws {EnvironmentError} `clone-failed`.
 * @throws {CancelledError}
 */
export async function cloneWith({ token, walls, ...request }: CloneWith): Promise<Clone> {
  const { hostname, port, protocol, pathname } = new URL(request.url);
  const host = port === '' && protocol === 'https:' ? hostname : `${hostname}:${port === '' ? '80' : port}`;
  const folder = await mkdtemp(join(tmpdir(), `relock-${process.pid}-door-`));
  try {
    const door = await startDoor({
      listen:
        walls.kind === 'sandbox' ? { kind: 'socket', folder: join(folder, 'door') } : { kind: 'loopback' },
      credentials: [{ host, path: pathname, owner: '*', username: 'x-access-token', password: token }],
      environment: request.environment,
      cooldown: null,
      cache: null,
    });
    try {
      const reach = { indexes: [], hosts: [host], privateHosts: [host] };
      const { environment } = door.client('clone', reach);
      const pass = { environment, readable: [door.bundle], socket: door.socket };
      return await cloneCommit({ ...request, run: walls.run, pass });
    } finally {
      await door.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
