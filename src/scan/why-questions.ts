/** What has to be known to say why findings stay: one question for each lock that still has one. Pure. */
import { eq, valid } from '@renovatebot/pep440';
import { compareVersions } from '../diff/python-version.ts';
import { fromManifests } from '../locks/python-declared.ts';
import { minorOf } from '../locks/python-versions.ts';
import { readText } from '../locks/tree.ts';
import type { LockContent, LockKind, LockedPackage, Target, Tree } from '../model.ts';
import type { FindingChange, FindingsDiff } from './outcome.ts';
import { manifestBounds, type ManifestBound, type ManifestBounds } from './why-manifests.ts';

/** A lock after the run. */
export interface RelockedLock {
  readonly target: Target;
  /** It could not be made anew: it holds what it held. */
  readonly failed: boolean;
  /** null: it could not be read. */
  readonly content: LockContent | null;
}

export interface QuestionsInput {
  readonly locks: readonly RelockedLock[];
  /** For the manifests. */
  readonly tree: Tree;
  /**
   * Whether what a lock holds may all come from an index that stands for the public one.
   * Threat: the public index would be told the names of private packages, and answer for a stranger's of the same name.
   */
  readonly hidesItsIndex: (target: Target) => boolean;
}

export interface RemainingQuestion {
  readonly change: FindingChange;
  /** Path of the lock that still has it. */
  readonly lock: string;
  /** Normalised. */
  readonly name: string;
  /** As the lock has it. */
  readonly version: string;
  /** Fixed versions above it, lowest first; each starts a line of releases without the vulnerability. Never empty. */
  readonly fixed: readonly [string, ...string[]];
  /** Whether the default index may be asked for its releases. */
  readonly askable: boolean;
  /** Packages of the same lock that may want it, and that the default index may be asked for. */
  readonly parents: readonly LockedParent[];
  /** What the manifests say of it. */
  readonly bounds: readonly ManifestBound[];
  /** Pythons that the lock has to work on, as minor versions or exact, oldest first; empty: nobody knows. */
  readonly pythons: readonly string[];
  /** It is for all platforms. */
  readonly universal: boolean;
}

export interface LockedParent {
  readonly name: string;
  readonly version: string;
}

/** Advisories' own limit: a lock with more vulnerabilities than this has other troubles. */
const MAX_QUESTIONS = 500;
/** A lock that does not tell who wants a package makes all of its packages candidates. */
const MAX_PARENTS = 200;

/** Kinds of locks that hold for every platform and for all Pythons that the project allows. */
const UNIVERSAL: ReadonlySet<LockKind> = new Set(['poetry', 'uv', 'pdm', 'pylock']);
/** The newest minor version of Python 3 that a marker is held against. */
const NEWEST_MINOR = 20;

/** @returns in the diff's order, worst first; none for what is in images only, has no fix, or whose lock failed. */
export function questionsOf(diff: FindingsDiff, input: QuestionsInput): readonly RemainingQuestion[] {
  const scene = sceneOf(input);
  const questions: RemainingQuestion[] = [];
  for (const change of diff.remaining) {
    const fixed = fixedAbove(change);
    if (change.finding.ecosystem !== 'PyPI' || fixed === null) continue;
    for (const { kind, location } of change.after) {
      const lock = kind === 'lock' ? scene.locks.get(location) : undefined;
      if (lock === undefined || lock.failed || lock.content === null) continue;
      if (questions.length >= MAX_QUESTIONS) return questions;
      const question = questionOf(change, fixed, lock, scene);
      if (question !== null) questions.push(question);
    }
  }
  return questions;
}

/** What is read once for all questions. */
interface Scene {
  readonly input: QuestionsInput;
  readonly locks: ReadonlyMap<string, RelockedLock>;
  readonly byName: (lock: RelockedLock) => ReadonlyMap<string, readonly LockedPackage[]>;
  readonly boundsOf: (path: string) => ManifestBounds;
  readonly pythonsOf: (target: Target) => readonly string[];
}

