/** What to do: files, policy and job in; locks to make anew, in their order, and everything left alone out. Pure. */
import picomatch from 'picomatch';
import { isIgnored, policyFor } from './config/lock-policy.ts';
import type { Policy } from './config/policy.ts';
import type { LockEcosystem, PlannedLock } from './locks/ecosystem.ts';
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
      const { path } = lock.target;
      if (!locks.has(path) && !skips.has(path)) locks.set(path, lock);
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
  const match = picomatch([...globs], { dot: true });
  return (path) => match(path);
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

/** Connected groups, each in dependency order; groups and locks keep the order of their paths otherwise. */
function groupLocks(locks: readonly PlannedLock[]): readonly (readonly PlannedLock[])[] {
  const byPath = new Map(locks.map((lock) => [lock.target.path, lock]));
  const groupOf = new Map<string, string>(locks.map((lock) => [lock.target.path, lock.target.path]));
  const root = (path: string): string => {
    let at = path;
    for (let up = groupOf.get(at); up !== undefined && up !== at; up = groupOf.get(at)) at = up;
    return at;
  };
  for (const lock of locks) {
    for (const input of lock.target.inputs) {
      if (byPath.has(input)) groupOf.set(root(input), root(lock.target.path));
    }
  }
  const groups = new Map<string, PlannedLock[]>();
  for (const lock of inDependencyOrder(locks, byPath)) {
    const key = root(lock.target.path);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [lock]);
    else group.push(lock);
  }
  return [...groups.values()];
}

/** Depth first; a cycle (two locks that read each other) is cut where it closes. */
function inDependencyOrder(
  locks: readonly PlannedLock[],
  byPath: ReadonlyMap<string, PlannedLock>,
): readonly PlannedLock[] {
  const done = new Set<string>();
  const ordered: PlannedLock[] = [];
  const visit = (lock: PlannedLock): void => {
    if (done.has(lock.target.path)) return;
    done.add(lock.target.path);
    for (const input of lock.target.inputs) {
      const below = byPath.get(input);
      if (below !== undefined) visit(below);
    }
    ordered.push(lock);
  };
  for (const lock of locks) visit(lock);
  return ordered;
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
