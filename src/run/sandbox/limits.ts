/** How much a child in the sandbox may take, and the watch over it. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Limit } from './confined.ts';
import { createDiskWatch } from './disk-watch.ts';
import type { Namespace } from './namespace.ts';
import { createProcessWatch } from './process-watch.ts';

export interface Limits {
  /** Of all processes of one child together, with what lies in its /tmp and /dev/shm. */
  readonly memoryBytes: number;
  /** Processes and threads together. */
  readonly processes: number;
  /** Written below the writable folders. */
  readonly diskBytes: number;
  /** Printed, on both streams together. */
  readonly outputBytes: number;
}

/**
 * Room for what lockers do on a large machine: uv has some threads for each core, a build in Rust or C++ one compiler for each,
 * some of which take a gigabyte.
 */
export const DEFAULT_LIMITS: Limits = {
  memoryBytes: 4 * 1024 ** 3,
  processes: 1024,
  diskBytes: 8 * 1024 ** 3,
  outputBytes: 64 * 1024 ** 2,
};

const EVERY_MS = 50;
const DEEPER_EVERY_MS = 1000;
/** While bubblewrap is still building. */
const ATTACH_MS = 10;

export interface Watch {
  stop(): void;
}

/**
 * Looks every 50 ms at the processes inside, and every second at the disk and at what takes longer to see. Limits of the kernel do not serve: those for a user's
 * processes do not hold for root, control groups are seldom ours to write.
 * @param exceeded called once; the watch is over then.
 */
export function watchLimits(
  namespace: Namespace,
  limits: Limits,
  writable: readonly string[],
  exceeded: (limit: Limit) => void,
): Watch {
  const processes = createProcessWatch(namespace.pid, limits);
  const disk = createDiskWatch(writable, limits.diskBytes, () => processes.openFiles());
  const over = new AbortController();
  void follow();
  return { stop: () => over.abort() };

  async function follow(): Promise<void> {
    let lastDeep = performance.now();
    while (await slept(processes.attached() ? EVERY_MS : ATTACH_MS, over.signal)) {
      const deeper = performance.now() - lastDeep > DEEPER_EVERY_MS;
      // What cannot be read is gone, or is read at the next look.
      const limit = await look(deeper).catch(() => null);
      if (deeper) lastDeep = performance.now();
      if (limit === null || over.signal.aborted) continue;
      over.abort();
      exceeded(limit);
    }
    processes.close();
  }

  async function look(deeper: boolean): Promise<Limit | null> {
    const limit = await processes.look();
    if (limit !== null || !deeper) return limit;
    if (await processes.lookDeeper()) return 'memory';
    return (await disk.look()) ? 'disk' : null;
  }
}

/** @returns false when the signal aborts. */
async function slept(milliseconds: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false;
  return sleep(milliseconds, true, { signal }).catch(() => false);
}
