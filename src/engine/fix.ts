/** Takes a vulnerability out of a repository's locks by the smallest change, group by group. */
import { lookOver, type Look, type Ports } from '../engine.ts';
import type { PlannedLock } from '../locks/ecosystem.ts';
import type { Job, LockContent, Reason, Remote, TargetResult } from '../model.ts';
import type { SimpleClient } from '../pypi/simple-client.ts';
import type { Group } from './fix-attempt.ts';
import { fixGroup, type AffectedPackage, type FixLimits, type FixResult } from './fix-group.ts';
import { gatherFacts } from './facts.ts';
import { prepareTools } from './prepare-tools.ts';
import { asItWas } from './run-lock.ts';

const LIMITS: FixLimits = { attempts: 16, seconds: 900 };

export interface FixWork {
  /** `only` limits the locks, as in any job: name whole groups, or what reads a fixed lock is left as it was. */
  readonly job: Job;
  /** What one advisory, or several that the same releases mend, say. */
  readonly affected: readonly AffectedPackage[];
  readonly limits?: FixLimits;
}

export type FixPorts = Pick<
  Ports,
  | 'workspace'
  | 'ecosystems'
  | 'policy'
  | 'runner'
  | 'fetchPython'
  | 'facts'
  | 'network'
  | 'observe'
  | 'clock'
  | 'now'
> & {
  /** The default index. */
  readonly index: SimpleClient;
};

export interface FixRun {
  readonly look: Look;
  /** One for each group of locks that has an affected version; none: the repository is not, or no longer, affected. */
  readonly fixes: readonly FixResult[];
  readonly notes: readonly string[];
}

/**
 * Makes each affected group anew, behind views of the index in which nothing else can move. Releases that a fix needs are
 * seen whatever their age; what is new in a lock is held to the cool-down.
 * @throws {UsageError | EnvironmentError | CancelledError} only for faults of the whole job.
 */
export async function runFix(work: FixWork, ports: FixPorts): Promise<FixRun> {
  const look = await lookOver(work.job, ports);
  const groups = look.plan.groups
    .map((locks) => groupOf(locks, look))
    .flatMap((group) => {
      const affected = work.affected.filter((each) => isIn(group, each));
      return affected.length === 0 ? [] : [{ group, affected }];
    });
  if (groups.length === 0) return { look, fixes: [], notes: [] };
  const locks = groups.flatMap(({ group }) => group.locks);
  const plan = { ...look.plan, locks, groups: groups.map(({ group }) => group.locks) };
  ports.observe({ kind: 'planned', targets: locks.map(({ target }) => target) });
  const remotes = locks.flatMap(({ target }) => target.remotes.filter(({ optional }) => optional !== true));
  const opening = ports.network.open(look.job.cutoff, look.policy);
  try {
    const [gathered, dead, gate] = await Promise.all([
      // Lockers see what the view shows, whatever its age.
      gatherFacts(plan, null, ports.facts),
      ports.network.probe(remotes),
      opening,
    ]);
    await prepareTools(plan, { ...gathered, tree: look.tree }, ports.runner);
    const fixes: FixResult[] = [];
    for (const { group, affected } of groups) {
      const untouched = group.locks.map((lock) => untouchedResult(lock, look));
      const why = deadRemote(group.locks, dead);
      fixes.push(
        why !== null
          ? unreachable(affected, untouched, why)
          : await fixGroup({
              group,
              affected,
              context: {
                tree: look.tree,
                facts: gathered,
                gate,
                ports,
                isAffected: (name, version) =>
                  affected.some((each) => each.name === name && each.isAffected(version)),
              },
              index: ports.index,
              limits: work.limits ?? LIMITS,
              untouched,
            }),
      );
    }
    return { look, fixes, notes: gate.notes };
  } finally {
    await Promise.allSettled([opening.then((gate) => gate.close())]);
  }
}

function groupOf(locks: readonly PlannedLock[], look: Look): Group {
  const contents = locks.flatMap((lock): [string, LockContent][] => {
    const { before } = asItWas(lock, look.tree);
    return before === null ? [] : [[lock.target.path, before]];
  });
  return { locks, contents: new Map(contents) };
}

function isIn({ contents }: Group, { name, isAffected }: AffectedPackage): boolean {
  return [...contents.values()].some(({ packages }) =>
    packages.some(
      (one) =>
        one.name === name &&
        one.version !== null &&
        one.conda?.manager !== 'conda' &&
        isAffected(one.version),
    ),
  );
}

function deadRemote(locks: readonly PlannedLock[], dead: ReadonlyMap<Remote, Reason>): Reason | null {
  const remotes = locks.flatMap(({ target }) => target.remotes);
  return remotes.map((remote) => dead.get(remote)).find((why) => why !== undefined) ?? null;
}

function unreachable(
  affected: readonly AffectedPackage[],
  results: readonly TargetResult[],
  reason: Reason,
): FixResult {
  return {
    packages: affected.map(({ name }) => name),
    status: 'failed',
    results,
    attempts: 0,
    moved: [],
    isMinimum: false,
    blocked: null,
    reason,
    notes: [],
  };
}

function untouchedResult(lock: PlannedLock, look: Look): TargetResult {
  return {
    target: lock.target,
    status: 'unchanged',
    reason: null,
    seconds: 0,
    changes: [],
    solver: null,
    notes: [],
    files: [],
    contents: asItWas(lock, look.tree),
  };
}