function sceneOf(input: QuestionsInput): Scene {
  const { locks, tree } = input;
  return {
    input,
    locks: new Map(locks.map((lock) => [lock.target.path, lock])),
    byName: once((lock: RelockedLock) =>
      Map.groupBy(
        (lock.content?.packages ?? []).filter(({ conda }) => conda?.manager !== 'conda'),
        ({ name }) => name,
      ),
    ),
    boundsOf: once((path: string) => {
      const text = readText(tree, path);
      return text === null ? new Map<string, never>() : manifestBounds(path, text);
    }),
    pythonsOf: once((target: Target) => pythonsOf(target, tree)),
  };
}

function once<K, V>(make: (key: K) => V): (key: K) => V {
  const made = new Map<K, V>();
  return (key) => {
    const known = made.get(key);
    if (known !== undefined) return known;
    const value = make(key);
    made.set(key, value);
    return value;
  };
}

/** Lowest first; null: none that PEP 440 can hold against the version. */
function fixedAbove({ finding }: FindingChange): readonly [string, ...string[]] | null {
  const readable = finding.fixed.filter((version) => valid(version) !== null);
  const above =
    valid(finding.version) === null
      ? readable
      : readable.filter((version) => compareVersions(version, finding.version) > 0);
  const [first, ...rest] = [...above].sort(compareVersions);
  return first === undefined ? null : [first, ...rest];
}

function questionOf(
  change: FindingChange,
  fixed: RemainingQuestion['fixed'],
  lock: RelockedLock,
  scene: Scene,
): RemainingQuestion | null {
  const { target } = lock;
  const packages = scene.byName(lock);
  const { package: name, version } = change.finding;
  const named = packages.get(name) ?? [];
  const locked = named.find((one) => one.version !== null && isSame(one.version, version)) ?? named[0];
  if (locked === undefined) return null;
  const hides = scene.input.hidesItsIndex(target);
  return {
    change,
    lock: target.path,
    name,
    version: locked.version ?? version,
    fixed,
    askable: !hides && locked.source === null,
    parents: hides ? [] : parentsOf(locked, packages),
    bounds: manifestsOf(lock, scene.locks).flatMap((path) => scene.boundsOf(path).get(name) ?? []),
    pythons: scene.pythonsOf(target),
    universal: UNIVERSAL.has(target.kind),
  };
}

function isSame(a: string, b: string): boolean {
  return a === b || (valid(a) !== null && valid(b) !== null && eq(a, b));
}

/** Threat: a package with a source of its own is not the one that the default index has under its name. */
function parentsOf(
  locked: LockedPackage,
  packages: ReadonlyMap<string, readonly LockedPackage[]>,
): readonly LockedParent[] {
  const all = [...packages.values()].flat();
  const tells = all.some(({ via }) => via.length > 0);
  const parents = tells ? locked.via.flatMap((name) => packages.get(name) ?? []) : all;
  return parents
    .flatMap(({ name, version, source }) =>
      version === null || source !== null || name === locked.name ? [] : [{ name, version }],
    )
    .slice(0, MAX_PARENTS);
}

/**
 * What the lock was made from. Another lock of this run among it only hands on what holds it itself, and its own question
 * tells that.
 */
function manifestsOf({ target }: RelockedLock, locks: ReadonlyMap<string, RelockedLock>): readonly string[] {
  const own = new Set([target.path, ...target.writes]);
  return [...new Set([...target.manifests, ...target.inputs])].filter((path) => {
    const other = locks.get(path);
    return !own.has(path) && (other === undefined || other.failed);
  });
}

function pythonsOf(target: Target, tree: Tree): readonly string[] {
  const { version } = target.python;
  if (!UNIVERSAL.has(target.kind)) return version === null ? [] : [version];
  // It was made on one Python, but holds for the oldest that the project allows, too.
  const oldest = fromManifests(tree, target.manifests)?.version ?? version;
  if (oldest === null) return [];
  const [major = 3, minor = 0] = minorOf(oldest).split('.').map(Number);
  const count = major === 3 ? Math.max(1, NEWEST_MINOR - minor + 1) : 1;
  return Array.from({ length: count }, (_, at) => `${major}.${minor + at}`);
}
