/** One attempt at a fix: the ordinary steps of the locks of a group, behind a view of the index. */
import type { Attempt, AttemptOutcome } from '../fix/model.ts';
import type { Facts, PlannedLock } from '../locks/ecosystem.ts';
import type {
  LockContent,
  LockedPackage,
  Reason,
  ReasonCode,
  TargetResult,
  Tree,
  TreeFile,
} from '../model.ts';
import type { IndexView } from '../run/network/index-view.ts';
import type { Ports } from '../engine.ts';
import { compareVersions } from '../diff/python-version.ts';
import { reason } from '../locks/tree.ts';
import { BUILD_TOOLS, viewOf } from './fix-view.ts';
import type { Gate } from './gate.ts';
import { asItWas, runLock } from './run-lock.ts';

/** Failures that tell that what was shown has no solution; all others say nothing of that. */
const NO_SOLUTION: ReadonlySet<ReasonCode> = new Set([
  'unsatisfiable',
  'unsatisfiable-with-legacy-resolver',
  'index-skew',
  'package-not-found',
  'sdist-build-system-library',
  'sdist-build-requirement-newer-python',
  'sdist-build-requirement-conflict',
  'sdist-build-failed',
  // Words of a locker that are not understood; mostly about versions all the same.
  'tool-failed',
]);

export interface Group {
  /** Each after those that it reads. */
  readonly locks: readonly PlannedLock[];
  /** By path: what each held before; those that could not be read are missing. */
  readonly contents: ReadonlyMap<string, LockContent>;
}

export interface AttemptContext {
  readonly tree: Tree;
  readonly facts: Omit<Facts, 'tree'>;
  readonly gate: Gate;
  readonly ports: Pick<Ports, 'workspace' | 'runner' | 'fetchPython' | 'observe' | 'clock'>;
  /** Whether a version of a package has the vulnerability. */
  readonly isAffected: (name: string, version: string) => boolean;
}

export interface Tried {
  readonly outcome: AttemptOutcome;
  /** One for each lock of the group, in its order, when it worked; else up to the one that failed. */
  readonly results: readonly TargetResult[];
  /** Why it did not work. */
  readonly why: Reason | null;
  /** What failed has nothing to do with versions: further attempts would fail alike. */
  readonly isFault: boolean;
}

/**
 * Runs it, once more with the locked build tools shown whole when a source distribution could not be built.
 * @throws {CancelledError | EnvironmentError} as `runLock` does.
 */
export async function tryOut(group: Group, attempt: Attempt, context: AttemptContext): Promise<Tried> {
  const tried = await tryOnce(group, attempt, context, false);
  const isBuild = tried.why?.code.startsWith('sdist-build') === true;
  const hasTools = [...group.contents.values()].some(({ packages }) =>
    packages.some(({ name }) => BUILD_TOOLS.has(name)),
  );
  return isBuild && hasTools ? await tryOnce(group, attempt, context, true) : tried;
}

async function tryOnce(
  group: Group,
  attempt: Attempt,
  context: AttemptContext,
  openBuildTools: boolean,
): Promise<Tried> {
  const { tree, facts, gate, ports, isAffected } = context;
  const made = new Map<string, TreeFile>();
  const results: TargetResult[] = [];
  const names = affectedNames(attempt, group.locks, made);
  for (const lock of group.locks) {
    const { target } = lock;
    if (!names(lock, group.contents)) {
      results.push(untouched(lock, tree));
      continue;
    }
    const content = group.contents.get(target.path) ?? { packages: [] };
    const view = viewOf({ content, attempt, isAffected, openBuildTools });
    const run = await runLock({
      lock,
      before: tree,
      facts: { ...facts, tree: { paths: tree.paths, files: new Map([...tree.files, ...made]) } },
      made,
      workspace: ports.workspace,
      runner: ports.runner,
      fetchPython: ports.fetchPython,
      pass: gate.pass(target, view),
      observe: ports.observe,
      clock: ports.clock,
    });
    for (const [path, file] of run.files) made.set(path, file);
    results.push(run.result);
    const why = whyNot(run.result, { attempt, view, isAffected });
    if (why !== null) {
      const isFault = run.result.status === 'failed' && !NO_SOLUTION.has(why.code);
      return { outcome: { kind: 'failed' }, results, why, isFault };
    }
  }
  const versions = versionsIn(results, group);
  return { outcome: { kind: 'solved', versions }, results, why: null, isFault: false };
}

