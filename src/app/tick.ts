/** The schedule: at each tick, every repository whose schedule says so is queued, and lost webhooks are asked for. */
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
 * @param lookOver also queues what is not due, as a push would: a job that finds no open pull request, or nothing new,
 * costs a few requests and no clone.
 * @returns how many jobs were queued.
 */
export async function tick(options: TickOptions, lookOver: boolean): Promise<number> {
  const { installations, log } = options;
  let queued = 0;
  for (const installation of await installations.list()) {
    try {
      for (const repository of await installations.repositories(installation)) {
        if (await queueOne(repository, installation, lookOver, options)) queued += 1;
      }
    } catch (error) {
      if (error instanceof CancelledError) throw error;
      log.warn({ installation, error: messageOf(error) }, 'an installation could not be looked through');
    }
  }
  return queued;
}

async function queueOne(
  repository: InstalledRepository,
  installation: number,
  lookOver: boolean,
  { store, now }: TickOptions,
): Promise<boolean> {
  if (repository.archived || repository.disabled) return false;
  const job = jobFor(repository, installation, 'schedule');
  const last = await store.lastRun(repository.id, job.purpose);
  // The schedule as the last run read it; a change of it is pushed, and a push of the policy is a run.
  const schedule: Schedule | null = last === null ? NO_POLICY.schedule : last.schedule;
  const lastAt = last === null ? null : new Date(last.at);
  if (schedule !== null && isDue(now(), lastAt, schedule, repository.id)) return store.enqueue(job);
  return lookOver && store.enqueue(jobFor(repository, installation, 'push'));
}

async function tickOnce(options: TickOptions, lookOver: boolean): Promise<void> {
  try {
    const queued = await tick(options, lookOver);
    if (queued > 0) options.log.info({ queued }, 'repositories are looked at');
  } catch (error) {
    options.log.error({ error: messageOf(error) }, 'a tick failed');
  }
}

/** Something that is looked at now and then. */
export interface Looker {
  look(signal: AbortSignal): Promise<unknown>;
}

/**
 * Starts ticking; a tick that is still under way is not doubled.
 * @param others what is looked at with each tick; none of them throws.
 * @param lookOver whether the first tick looks at every repository: the embedded database may have lost jobs with the power.
 */
export function startTicks(
  minutes: number,
  lookOver: boolean,
  options: TickOptions,
  others: readonly Looker[],
): { stop(): Promise<void> } {
  const stopping = new AbortController();
  let under: Promise<unknown> | null = null;
  const run = (all: boolean): void => {
    const both = (): Promise<unknown> =>
      Promise.all([tickOnce(options, all), ...others.map((other) => other.look(stopping.signal))]);
    under ??= both().finally(() => {
      under = null;
    });
  };
  const task = cron(`*/${minutes} * * * *`, () => run(false));
  // What came due while nobody ran is not left waiting for the next tick.
  run(lookOver);
  return {
    async stop() {
      stopping.abort();
      await task.stop();
      await under;
    },
  };
}
