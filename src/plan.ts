/** What to do: files, policy and job in; locks to make anew, in their order, and everything left alone out. Pure. */
import { globMatcher } from './config/glob.ts';
import { isIgnored, policyFor } from './config/lock-policy.ts';
import type { Policy } from './config/policy.ts';
import type { LockEcosystem, PlannedLock } from './locks/ecosystem.ts';
import { outsideProblem } from './locks/outside.ts';
import { reason, whyUnreadable } from './locks/tree.ts';
import type { Job, LockKind, Skip, Tree } from './model.ts';

export interface Plan {
  /** Every lock to make anew, sorted by path. */
  readonly locks: readonly PlannedLock[];
  /**
   * The same locks in connected groups (a lock that another one reads is in that one's group), each in an order in which
   * every lock follows the locks it reads. A group is all or nothing.
   */
  readonly groups: readonly (readonly PlannedLock[])[];
  /** Sorted by path. */
  readonly skips: readonly Skip[];
}

/** Lock files known by their name alone; read by no ecosystem when they are links, too large, or not text. */
const KNOWN_NAMES: readonly { readonly name: RegExp; readonly kind: LockKind }[] = [
  { name: /(?:^|\/)poetry\.lock$/u, kind: 'poetry' },
  { name: /(?:^|\/)Pipfile\.lock$/u, kind: 'pipenv' },
  { name: /(?:^|\/)uv\.lock$/u, kind: 'uv' },
  { name: /(?:^|\/)pylock(?:\.[^/]+)?\.toml$/u, kind: 'pylock' },
  { name: /(?:^|\/)(?:[^/]*requirements[^/]*\.txt|requirements\/[^/]+\.txt)$/u, kind: 'unknown' },
];

/**
 * Decides which locks a job makes anew.
 * @param ecosystems in order of precedence: the first that claims a path has it.
 */
export function planTargets(
  tree: Tree,
  policy: Policy,
  job: Job,
  ecosystems: readonly LockEcosystem[],
): Plan {
  const locks = new Map<string, PlannedLock>();
  const skips = new Map<string, Skip>();
  for (const skip of unreadableLocks(tree)) skips.set(skip.path, skip);
  for (const ecosystem of ecosystems) {
    const detection = ecosystem.detect(tree, policy);
    for (const lock of detection.locks) {
      const { path, kind } = lock.target;
      if (locks.has(path) || skips.has(path)) continue;
      const outside = outsideProblem(tree, lock.target);
      if (outside === null) locks.set(path, lock);
      else skips.set(path, { path, kind, reason: outside });
    }
    for (const skip of detection.skips) {
      if (!locks.has(skip.path) && !skips.has(skip.path)) skips.set(skip.path, skip);
    }
  }
  const wanted = selector(job.only);
  for (const [path, lock] of locks) {
    const left = whyLeftAlone(path, lock.target.kind, policy, wanted);
    if (left === null) continue;
    locks.delete(path);
    skips.set(path, left);
  }
  for (const [path, skip] of skips) {
    const left = whyLeftAlone(path, skip.kind, policy, wanted);
    if (left !== null) skips.set(path, left);
  }
  const sorted = [...locks.values()].sort((a, b) => compare(a.target.path, b.target.path));
  return {
    locks: sorted,
    groups: groupLocks(sorted),
    skips: [...skips.values()].sort((a, b) => compare(a.path, b.path)),
  };
}

function unreadableLocks(tree: Tree): readonly Skip[] {
  const skips: Skip[] = [];
  for (const [path, file] of tree.files) {
    if (file.kind === 'text') continue;
    const known = KNOWN_NAMES.find(({ name }) => name.test(path));
    const why = known === undefined ? null : whyUnreadable(tree, path);
    if (known !== undefined && why !== null) skips.push({ path, kind: known.kind, reason: why });
  }
  return skips;
}

