import { describe, expect, it } from 'vitest';
import { tick, type InstalledRepository } from '../../src/app/tick.ts';
import type { LastRun, QueuedJob, Store } from '../../src/store/store.ts';

const MONTHLY = { every: 'monthly', timeZone: 'UTC' } as const;
const NOW = new Date('2026-11-24T12:00:00Z');

function repository(id: number, more: Partial<InstalledRepository> = {}): InstalledRepository {
  return { id, full_name: `acme/r${id}`, archived: false, disabled: false, fork: false, ...more };
}

function run(at: string, schedule: LastRun['schedule'] = MONTHLY): LastRun {
  return { at, head: 'a', inputs: 'b', schedule, outcome: 'nothing' };
}

/** What a tick over these repositories queues: `id trigger`. */
async function queued(
  repositories: ReadonlyMap<number, readonly InstalledRepository[] | Error>,
  runs: Readonly<Record<number, LastRun>>,
  lookOver = false,
): Promise<readonly string[]> {
  const jobs: QueuedJob[] = [];
  const store: Pick<Store, 'enqueue' | 'lastRun'> = {
    enqueue: (job) => {
      jobs.push(job);
      return Promise.resolve(true);
    },
    lastRun: (id) => Promise.resolve(runs[id] ?? null),
  };
  const count = await tick(
    {
      store: store as Store,
      installations: {
        list: () => Promise.resolve([...repositories.keys()]),
        repositories: (installation) => {
          const found = repositories.get(installation);
          return found instanceof Error ? Promise.reject(found) : Promise.resolve(found ?? []);
        },
      },
      now: () => NOW,
      log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    },
    lookOver,
  );
  expect(count).toBe(jobs.length);
  return jobs.map((job) => `${job.repository.id} ${job.trigger}`);
}

describe('a tick', () => {
  it('queues what never ran and what is due, and nothing that is archived, disabled or off', async () => {
    const repositories = [
      repository(1),
      repository(2),
      repository(3),
      repository(4, { archived: true }),
      repository(5, { disabled: true }),
      repository(6),
    ];
    const runs = {
      2: run('2026-10-15T00:00:00Z'),
      3: run('2026-11-02T00:00:00Z'),
      6: run('2025-01-01T00:00:00Z', null),
    };
    expect(await queued(new Map([[7, repositories]]), runs)).toEqual(['1 schedule', '2 schedule']);
  });

  it('that looks everything over queues the rest as a push would', async () => {
    const runs = { 1: run('2026-11-02T00:00:00Z'), 2: run('2025-01-01T00:00:00Z', null) };
    const repositories = [repository(1), repository(2), repository(3), repository(4, { archived: true })];
    expect(await queued(new Map([[7, repositories]]), runs, true)).toEqual([
      '1 push',
      '2 push',
      '3 schedule',
    ]);
  });

  it('goes on when one installation does not answer', async () => {
    const installations = new Map<number, readonly InstalledRepository[] | Error>([
      [7, new Error('suspended')],
      [8, [repository(1)]],
    ]);
    expect(await queued(installations, {})).toEqual(['1 schedule']);
  });
});
