/** The schedule: at each tick, every repository whose schedule says so is queued. */
import { schedule as cron } from 'node-cron';
import { NO_POLICY } from '../config/defaults.ts';
import { CancelledError, messageOf } from '../errors.ts';
import { isDue, type Schedule } from '../schedule/is-due.ts';
import type { Store, StoreLog } from '../store/store.ts';
import { jobFor } from './triggers.ts';

export interface InstalledRepository {
  readonly id: number;
  readonly full_name: string;
  readonly archived: boolean;
  readonly disabled: boolean;
  readonly fork: boolean;
}

export interface Installations {
  /** Ids of the installations that are not suspended. */
  list(): Promise<readonly number[]>;
  repositories(installation: number): Promise<readonly InstalledRepository[]>;
}

export interface TickOptions {
  readonly store: Store;
  readonly installations: Installations;
  readonly now: () => Date;
  readonly log: StoreLog;
}

/**
 * Queues what is due. What an installation cannot tell now is asked again at the next tick.
 * @returns how many jobs were queued.
 */
async function tick(options: TickOptions): Promise<number> {
  const { installations, log } = options;
  let queued = 0;
  for (const installation of await installations.list()) {
    try {
      for (const repository of await installations.repositories(installation)) {
        if (await queueIfDue(repository, installation, options)) queued += 1;
      }
    } catch (error) {
      if (error instanceof CancelledError) throw error;
      log.warn({ installation, error: messageOf(error) }, 'an installation could not be looked through');
    }
  }
  return queued;
}

async function queueIfDue(
  repository: InstalledRepository,
  installation: number,
  { store, now }: TickOptions,
): Promise<boolean> {
  if (repository.archived || repository.disabled) return false;
  const job = jobFor(repository, installation, 'schedule');
  const last = await store.lastRun(repository.id, job.purpose);
  // The schedule as the last run read it; a change of it is pushed, and a push of the policy is a run.
  const schedule: Schedule | null = last === null ? NO_POLICY.schedule : last.schedule;
  if (schedule === null || !isDue(now(), last === null ? null : new Date(last.at), schedule, repository.id))
    return false;
  return store.enqueue(job);
}

async function tickOnce(options: TickOptions): Promise<void> {
  try {
    const queued = await tick(options);
    if (queued > 0) options.log.info({ queued }, 'repositories are due');
  } catch (error) {
    options.log.error({ error: messageOf(error) }, 'a tick failed');
  }
}

/** Starts ticking; a tick that is still under way is not doubled. */
export function startTicks(minutes: number, options: TickOptions): { stop(): Promise<void> } {
  let under: Promise<void> | null = null;
  const run = (): void => {
    under ??= tickOnce(options).finally(() => {
      under = null;
    });
  };
  const task = cron(`*/${minutes} * * * *`, run);
  // What came due while nobody ran is not left waiting for the next tick.
  run();
  return {
    async stop() {
      await task.stop();
      await under;
    },
  };
}
