/** What tests of the store share. */
import type { LastRun, QueuedJob, Store, StoreLog } from '../../src/store/store.ts';

let lastRepository = 0;

/** A job of a repository that no other test has, unless `changes` name one. */
export function queuedJob(changes: Partial<QueuedJob> = {}): QueuedJob {
  lastRepository += 1;
  return {
    repository: { id: lastRepository, owner: 'acme', name: `shop-${lastRepository}` },
    installation: 7,
    purpose: 'monthly',
    trigger: 'schedule',
    only: [],
    force: false,
    noCache: false,
    answer: null,
    advisory: null,
    ...changes,
  };
}

export const A_RUN: LastRun = {
  at: '2026-03-01T04:05:06.000Z',
  head: 'a'.repeat(40),
  inputs: 'sha256:1',
  schedule: { every: 'monthly', timeZone: 'UTC' },
  outcome: 'proposed',
};

export interface KeptLog extends StoreLog {
  readonly lines: string[];
}

export function keptLog(): KeptLog {
  const lines: string[] = [];
  const keep =
    (level: string) =>
    (fields: Readonly<Record<string, unknown>>, message: string): void => {
      lines.push(`${level} ${message} ${JSON.stringify(fields)}`);
    };
  return { lines, info: keep('info'), warn: keep('warn'), error: keep('error') };
}

/** Waits until `condition` holds; throws after `seconds`. */
export async function until(condition: () => boolean | Promise<boolean>, seconds = 10): Promise<void> {
  const end = Date.now() + seconds * 1000;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`not true after ${seconds} s: ${condition.toString()}`);
    await new Promise((resolve) => {
      setTimeout(resolve, 20);
    });
  }
}

/** Runs waiting jobs until there is none that is due, and gives them in the order of their starts. */
export async function runWaiting(store: Store): Promise<readonly QueuedJob[]> {
  const seen: QueuedJob[] = [];
  const worker = await store.work(1, async (job) => {
    seen.push(job);
  });
  let quietSince = Date.now();
  let before = -1;
  await until(async () => {
    const { active } = await store.counts();
    if (active > 0 || seen.length !== before) quietSince = Date.now();
    before = seen.length;
    return Date.now() - quietSince > 250;
  });
  await worker.stop(5);
  return seen;
}