function selector(globs: readonly string[]): (path: string) => boolean {
  if (globs.length === 0) return () => true;
  const matchers = globs.map((glob) => globMatcher(glob));
  return (path) => matchers.some((matches) => matches(path));
}

function whyLeftAlone(
  path: string,
  kind: LockKind,
  policy: Policy,
  wanted: (path: string) => boolean,
): Skip | null {
  if (isIgnored(policy, path)) {
    return { path, kind, reason: reason('excluded-by-config', '`ignore` in .github/relock.toml covers it.') };
  }
  if (policyFor(policy, path).enabled === false) {
    return {
      path,
      kind,
      reason: reason('excluded-by-config', '`enabled = false` for it in .github/relock.toml.'),
    };
  }
  return wanted(path)
    ? null
    : { path, kind, reason: reason('not-selected', 'This run was asked for other locks.') };
}

/**
 * Connected groups, each in dependency order; groups and locks keep the order of their paths otherwise. Locks that write
 * the same file are connected too, since groups run side by side.
 */
function groupLocks(locks: readonly PlannedLock[]): readonly (readonly PlannedLock[])[] {
  const makers = makersOf(locks);
  const groupOf = new Map<PlannedLock, PlannedLock>();
  const root = (lock: PlannedLock): PlannedLock => {
    let top = lock;
    for (let up = groupOf.get(top); up !== undefined; up = groupOf.get(top)) top = up;
    // Shortens the way for the next time: a repository can chain thousands of files.
    for (let at = lock; at !== top;) {
      const up = groupOf.get(at) ?? top;
      groupOf.set(at, top);
      at = up;
    }
    return top;
  };
  const connect = (one: PlannedLock, other: PlannedLock): void => {
    const [top, below] = [root(one), root(other)];
    if (top !== below) groupOf.set(below, top);
  };
  for (const lock of locks) {
    for (const path of [...lock.target.inputs, ...lock.target.writes]) {
      for (const maker of makers.get(path) ?? []) connect(lock, maker);
    }
  }
  const groups = new Map<PlannedLock, PlannedLock[]>();
  for (const lock of inDependencyOrder(locks, makers)) {
    const key = root(lock);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [lock]);
    else group.push(lock);
  }
  return [...groups.values()].sort((a, b) => compare(firstPath(a), firstPath(b)));
}

/** Which locks write a path. */
function makersOf(locks: readonly PlannedLock[]): ReadonlyMap<string, readonly PlannedLock[]> {
  const makers = new Map<string, PlannedLock[]>();
  for (const lock of locks) {
    for (const path of new Set([lock.target.path, ...lock.target.writes])) {
      const known = makers.get(path);
      if (known === undefined) makers.set(path, [lock]);
      else known.push(lock);
    }
  }
  return makers;
}

function firstPath(group: readonly PlannedLock[]): string {
  return group.map(({ target }) => target.path).reduce((least, path) => (path < least ? path : least));
}

/**
 * Depth first; a cycle (two locks that read each other) is cut where it closes. Without recursion, since the depth is a
 * stranger's.
 */
function inDependencyOrder(
  locks: readonly PlannedLock[],
  makers: ReadonlyMap<string, readonly PlannedLock[]>,
): readonly PlannedLock[] {
  const seen = new Set<PlannedLock>();
  const ordered: PlannedLock[] = [];
  for (const start of locks) {
    if (seen.has(start)) continue;
    seen.add(start);
    const path = [{ lock: start, below: layersBelow(start, makers) }];
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const next = top.below.shift();
      if (next === undefined) {
        ordered.push(top.lock);
        path.pop();
      } else if (!seen.has(next)) {
        seen.add(next);
        path.push({ lock: next, below: layersBelow(next, makers) });
      }
    }
  }
  return ordered;
}

function layersBelow(lock: PlannedLock, makers: ReadonlyMap<string, readonly PlannedLock[]>): PlannedLock[] {
  return lock.target.inputs.flatMap((input) => [...(makers.get(input) ?? [])]).filter((one) => one !== lock);
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
