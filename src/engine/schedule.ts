/** Runs locks side by side: a lock waits for those it reads, and a group is all or nothing. */
import type { PlannedLock } from '../locks/ecosystem.ts';
import { reason } from '../locks/tree.ts';
import type { Plan } from '../plan.ts';
import type { LockKind, TargetResult } from '../model.ts';
import { createLimiter } from '../run/limiter.ts';

/**
 * Runs every lock of the plan.
 * @param limit how many run at once.
 * @param run makes one lock; called once all the locks that it reads are made. Never called above one that failed.
 * @returns results in the order of the plan's groups (every lock follows those that it reads), in which no lock of a group
 * with a failure is `updated`.
 */
export async function runPlan(
  plan: Plan,
  limit: number,
  run: (lock: PlannedLock) => Promise<TargetResult>,
): Promise<readonly TargetResult[]> {
  const limited = createLimiter(limit);
  const results = new Map<string, TargetResult>();
  const groups = [...plan.groups].sort((a, b) => haste(a) - haste(b));
  await allOrFault(groups.map((group) => runGroup(group, limited, run, results)));
  return plan.groups
    .flat()
    .map((lock) => results.get(lock.target.path) ?? notRun(lock, 'It was not reached.'));
}

/** Slow lockers start first, so that none is left to run alone at the end. */
const SLOW: readonly LockKind[] = ['pipenv', 'poetry', 'pip-compile-multi', 'pip-compile'];

function haste(group: readonly PlannedLock[]): number {
  return Math.min(
    ...group.map(({ target }) => (SLOW.indexOf(target.kind) + SLOW.length + 1) % (SLOW.length + 1)),
  );
}

async function runGroup(
  group: readonly PlannedLock[],
  limited: <T>(task: () => Promise<T>) => Promise<T>,
  run: (lock: PlannedLock) => Promise<TargetResult>,
  results: Map<string, TargetResult>,
): Promise<void> {
  const under = new Map<string, Promise<TargetResult>>();
  let broken: string | null = null;
  for (const lock of group) {
    // The plan's order guarantees that what this lock reads is already in `under`; a cycle's closing edge is not.
    const below = lock.target.inputs.flatMap((input) => under.get(input) ?? []);
    const made = Promise.all(below).then(async () => {
      const blocked = (): TargetResult => notRun(lock, `${broken} failed, and both belong together.`);
      if (broken !== null) return blocked();
      const result = await limited(async () => (broken === null ? run(lock) : blocked()));
      if (result.status === 'failed') broken ??= lock.target.path;
      return result;
    });
    under.set(lock.target.path, made);
  }
  for (const result of await allOrFault([...under.values()])) results.set(result.target.path, result);
  if (broken !== null) withdraw(group, broken, results);
}

/** Waits for every one before it throws, so that nothing still runs when the run's folders are removed. */
async function allOrFault<T>(promises: readonly Promise<T>[]): Promise<readonly T[]> {
  await Promise.allSettled(promises);
  return Promise.all(promises);
}

function withdraw(group: readonly PlannedLock[], broken: string, results: Map<string, TargetResult>): void {
  for (const lock of group) {
    const { path } = lock.target;
    const result = results.get(path);
    if (result?.status !== 'updated') continue;
    results.set(path, {
      ...notRun(lock, `It was made, but ${broken} failed, and both belong together.`),
      seconds: result.seconds,
    });
  }
}

function notRun(lock: PlannedLock, message: string): TargetResult {
  return {
    target: lock.target,
    status: 'skipped',
    reason: reason('group-failed', message, 'Mend the lock that failed; this one follows by itself.'),
    seconds: 0,
    changes: [],
    solver: null,
    notes: [],
    files: [],
  };
}
