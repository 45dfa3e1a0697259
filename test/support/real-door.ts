/** The one door to the network, open on loopback for one test: real lockers see the index through it. */
import { onTestFinished } from 'vitest';
import { PUBLIC_INDEX } from '../../src/locks/public-index.ts';
import { startDoor } from '../../src/run/network/door.ts';
import { folder } from './folder.ts';

export interface DoorGiven {
  /** As `Facts.cutoff`. */
  readonly cutoff: string;
  /** An index on this machine in place of the public one: base URL, no trailing slash. */
  readonly mirror?: string;
}

/** @returns what a locker's environment needs, over everything else, until the test has ended. */
export async function doorEnvironment({
  cutoff,
  mirror,
}: DoorGiven): Promise<Readonly<Record<string, string>>> {
  const door = await startDoor({
    listen: { kind: 'loopback' },
    credentials: [],
    environment: process.env,
    cooldown: { cutoff, exempt: [] },
    cache: null,
  });
  onTestFinished(() => door.close());
  const client = door.client('a test', {
    indexes: [mirror ?? PUBLIC_INDEX],
    hosts: [],
    privateHosts: mirror === undefined ? [] : [new URL(mirror).host],
  });
  return client.environment;
}

/** The same for uv, which takes pages from its cache for ten minutes: those that it asked for past the door show everything. */
export async function doorForUv(given: DoorGiven): Promise<Readonly<Record<string, string>>> {
  return { ...(await doorEnvironment(given)), UV_CACHE_DIR: folder() };
}
