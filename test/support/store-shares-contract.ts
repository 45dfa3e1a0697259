/** Who is next, whatever database is behind the store. */
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { QueuedJob, Store } from '../../src/store/store.ts';
import { queuedJob, runWaiting, until } from './store.ts';

/** One that no other test has. */
function newInstallation(): number {
  return Math.floor(Math.random() * 1e12);
}

function jobsOf(installation: number, trigger: QueuedJob['trigger'], count: number): readonly QueuedJob[] {
  return Array.from({ length: count }, () => queuedJob({ installation, trigger }));
}

async function enqueueAll(store: Store, jobs: readonly QueuedJob[]): Promise<void> {
  for (const job of jobs) await store.enqueue(job);
}

export function describeShares(get: () => Store): void {
  describe('who is next', () => {
    it('is a comment, an advisory, a push or installation, the schedule, of each the oldest', async () => {
      const installation = newInstallation();
      const order = ['comment', 'advisory', 'push', 'installation', 'push', 'schedule', 'schedule'] as const;
      const jobs = order.map((trigger) => queuedJob({ installation, trigger }));
      // Queued the other way round, but for those of one class.
      for (const at of [5, 6, 2, 3, 4, 1, 0]) {
        await get().enqueue(jobs[at] ?? queuedJob());
        await delay(2);
      }
      expect(await runWaiting(get())).toEqual(jobs);
    });

    it.each<[string, Partial<QueuedJob>, Partial<QueuedJob>, QueuedJob['trigger']]>([
      ['a comment', { trigger: 'schedule' }, { trigger: 'comment' }, 'comment'],
      ['a push', { trigger: 'schedule' }, { trigger: 'push' }, 'schedule'],
    ])('is a job sooner that %s asks for again', async (_what, first, again, trigger) => {
      const installation = newInstallation();
      const [before, moved] = [queuedJob({ installation }), queuedJob({ installation, ...first })];
      await enqueueAll(get(), [before, moved]);
      expect(await get().enqueue({ ...moved, ...again })).toBe(false);
      // What asks for less takes nothing back.
      expect(await get().enqueue(moved)).toBe(false);
      expect(await runWaiting(get())).toEqual([{ ...moved, trigger }, before]);
    });

    it('is another installation’s turn, however many jobs of whatever class one has', async () => {
      const [many, few] = [newInstallation(), newInstallation()];
      await enqueueAll(get(), jobsOf(many, 'advisory', 12));
      await enqueueAll(get(), jobsOf(few, 'schedule', 3));
      const ran = (await runWaiting(get())).map(({ installation }) => installation);
      expect(ran.slice(0, 6).filter((one) => one === few)).toHaveLength(3);
      expect(ran).toHaveLength(15);
    });

    it('shares what runs at once, and gives all of it to one that is alone', async () => {
      const [many, few] = [newInstallation(), newInstallation()];
      const running = new Map<QueuedJob, () => void>();
      const worker = await get().work(4, async (job) => {
        await new Promise<void>((resolve) => running.set(job, resolve));
      });
      const of = (installation: number): number =>
        [...running.keys()].filter((job) => job.installation === installation).length;
      const end = (job: QueuedJob | undefined): void => {
        if (job === undefined) throw new Error('none runs');
        running.get(job)?.();
        running.delete(job);
      };
      await enqueueAll(get(), jobsOf(many, 'advisory', 8));
      await until(() => of(many) === 4);
      await enqueueAll(get(), jobsOf(few, 'schedule', 2));
      const [asked] = jobsOf(many, 'comment', 1);
      await get().enqueue(asked ?? queuedJob());
      end([...running.keys()][0]);
      await until(() => running.size === 4);
      expect([...running.keys()].at(-1)).toEqual(asked);
      end([...running.keys()][0]);
      end([...running.keys()][0]);
      await until(() => running.size === 4);
      expect([of(many), of(few)]).toEqual([2, 2]);
      while (running.size > 0) {
        end([...running.keys()][0]);
        await until(async () => running.size === Math.min(4, await left(get())));
      }
      await worker.stop(5);
    });
  });
}

async function left(store: Store): Promise<number> {
  const { waiting, active } = await store.counts();
  return waiting + active;
}
