/** Takes due jobs and runs them, each under a lease that is renewed until its handler ends. */
import { setTimeout as delay } from 'node:timers/promises';
import { CancelledError, messageOf } from '../errors.ts';
import type { Connection } from './boss.ts';
import { readPayload } from './fold.ts';
import { completeJob, failJob, giveBack, renewClaim } from './queue.ts';
import type { Claim } from './shares.ts';
import { takeJobs } from './shares.ts';
import type { JobHandler, Lease, StoreLog, StoreWorker } from './store.ts';

export interface WorkerSettings {
  readonly concurrency: number;
  /** Between two looks for jobs that became due without a call. */
  readonly pollSeconds: number;
  /** Before the second try. */
  readonly retrySeconds: number;
}

/** How long a handler has to end after its signal was aborted. */
const ABORT_SECONDS = 3;
const SETTLE_TRIES = 5;

interface Running {
  readonly claim: Claim;
  readonly control: AbortController;
  readonly done: Promise<void>;
}

export function startWorker(
  connection: Connection,
  settings: WorkerSettings,
  handler: JobHandler,
  log: StoreLog,
): StoreWorker & { wake(): void } {
  const running = new Set<Running>();
  const bell = createBell();
  const stopping = new AbortController();
  /** Given back while their handlers still ran: what these say at their end counts no more. */
  const abandoned = new Set<Claim>();
  let stopped: Promise<void> | null = null;

  const loop = takeAndRun();
  return {
    wake: () => bell.ring(),
    stop(graceSeconds) {
      stopped ??= stopAll(graceSeconds);
      return stopped;
    },
  };

  async function takeAndRun(): Promise<void> {
    while (!stopping.signal.aborted) {
      const free = settings.concurrency - running.size;
      const taken = free > 0 ? await take(free) : 0;
      if (taken < free || free === 0) await bell.wait(settings.pollSeconds * 1000);
    }
  }

  async function take(count: number): Promise<number> {
    try {
      const claims = await takeJobs(connection, count);
      for (const claim of claims) start(claim);
      return claims.length;
    } catch (error) {
      log.warn({ error: messageOf(error) }, 'no jobs could be taken; trying again');
      return 0;
    }
  }

  function start(claim: Claim): void {
    const control = new AbortController();
    const job: Running = { claim, control, done: run(claim, control) };
    running.add(job);
    void job.done.finally(() => {
      running.delete(job);
      bell.ring();
    });
  }

  /** Never rejects. */
  async function run(claim: Claim, control: AbortController): Promise<void> {
    const payload = readPayload(claim.data);
    const lease = createLease(connection, claim, control, log);
    try {
      if (payload === null) throw new Error('this version of Relock does not understand the job');
      if (stopping.signal.aborted) throw new CancelledError('stopping');
      await handler(payload.job, lease);
      if ((await settle(claim, () => completeJob(connection, claim))) === false) {
        log.warn({ job: claim.id }, 'a job ended that was no longer ours');
      }
    } catch (error) {
      await endFailed(claim, control, error);
    } finally {
      lease.end();
    }
  }

  async function endFailed(claim: Claim, control: AbortController, error: unknown): Promise<void> {
    const message = messageOf(error);
    if (abandoned.has(claim)) return;
    if (stopping.signal.aborted && (control.signal.aborted || error instanceof CancelledError)) {
      await settle(claim, () => giveBack(connection, claim));
      return;
    }
    const fate = await settle(claim, () => failJob(connection, claim, message, settings.retrySeconds));
    if (fate === 'dead') log.error({ job: claim.id, error: message }, 'a job failed for the last time');
    else log.warn({ job: claim.id, error: message, fate }, 'a job failed');
  }

  /** The end of a job is worth some tries; without it, it is run again when its lease ends. Never rejects. */
  async function settle<T>(claim: Claim, end: () => Promise<T>): Promise<T | null> {
    for (let left = SETTLE_TRIES; left > 0 && !abandoned.has(claim); left -= 1) {
      try {
        return await end();
      } catch (error) {
        log.warn({ job: claim.id, error: messageOf(error) }, 'the end of a job could not be recorded');
        if (left > 1) await delay(1000);
      }
    }
    return null;
  }

  async function stopAll(graceSeconds: number): Promise<void> {
    stopping.abort();
    bell.ring();
    await loop;
    await within(graceSeconds, Promise.all([...running].map(({ done }) => done)));
    for (const { control } of running) control.abort(new CancelledError('stopping'));
    await within(ABORT_SECONDS, Promise.all([...running].map(({ done }) => done)));
    await Promise.all(
      [...running].map(async ({ claim }) => {
        await settle(claim, () => giveBack(connection, claim));
        abandoned.add(claim);
      }),
    );
  }
}

/** Renews itself every third of its length, until `end`. */
function createLease(
  connection: Connection,
  claim: Claim,
  control: AbortController,
  log: StoreLog,
): Lease & { end(): void } {
  async function renew(): Promise<boolean> {
    if (control.signal.aborted) return false;
    try {
      if (await renewClaim(connection, claim)) return true;
    } catch (error) {
      // Whose the job is now cannot be known: no reason to stop working, nor one to publish.
      log.warn({ job: claim.id, error: messageOf(error) }, 'a lease could not be renewed');
      return false;
    }
    control.abort(new CancelledError('the job was taken over by another worker'));
    return false;
  }
  const timer = setInterval(() => void renew(), (claim.seconds * 1000) / 3);
  control.signal.addEventListener('abort', () => clearInterval(timer), { once: true });
  return {
    id: claim.id,
    signal: control.signal,
    renew,
    stillMine: renew,
    end: () => clearInterval(timer),
  };
}

/** `wait` ends at the time-out or at the next ring; a ring while nobody waits is kept. */
function createBell(): { ring(): void; wait(milliseconds: number): Promise<void> } {
  let rung = false;
  let wakeUp: (() => void) | null = null;
  return {
    ring() {
      rung = true;
      wakeUp?.();
    },
    async wait(milliseconds) {
      if (!rung) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, milliseconds);
          wakeUp = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      wakeUp = null;
      rung = false;
    },
  };
}

async function within(seconds: number, work: Promise<unknown>): Promise<void> {
  const control = new AbortController();
  const timeout = delay(seconds * 1000, undefined, { signal: control.signal }).catch(() => undefined);
  await Promise.race([work, timeout]);
  control.abort();
}
