/** Looks for the smallest fix of one group of locks. */
import type { Blocked } from '../fix/blocked.ts';
import { releasesAbove } from '../fix/candidates.ts';
import { kinOf } from '../fix/kin.ts';
import type { AttemptOutcome, FixProblem, Movable, Verdict, Vulnerable } from '../fix/model.ts';
import type { Asked } from '../fix/question.ts';
import { nextAttempt } from '../fix/search.ts';
import { reason } from '../locks/tree.ts';
import type { LockKind, LockedPackage, Reason, TargetResult } from '../model.ts';
import type { SimpleClient } from '../pypi/simple-client.ts';
import { tryOut, type AttemptContext, type Group, type Tried } from './fix-attempt.ts';
import { createLearning, type Learning } from './fix-learn.ts';
import { movedIn, type MovedPackage } from './fix-moved.ts';
import { hidesItsIndex } from './hides-index.ts';

/** A package that an advisory is about. */
export interface AffectedPackage {
  /** Normalised. */
  readonly name: string;
  readonly isAffected: (version: string) => boolean;
  /** Versions that the advisory says are mended, lowest first; asked only where the index's releases are not known. */
  readonly fixed: readonly string[];
}

export interface FixResult {
  /** Normalised names of the affected packages that the group has. */
  readonly packages: readonly string[];
  readonly status: 'fixed' | 'blocked' | 'failed';
  /** One for each lock of the group, in an order in which each follows those it reads. Not fixed: as they were. */
  readonly results: readonly TargetResult[];
  /** How many times the group was made. */
  readonly attempts: number;
  /** All that moved, the affected packages first. */
  readonly moved: readonly MovedPackage[];
  /** It is known to be the smallest change. */
  readonly isMinimum: boolean;
  /** Set when it is blocked. */
  readonly blocked: Blocked | null;
  /** Why it failed; set when it did. */
  readonly reason: Reason | null;
  readonly notes: readonly string[];
}

export interface FixLimits {
  readonly attempts: number;
  /** After these, no further attempt is begun. */
  readonly seconds: number;
}

const NOT_ALONE: ReadonlySet<LockKind> = new Set(['conda-lock', 'conda-explicit', 'pdm', 'rye', 'unknown']);
/** Locks that are for one Python alone. */
const ONE_PYTHON: ReadonlySet<LockKind> = new Set(['pip-compile', 'pip-compile-multi', 'pinned', 'pipenv']);

export interface GroupFix {
  readonly group: Group;
  readonly affected: readonly AffectedPackage[];
  readonly context: AttemptContext;
  readonly index: SimpleClient;
  readonly limits: FixLimits;
  /** What the locks hold when nothing is done. */
  readonly untouched: readonly TargetResult[];
}

interface Scene extends GroupFix {
  readonly learning: Learning;
  readonly packages: readonly LockedPackage[];
  readonly python: string | null;
}

/** @throws {CancelledError | EnvironmentError} as `runLock` does. */
export async function fixGroup(fix: GroupFix): Promise<FixResult> {
  const scene = sceneOf(fix);
  const unsupported = fix.group.locks.find(({ target }) => NOT_ALONE.has(target.kind));
  if (unsupported !== undefined)
    return ended(scene, { blocked: notAlone(unsupported.target.path, unsupported.target.kind) });
  const notes: string[] = [];
  const vulnerable: Vulnerable[] = [];
  const lacking: string[] = [];
  const known = await scene.learning.releases(scene.affected.map(({ name }) => name));
  for (const each of scene.affected) {
    const locked = lockedOf(scene, each.name);
    const told = known.get(each.name) ?? null;
    const choice = {
      locked: locked.filter((version) => each.isAffected(version)),
      python: scene.python,
      ...each,
    };
    const asReleases = each.fixed.map((version) => ({
      version,
      uploaded: null,
      requiresPython: [],
      yanked: false,
    }));
    const { versions, yanked } = releasesAbove(told ?? asReleases, choice);
    const [first, ...rest] = versions;
    if (first === undefined) {
      lacking.push(each.name);
      continue;
    }
    if (yanked) notes.push(`All releases of ${each.name} with the fix were withdrawn (yanked).`);
    const keep = locked.filter((version) => !each.isAffected(version));
    vulnerable.push({ name: each.name, candidates: [first, ...rest], keep });
  }
  if (lacking.length > 0) notes.push(`No release of ${lacking.join(', ')} on the index has the fix.`);
  if (vulnerable.length === 0) return ended(scene, { blocked: noFix(lacking), notes });
  return await searchFix(scene, vulnerable, notes);
}

function sceneOf(fix: GroupFix): Scene {
  const { group, context } = fix;
  const targets = group.locks.map(({ target }) => target);
  const pythons = new Set(targets.map(({ python }) => python.version));
  const [python = null] = pythons;
  const isOne = pythons.size === 1 && targets.every(({ kind }) => ONE_PYTHON.has(kind));
  const learning = createLearning({
    index: fix.index,
    input: {
      locks: group.locks.map(({ target }) => ({
        target,
        failed: false,
        content: group.contents.get(target.path) ?? null,
      })),
      tree: context.tree,
      hidesItsIndex,
    },
    python: isOne ? python : null,
    mayAsk: !targets.some((target) => hidesItsIndex(target)),
  });
  const packages = [...group.contents.values()].flatMap((content) => content.packages);
  return { ...fix, learning, packages, python: isOne ? python : null };
}

function lockedOf({ packages }: Scene, name: string): readonly string[] {
  return [
    ...new Set(packages.flatMap((one) => (one.name === name && one.version !== null ? [one.version] : []))),
  ];
}

