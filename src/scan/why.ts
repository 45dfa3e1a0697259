/** Why a finding with a fix stays after its lock was made anew. Pure: decides from what was learned. */
import { anyAdmits, requiresPythonAdmits, upperBounds, type Alternatives } from '../diff/specifiers.ts';
import { cpythonEnvironment, markerHolds, type MarkerEnvironment } from '../locks/compile/markers.ts';
import type { FindingChange, RemainingWhy } from './outcome.ts';
import { fixedReleases, type IndexRelease } from './why-releases.ts';
import type { LockedParent, RelockedLock, RemainingQuestion } from './why-questions.ts';

/** One `Requires-Dist` of a package. */
export interface RequiredPackage {
  /** Normalised. */
  readonly name: string;
  readonly writtenName: string;
  /** PEP 440 specifier set; empty: any version. */
  readonly specifier: string;
  /** PEP 508; empty when there is none. */
  readonly marker: string;
}

/** What the index told. */
export interface Knowledge {
  /** What a release wants; null: nobody knows. */
  readonly requires: (parent: LockedParent) => readonly RequiredPackage[] | null;
  /** All releases of a package, by its normalised name; null: nobody knows. */
  readonly releases: (name: string) => readonly IndexRelease[] | null;
  /** No release uploaded at or after this ISO 8601 instant could enter a lock; null: all could. */
  readonly cutoff: string | null;
}

/** Something that does not let every version in. */
interface Limit {
  readonly by: string;
  readonly wants: string;
  /** null: it cannot be read. */
  readonly admits: (release: IndexRelease) => boolean | null;
}

/**
 * Why one lock keeps it.
 *
 * - `held` when no release with the fix is let in: by one of the packages that want it, else by a line of a manifest, else
 *   by the lock's Python (`django 5.0.3 wants Python >=3.10 (the lock is for 3.8)`). The one that excludes most is named,
 *   and not what in turn holds it.
 * - `cool-down` when those that are let in are all younger than the cut-off.
 * - `no-fix` when the index has none of them.
 * - `unknown` otherwise.
 */
export function whyRemains(question: RemainingQuestion, known: Knowledge): RemainingWhy {
  const [lowest] = question.fixed;
  const told = question.askable ? known.releases(question.name) : null;
  const candidates = told === null ? unlisted(question.fixed) : fixedReleases(question.fixed, told);
  const [first] = candidates;
  if (first === undefined) {
    return { kind: 'no-fix', note: `the index has no ${lowest} or later that was not withdrawn` };
  }
  const limits = limitsOf(question, known, { candidates, listed: told !== null });
  const excluded = limits.map(
    ({ admits }) => new Set(candidates.filter((release) => admits(release) === false)),
  );
  const left = candidates.filter((release) => !excluded.some((releases) => releases.has(release)));
  const [free] = left;
  if (free === undefined) {
    const most = Math.max(...excluded.map(({ size }) => size));
    const holder = limits[excluded.findIndex(({ size }) => size === most)];
    return holder === undefined
      ? { kind: 'unknown', fixed: lowest }
      : { kind: 'held', by: holder.by, wants: holder.wants, fixed: first.version };
  }
  if (free.uploaded !== null && left.every((release) => isYoung(release, known.cutoff))) {
    return { kind: 'cool-down', fixed: free.version, released: free.uploaded };
  }
  return { kind: 'unknown', fixed: free.version };
}

/** The advisory's own versions, where the index was not asked or did not answer. */
function unlisted(fixed: readonly string[]): readonly IndexRelease[] {
  return fixed.map((version) => ({ version, uploaded: null, requiresPython: [], yanked: false }));
}

function isYoung({ uploaded }: IndexRelease, cutoff: string | null): boolean {
  return cutoff !== null && uploaded !== null && Date.parse(uploaded) >= Date.parse(cutoff);
}

function limitsOf(
  question: RemainingQuestion,
  known: Knowledge,
  { candidates, listed }: { readonly candidates: readonly IndexRelease[]; readonly listed: boolean },
): readonly Limit[] {
  const { name, parents, bounds, pythons } = question;
  /** Without a list of releases, what excludes but some versions says nothing of those above them. */
  const limit = (by: string, wants: string, ranges: Alternatives): Limit => {
    const asked = listed ? ranges : ranges.map((range) => upperBounds(range));
    return { by, wants, admits: ({ version }) => anyAdmits(asked, version) };
  };
  const wanting = parents.flatMap((parent) =>
    inForce(
      (known.requires(parent) ?? []).filter((one) => one.name === name),
      question,
    ).map((one) => limit(`${parent.name} ${parent.version}`, wish(one), [one.specifier])),
  );
  const written = bounds
    .filter(({ marker }) => mayHold(marker, question) !== 'no')
    .map(({ at, wants, ranges }) => limit(at, wants, ranges));
  const limits = [...wanting, ...written].slice(0, MAX_LIMITS);
  const [python] = pythons;
  return [...limits, ...(python === undefined ? [] : pythonLimit(name, candidates, python))];
}