/** Whether a lock has to be made: it has something that moves, or reads one that is made. */
function affectedNames(
  attempt: Attempt,
  locks: readonly PlannedLock[],
  made: ReadonlyMap<string, TreeFile>,
): (lock: PlannedLock, contents: Group['contents']) => boolean {
  const moving = new Set([...attempt.candidates.keys(), ...attempt.freed.keys()]);
  const own = new Set(locks.map(({ target }) => target.path));
  return ({ target }, contents) =>
    target.inputs.some((path) => own.has(path) && made.has(path)) ||
    (contents.get(target.path)?.packages ?? []).some(({ name }) => moving.has(name));
}

function untouched(lock: PlannedLock, tree: Tree): TargetResult {
  return {
    target: lock.target,
    status: 'unchanged',
    reason: null,
    seconds: 0,
    changes: [],
    solver: null,
    notes: [],
    files: [],
    contents: asItWas(lock, tree),
  };
}

interface Expected {
  readonly attempt: Attempt;
  readonly view: IndexView;
  readonly isAffected: AttemptContext['isAffected'];
}

function whyNot(result: TargetResult, { attempt, view, isAffected }: Expected): Reason | null {
  const { target, status, changes, contents } = result;
  if (status === 'failed' || status === 'skipped') {
    return result.reason ?? reason('internal', `${target.path} was not made.`);
  }
  const packages = contents?.after?.packages ?? [];
  const still = packages.find(
    ({ name, version }) => attempt.candidates.has(name) && version !== null && isAffected(name, version),
  );
  if (still !== undefined) {
    const from = still.source === null ? '' : ` (from ${still.source})`;
    return reason('unsatisfiable', `${target.path} still holds ${still.name} ${still.version ?? ''}${from}.`);
  }
  const foreign = packages.find((one) => isForeign(one, view) || isBare(one, result));
  if (foreign !== undefined) {
    return reason(
      'unsatisfiable',
      `${target.path} could be made only with ${foreign.name} ${foreign.version ?? ''}, which is not from the index.`,
    );
  }
  const back = changes.find(({ kind }) => kind === 'downgrade');
  return back === undefined
    ? null
    : reason(
        'unsatisfiable',
        `${target.path} could be made only with an older ${back.name} (${back.from ?? ''} → ${back.to ?? ''}).`,
      );
}

/**
 * Whether a locker took what it was not shown.
 * Threat: Poetry, when a package has no release left that would do, takes the one that happens to be installed beside it.
 */
function isForeign({ name, version, source }: LockedPackage, { versions }: IndexView): boolean {
  if (version === null || source !== null) return false;
  return versions.get(name)?.every((shown) => compareVersions(shown, version) !== 0) === true;
}

/** The same of a package that is new: it comes without digests, in a lock that has them. */
function isBare({ name, source, hashes }: LockedPackage, { target, contents }: TargetResult): boolean {
  return (
    target.kind === 'poetry' &&
    source === null &&
    hashes.length === 0 &&
    contents?.before?.packages.some((one) => one.name === name && one.hashes.length === 0) !== true
  );
}

/** What a lock newly has was not limited by its view, and counts for nothing. */
function versionsIn(
  results: readonly TargetResult[],
  { contents }: Group,
): ReadonlyMap<string, readonly string[]> {
  const versions = new Map<string, Set<string>>();
  for (const { target, contents: held } of results) {
    const before = new Set(contents.get(target.path)?.packages.map(({ name }) => name));
    for (const { name, version, source } of held?.after?.packages ?? []) {
      if (version === null || source !== null || !before.has(name)) continue;
      const known = versions.get(name) ?? new Set();
      versions.set(name, known.add(version));
    }
  }
  return new Map([...versions].map(([name, found]) => [name, [...found]]));
}
