/** The way of scanners' programs to their own databases, and to nothing else. */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Pass } from '../run/runner.ts';
import type { Walls } from './gate.ts';

export interface ScanDoor {
  /** @param name for the door's log. @param hosts what it may reach. */
  pass(name: string, hosts: readonly string[]): Promise<Pass>;
  close(): Promise<void>;
}

/** Opens at the first pass: most runs need none. */
export function createScanDoor(
  walls: () => Promise<Walls>,
  environment: Readonly<Record<string, string | undefined>>,
  scratch: string,
): ScanDoor {
  let opened: ReturnType<typeof open> | null = null;
  return {
    async pass(name, hosts) {
      opened ??= open(await walls(), environment, scratch);
      const { door } = await opened;
      const { environment: variables } = door.client(name, {
        indexes: [],
        hosts,
        privateHosts: [],
        cooled: false,
      });
      return { environment: variables, readable: [door.bundle], socket: door.socket };
    },
    async close() {
      const there = await opened?.catch(() => null);
      await there?.close();
    },
  };
}

async function open(
  walls: Walls,
  environment: Readonly<Record<string, string | undefined>>,
  scratch: string,
) {
  const { startDoor } = await import('../run/network/door.ts');
  const folder = await mkdtemp(join(scratch, `relock-${process.pid}-door-`));
  const remove = (): Promise<void> => rm(folder, { recursive: true, force: true, maxRetries: 3 });
  try {
    const door = await startDoor({
      listen:
        walls.kind === 'sandbox' ? { kind: 'socket', folder: join(folder, 'door') } : { kind: 'loopback' },
      // Threat: a scanner's database is nobody's business of ours, and gets no credential of ours.
      credentials: [],
      environment,
      cooldown: null,
      cache: null,
    });
    return {
      door,
      async close() {
        await door.close();
        await remove();
      },
    };
  } catch (error) {
    await remove();
    throw error;
  }
}