/** Threat: a lock whose every package wants the same one, each in another range. */
const MAX_LIMITS = 50;

/** As much of a wish as anybody reads. */
const MOST_SHOWN = 200;

function wish({ writtenName, specifier }: RequiredPackage): string {
  const text = `${writtenName}${specifier.replaceAll(/\s+/gu, '')}`;
  return text.length > MOST_SHOWN ? `${text.slice(0, MOST_SHOWN)}…` : text;
}

/** None when all releases run on it. */
function pythonLimit(name: string, candidates: readonly IndexRelease[], python: string): readonly Limit[] {
  const admits = ({ requiresPython }: IndexRelease): boolean =>
    requiresPython.length === 0 ||
    requiresPython.some((requires) => requires === null || requiresPythonAdmits(requires, python));
  const first = candidates.find((release) => !admits(release));
  const wanted = first?.requiresPython.find((requires) => requires !== null) ?? null;
  if (first === undefined || wanted === null) return [];
  const range = wanted.replaceAll(/\s+/gu, '').slice(0, MOST_SHOWN);
  const wants = `Python ${range} (the lock is for ${python})`;
  return [{ by: `${name} ${first.version}`, wants, admits }];
}

/** Wishes that hold without any extra; where none does, those of extras: one of them must have been asked for. */
function inForce(
  required: readonly RequiredPackage[],
  question: RemainingQuestion,
): readonly RequiredPackage[] {
  const plain = required.filter(({ marker }) => mayHold(marker, question) === 'yes');
  return plain.length > 0
    ? plain
    : required.filter(({ marker }) => mayHold(marker, question) === 'with-an-extra');
}

/** More names of extras in one marker are nobody's. */
const MAX_EXTRAS = 20;

/** Whether a marker can hold on any Python of the lock. */
function mayHold(
  marker: string,
  { pythons, universal }: Pick<RemainingQuestion, 'pythons' | 'universal'>,
): 'yes' | 'with-an-extra' | 'no' {
  if (marker === '' || marker.length > 2000) return 'yes';
  const environments =
    pythons.length === 0
      ? [environmentOf(null, universal)]
      : pythons.map((python) => environmentOf(python, universal));
  if (environments.some((environment) => markerHolds(marker, environment, []) !== false)) return 'yes';
  const extras = [...marker.matchAll(/["']([\w.-]{1,100})["']/gu)].map(([, extra = '']) => extra);
  const asked = extras.slice(0, MAX_EXTRAS);
  return /\bextra\b/u.test(marker) &&
    environments.some((environment) => markerHolds(marker, environment, asked) !== false)
    ? 'with-an-extra'
    : 'no';
}

/** What is not in it cannot be told. */
function environmentOf(python: string | null, universal: boolean): MarkerEnvironment {
  const { python_version, python_full_version, implementation_version, ...rest } = cpythonEnvironment(
    python ?? '3',
  );
  const versions = python === null ? {} : { python_version, python_full_version, implementation_version };
  return Object.fromEntries(
    Object.entries({ ...(universal ? {} : rest), ...versions }).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value]],
    ),
  );
}

/** What tells a reader most comes first. */
const ORDER: readonly RemainingWhy['kind'][] = ['held', 'cool-down', 'no-fix', 'failed', 'unknown', 'image'];

/**
 * Why a finding stays, over all of its places.
 * @param answers what `whyRemains` said of those locks that there was a question for.
 */
export function whyOfChange(
  change: FindingChange,
  answers: readonly RemainingWhy[],
  locks: ReadonlyMap<string, RelockedLock>,
): RemainingWhy {
  const { finding, after } = change;
  const [fixed] = finding.fixed;
  if (fixed === undefined) return { kind: 'no-fix', note: finding.note };
  const failed = after.find(({ kind, location }) => kind === 'lock' && locks.get(location)?.failed === true);
  const all: readonly RemainingWhy[] = [
    ...answers,
    ...(failed === undefined ? [] : [{ kind: 'failed', location: failed.location } as const]),
    after.every(({ kind }) => kind === 'image') ? { kind: 'image', fixed } : { kind: 'unknown', fixed },
  ];
  const best = ORDER.map((kind) => all.find((why) => why.kind === kind)).find((why) => why !== undefined);
  return best ?? { kind: 'unknown', fixed };
}
