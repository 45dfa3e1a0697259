import { describe, expect, it } from 'vitest';
import { runPlan } from '../../src/engine/schedule.ts';
import type { PlannedLock } from '../../src/locks/ecosystem.ts';
import type { TargetResult } from '../../src/model.ts';
import { planTargets } from '../../src/plan.ts';
import { NO_POLICY } from '../../src/config/defaults.ts';
import { fakeEcosystem, fakeLock } from '../support/locks.ts';

const JOB = { repository: 'r', trigger: 'terminal', only: [], cutoff: null } as const;

function planOf(locks: readonly PlannedLock[]) {
  return planTargets({ paths: [], files: new Map() }, NO_POLICY, JOB, [fakeEcosystem(locks)]);
}

function result(lock: PlannedLock, status: TargetResult['status']): TargetResult {
  const reason =
    status === 'failed' ? ({ code: 'tool-failed', message: 'no', fix: '', detail: '' } as const) : null;
  return { target: lock.target, status, reason, seconds: 1, changes: [], solver: null, notes: [], files: [] };
}

const soon = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('a plan is run', () => {
  it('in order within a group, side by side between groups', async () => {
    const locks = [fakeLock('base'), fakeLock('dev', { inputs: ['base'] }), fakeLock('other')];
    const log: string[] = [];
    await runPlan(planOf(locks), 4, async (lock) => {
      log.push(`+${lock.target.path}`);
      await soon();
      await soon();
      log.push(`-${lock.target.path}`);
      return result(lock, 'updated');
    });
    expect(log.slice(0, 2)).toEqual(['+base', '+other']);
    expect(log.indexOf('+dev')).toBeGreaterThan(log.indexOf('-base'));
  });

  it('with results in an order in which every lock follows those that it reads', async () => {
    const locks = [fakeLock('a', { inputs: ['z'] }), fakeLock('b'), fakeLock('z')];
    const results = await runPlan(planOf(locks), 4, async (lock) => result(lock, 'updated'));
    expect(results.map(({ target }) => target.path)).toEqual(['z', 'a', 'b']);
  });

  it('never with more at once than the limit', async () => {
    const locks = ['a', 'b', 'c', 'd', 'e'].map((path) => fakeLock(path));
    let now = 0;
    let most = 0;
    const results = await runPlan(planOf(locks), 2, async (lock) => {
      now += 1;
      most = Math.max(most, now);
      await soon();
      now -= 1;
      return result(lock, 'unchanged');
    });
    expect(most).toBe(2);
    expect(results.map(({ target }) => target.path)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  it('all or nothing per group, and the other groups go on', async () => {
    const locks = [
      fakeLock('base'),
      fakeLock('dev', { inputs: ['base'] }),
      fakeLock('docs', { inputs: ['dev'] }),
      fakeLock('other'),
    ];
    const ran: string[] = [];
    const results = await runPlan(planOf(locks), 1, async (lock) => {
      ran.push(lock.target.path);
      return result(lock, lock.target.path === 'dev' ? 'failed' : 'updated');
    });
    expect(ran).toEqual(['base', 'other', 'dev']);
    expect(results.map(({ target, status, reason }) => [target.path, status, reason?.code])).toEqual([
      ['base', 'skipped', 'group-failed'],
      ['dev', 'failed', 'tool-failed'],
      ['docs', 'skipped', 'group-failed'],
      ['other', 'updated', undefined],
    ]);
  });

  it('to the end when two locks read each other', async () => {
    const locks = [fakeLock('a', { inputs: ['b'] }), fakeLock('b', { inputs: ['a'] })];
    const results = await runPlan(planOf(locks), 4, async (lock) => result(lock, 'updated'));
    expect(results.map(({ status }) => status)).toEqual(['updated', 'updated']);
  });

  it('and a fault of the whole run is thrown', async () => {
    await expect(
      runPlan(planOf([fakeLock('a')]), 4, () => Promise.reject(new Error('gone'))),
    ).rejects.toThrow('gone');
  });
});
