/** What a store must do, whatever database is behind it. */
import { describe, expect, it } from 'vitest';
import { CancelledError } from '../../src/errors.ts';
import type { Lease, QueuedJob, Store } from '../../src/store/store.ts';
import { describeAdvisoryState, describePackageIndex } from './store-index-contract.ts';
import { describeRebuildState } from './store-rebuild-contract.ts';
import { describeShares } from './store-shares-contract.ts';
import { A_RUN, queuedJob, runWaiting, until } from './store.ts';

/** @param get the store, opened with `retrySeconds: 0` and a short `pollSeconds`. */
export function describeStore(get: () => Store): void {
  describePackageIndex(get);
  describeAdvisoryState(get);
  describeShares(get);
  describeRebuildState(get);

  describe('folding', () => {
    it('makes one job of two requests for a repository, with what either wants', async () => {
      const first = queuedJob({ only: ['a.txt'], force: false });
      const second = { ...first, only: ['b.txt'], force: true, trigger: 'comment' as const };
      expect(await get().enqueue(first)).toBe(true);
      expect(await get().enqueue(second)).toBe(false);
      expect(await runWaiting(get())).toEqual([{ ...second, only: ['a.txt', 'b.txt'] }]);
    });

    it('folds what is asked in the same moment, and tells who was first', async () => {
      const [one, other] = [queuedJob(), queuedJob()];
      const answers = await Promise.all([one, one, other, one].map((job) => get().enqueue(job)));
      expect(answers).toEqual([true, false, true, false]);
      const ran = await runWaiting(get());
      expect(new Set(ran.map(({ repository }) => repository.id))).toEqual(
        new Set([one.repository.id, other.repository.id]),
      );
      expect(ran).toHaveLength(2);
    });

    it('keeps jobs of different repositories apart', async () => {
      const jobs = [queuedJob(), queuedJob()];
      for (const job of jobs) expect(await get().enqueue(job)).toBe(true);
      expect(await runWaiting(get())).toHaveLength(2);
    });

    it('folds advisories of one package, and runs those of two one after the other', async () => {
      const advisory = { ids: ['GHSA-1'], package: 'jinja2', ecosystem: 'PyPI', advisories: [] };
      const first = queuedJob({ purpose: 'security-pypi-jinja2', trigger: 'advisory', advisory });
      const { repository } = first;
      const other = {
        ...first,
        purpose: 'security-pypi-idna',
        advisory: { ...advisory, package: 'idna' },
      } as const;
      expect(await get().enqueue(first)).toBe(true);
      expect(await get().enqueue(other)).toBe(true);
      expect(await get().enqueue({ ...first, advisory: { ...advisory, ids: ['GHSA-2'] } })).toBe(false);
      expect(await get().enqueue(queuedJob({ repository }))).toBe(true);
      let now = 0;
      const ran: QueuedJob[] = [];
      const worker = await get().work(4, async (job) => {
        now += 1;
        expect(now).toBe(1);
        await new Promise((resolve) => {
          setTimeout(resolve, 50);
        });
        ran.push(job);
        now -= 1;
      });
      await until(() => ran.length === 3);
      await worker.stop(5);
      expect(ran.at(-1)).toMatchObject({ purpose: 'monthly', advisory: null });
      expect(ran).toContainEqual({ ...first, advisory: { ...advisory, ids: ['GHSA-1', 'GHSA-2'] } });
      expect(ran).toContainEqual(other);
    });

    it('does not fold into a job that runs: what is asked meanwhile is done after it', async () => {
      const job = queuedJob();
      const starts: string[] = [];
      let letGo = (): void => undefined;
      const gate = new Promise<void>((resolve) => {
        letGo = resolve;
      });
      const worker = await get().work(3, async (seen) => {
        starts.push(seen.trigger);
        await gate;
      });
      await get().enqueue(job);
      await until(() => starts.length === 1);
      expect(await get().enqueue({ ...job, trigger: 'push' })).toBe(true);
      await new Promise((resolve) => {
        setTimeout(resolve, 600);
      });
      expect(starts).toEqual(['schedule']);
      letGo();
      await until(() => starts.length === 2);
      await worker.stop(5);
      expect(starts).toEqual(['schedule', 'push']);
    });

    it('keeps text that a database refuses out of it', async () => {
      const job = queuedJob({ only: ['a\0b', '\uD800c'] });
      await get().enqueue(job);
      expect((await runWaiting(get()))[0]?.only).toEqual(['ab', '\uFFFDc']);
    });
  });

  describe('times', () => {
    it('starts no job before its time, and pulls one forward that is wanted sooner', async () => {
      const job = queuedJob();
      await get().enqueue(job, { notBefore: new Date(Date.now() + 3_600_000) });
      expect(await runWaiting(get())).toEqual([]);
      expect(await get().enqueue(job, { notBefore: new Date(Date.now() + 7_200_000) })).toBe(false);
      expect(await get().enqueue({ ...job, trigger: 'comment' })).toBe(false);
      expect(await runWaiting(get())).toHaveLength(1);
    });
  });

  describe('deliveries', () => {
    it('knows a delivery again', async () => {
      const id = crypto.randomUUID();
      expect([await get().firstDelivery(id), await get().firstDelivery(id)]).toEqual([true, false]);
      expect(await get().firstDelivery(`${id}\0`)).toBe(false);
    });

    it('records a delivery with its job, also twice in one moment', async () => {
      const job = queuedJob();
      const delivery = crypto.randomUUID();
      const asked = [1, 2].map(() => get().enqueue(job, { delivery }));
      expect(await Promise.all(asked)).toEqual([true, false]);
      expect(await runWaiting(get())).toHaveLength(1);
      expect(await get().enqueue(job, { delivery })).toBe(false);
      expect(await get().firstDelivery(delivery)).toBe(false);
      expect(await runWaiting(get())).toEqual([]);
    });
  });

  describe('last runs', () => {
    it('keeps the newest per repository and purpose', async () => {
      const { id } = queuedJob().repository;
      expect(await get().lastRun(id, 'monthly')).toBeNull();
      await get().saveLastRun(id, 'monthly', A_RUN);
      const newer = { ...A_RUN, at: '2026-04-01T00:00:00.000Z', outcome: 'nothing' as const };
      await get().saveLastRun(id, 'monthly', newer);
      await get().saveLastRun(id, 'monthly', A_RUN);
      expect(await get().lastRun(id, 'monthly')).toEqual(newer);
      expect(await get().lastRun(id, 'security-pypi-jinja2')).toBeNull();
    });
  });

  describe('failures', () => {
    it('tries three times, then keeps the job as a dead letter that can be queued anew', async () => {
      const job = queuedJob({ only: ['x'] });
      let tries = 0;
      const ids = new Set<string>();
      const worker = await get().work(1, async (_job, lease) => {
        tries += 1;
        ids.add(lease.id);
        throw new Error(`no\0 disk, try ${tries}`);
      });
      const { dead } = await get().counts();
      await get().enqueue(job);
      await until(async () => (await get().counts()).dead === dead + 1);
      await worker.stop(5);
      expect([tries, ids.size]).toEqual([3, 1]);
      const letter = (await get().deadLetters()).find((one) => one.job.repository.id === job.repository.id);
      expect(letter).toMatchObject({ job, error: 'no disk, try 3' });
      expect(Math.abs(Date.now() - Date.parse(letter?.at ?? ''))).toBeLessThan(60_000);
      expect(await get().retryDeadLetter(letter?.id ?? '')).toBe(true);
      expect(await get().retryDeadLetter(letter?.id ?? '')).toBe(false);
      expect(await get().retryDeadLetter("'; --")).toBe(false);
      expect((await get().counts()).dead).toBe(dead);
      expect(await runWaiting(get())).toEqual([job]);
    });

    it('gives a person who asks again all tries, at once', async () => {
      const job = queuedJob();
      let tries = 0;
      const worker = await get().work(1, async () => {
        tries += 1;
        if (tries === 2)
          await get().enqueue({ ...job, trigger: 'comment' }, { notBefore: new Date(Date.now() + 60_000) });
        throw new Error('no');
      });
      const { dead } = await get().counts();
      await get().enqueue(job);
      await until(async () => tries === 2 && (await get().counts()).active === 0);
      expect(await get().counts()).toMatchObject({ waiting: 1, dead });
      await get().enqueue({ ...job, trigger: 'comment' });
      await until(async () => (await get().counts()).dead === dead + 1);
      expect(tries).toBe(5);
      await worker.stop(5);
    });

    it('folds a failed job into a newer request for the same', async () => {
      const job = queuedJob({ only: ['old'] });
      const seen: (readonly string[])[] = [];
      const worker = await get().work(2, async (one) => {
        seen.push(one.only);
        if (seen.length > 1) return;
        await get().enqueue({ ...job, only: ['new'] });
        throw new Error('first');
      });
      await get().enqueue(job);
      await until(async () => seen.length === 2 && (await get().counts()).active === 0);
      expect(seen).toEqual([['old'], ['old', 'new']]);
      expect(await get().counts()).toMatchObject({ waiting: 0, active: 0 });
      await worker.stop(5);
    });
  });

  describe('workers', () => {
    it('runs at most the given number at once', async () => {
      let now = 0;
      let most = 0;
      let done = 0;
      const worker = await get().work(2, async () => {
        now += 1;
        most = Math.max(most, now);
        await new Promise((resolve) => {
          setTimeout(resolve, 30);
        });
        now -= 1;
        done += 1;
      });
      await Promise.all(Array.from({ length: 8 }, () => get().enqueue(queuedJob())));
      await until(() => done === 8);
      expect(most).toBe(2);
      await worker.stop(5);
    });

    it('waits for running jobs when it stops, and takes no more', async () => {
      const ended: QueuedJob[] = [];
      const worker = await get().work(1, async (job) => {
        await new Promise((resolve) => {
          setTimeout(resolve, 300);
        });
        ended.push(job);
      });
      const [first, second] = [queuedJob(), queuedJob()];
      await get().enqueue(first);
      await until(async () => (await get().counts()).active === 1);
      await get().enqueue(second);
      await worker.stop(5);
      expect(ended).toEqual([first]);
      expect(await get().counts()).toMatchObject({ waiting: 1, active: 0 });
      expect(await runWaiting(get())).toEqual([second]);
    });

    it.each([
      ['ends at its signal', true],
      ['does not end', false],
    ])('gives a job back whose handler %s, at the cost of no try', async (_how, listens) => {
      const job = queuedJob();
      let letGo = (): void => undefined;
      for (let stop = 0; stop < (listens ? 4 : 1); stop += 1) {
        let lease: Lease | null = null;
        const worker = await get().work(1, async (_job, given) => {
          lease = given;
          await new Promise<void>((resolve, reject) => {
            letGo = resolve;
            if (listens) given.signal.addEventListener('abort', () => reject(new CancelledError('stopped')));
          });
        });
        if (stop === 0) await get().enqueue(job);
        await until(() => lease !== null);
        expect(await (lease as unknown as Lease).stillMine()).toBe(true);
        await worker.stop(0);
        expect(await (lease as unknown as Lease).stillMine()).toBe(false);
        letGo();
      }
      expect(await runWaiting(get())).toEqual([job]);
    });
  });
}