async function searchFix(
  scene: Scene,
  vulnerable: readonly Vulnerable[],
  notes: string[],
): Promise<FixResult> {
  const { limits, context, group } = scene;
  const start = context.ports.clock();
  let problem: FixProblem = { vulnerable, movable: [], attempts: limits.attempts };
  const history: AttemptOutcome[] = [];
  const tried: Tried[] = [];
  const shared = (): Partial<FixResult> => ({ attempts: tried.length, notes });
  for (;;) {
    // What else may move is asked of the index only where the package cannot move alone.
    if (history.length === 1 && history[0]?.kind === 'failed') {
      problem = { ...problem, movable: await movables(scene, vulnerable) };
    }
    const isLate = (context.ports.clock() - start) / 1000 > limits.seconds;
    const verdict: Verdict = nextAttempt(problem, history, isLate);
    if (verdict.do === 'found') {
      const { results } = tried[verdict.at] ?? { results: [] };
      const allowed = [...vulnerable.map(({ name }) => name), ...verdict.moved];
      const { moved, notes: strange } = movedIn(
        results,
        scene.affected.map(({ name }) => name),
        allowed,
      );
      if (!verdict.proven)
        notes.push('A smaller change may exist: there was no time to try all that could be.');
      const all = [...notes, ...strange];
      return ended(scene, {
        ...shared(),
        status: 'fixed',
        results,
        moved,
        isMinimum: verdict.proven && !moved.some(({ why }) => why === 'unexpected'),
        notes: all,
      });
    }
    if (verdict.do === 'blocked' && !verdict.proven) {
      return ended(scene, { ...shared(), status: 'failed', reason: tooLate(limits) });
    }
    if (verdict.do === 'blocked') {
      const { why = null } = tried.at(-1) ?? {};
      return ended(scene, { ...shared(), blocked: await whyBlocked(scene, vulnerable, why) });
    }
    const outcome = await tryOut(group, verdict.attempt, context);
    tried.push(outcome);
    history.push(outcome.outcome);
    if (outcome.isFault) {
      return ended(scene, { ...shared(), status: 'failed', reason: outcome.why });
    }
  }
}

/** Those that are known to be in the way come first. */
async function movables(scene: Scene, vulnerable: readonly Vulnerable[]): Promise<readonly Movable[]> {
  const { learning, group, packages, python } = scene;
  const names = vulnerable.map(({ name }) => name);
  const here = new Set(
    packages.flatMap(({ name, version, source }) => (version === null || source !== null ? [] : [name])),
  );
  const kin = kinOf([...group.contents.values()], names).filter((name) => here.has(name));
  const [releases, hints] = await Promise.all([
    learning.releases(kin),
    learning.hints(questions(scene, vulnerable)),
  ]);
  const ordered = [
    ...kin.filter((name) => hints.caps.has(name)),
    ...kin.filter((name) => !hints.caps.has(name)),
  ];
  return ordered.map((name) => {
    const locked = lockedOf(scene, name);
    const told = releases.get(name) ?? null;
    const above =
      told === null ? null : releasesAbove(told, { locked, python, isAffected: () => false }).versions;
    return {
      name,
      locked,
      releases: above,
      caps: hints.caps.has(name),
      likely: hints.likely.get(name) ?? null,
    };
  });
}

function questions({ group, affected }: Scene, vulnerable: readonly Vulnerable[]): readonly Asked[] {
  return [...group.contents].flatMap(([lock, { packages }]) =>
    vulnerable.flatMap(({ name, candidates }) => {
      const bad = affected.find((each) => each.name === name);
      const locked = packages.find(
        (one) => one.name === name && one.version !== null && bad?.isAffected(one.version),
      );
      return locked?.version == null ? [] : [{ lock, name, version: locked.version, wanted: candidates }];
    }),
  );
}

async function whyBlocked(
  scene: Scene,
  vulnerable: readonly Vulnerable[],
  why: Reason | null,
): Promise<Blocked> {
  const detail = why === null ? '' : why.detail === '' ? why.message : why.detail;
  for (const asked of questions(scene, vulnerable)) {
    const blocked = await scene.learning.blocked(asked, detail);
    if (blocked !== null) return blocked;
  }
  const wanted = vulnerable.map(({ name, candidates }) => `${name} ${candidates[0]}`).join(', ');
  const message = `No solution has ${wanted} or later, whatever else moves. ${why?.message ?? ''}`.trim();
  return { code: 'unknown', by: [], message, wouldFree: why?.fix ?? '', detail };
}

function tooLate({ attempts, seconds }: FixLimits): Reason {
  return reason(
    'timeout',
    `No fix was found in ${seconds} seconds or ${attempts} attempts, and others are left to be tried.`,
  );
}

function noFix(names: readonly string[]): Blocked {
  const list = names.join(', ');
  return {
    code: 'no-fix',
    by: [],
    message: `No release of ${list} on the index has the fix.`,
    wouldFree: `A release of ${list} with the fix.`,
    detail: '',
  };
}

function notAlone(path: string, kind: LockKind): Blocked {
  return {
    code: 'unsupported',
    by: [],
    message: `${path} is a lock of ${kind}, in which Relock does not move single packages.`,
    wouldFree: `A whole re-lock of ${path}, which the schedule or \`/relock\` makes.`,
    detail: '',
  };
}

function ended({ affected, untouched }: Scene, result: Partial<FixResult>): FixResult {
  return {
    packages: affected.map(({ name }) => name),
    status: 'blocked',
    results: untouched,
    attempts: 0,
    moved: [],
    isMinimum: false,
    blocked: null,
    reason: null,
    notes: [],
    ...result,
  };
}
