/** From an advisory and who has its packages to what is to be done where. */
import { compareSeverity } from '../scan/model.ts';
import type { SeverityLevel } from '../scan/model.ts';
import { affected, narrowed } from './affected.ts';
import { advisoryKey } from './model.ts';
import type { Advisory } from './model.ts';

/** One release of a package in one place of a repository, as the index of packages gives it. */
export interface Holder {
  readonly ecosystem: string;
  readonly name: string;
  readonly version: string;
  readonly direct: boolean;
  readonly dev: boolean;
  readonly repository: { readonly id: number; readonly owner: string; readonly name: string };
  readonly installation: number;
  readonly kind: 'lock' | 'image';
  /** The lock's path, or the image as written. */
  readonly place: string;
}

export interface AffectedPlace {
  readonly kind: 'lock' | 'image';
  readonly place: string;
  readonly version: string;
  readonly direct: boolean;
  readonly dev: boolean;
}

/** What is to be done about one package of one repository. */
export interface AdvisoryPlan {
  readonly repository: Holder['repository'];
  readonly installation: number;
  readonly ecosystem: string;
  readonly package: string;
  /**
   * `fix`: what is locked is affected. `settle`: it is not (any more), or all the advisories are withdrawn; a pull request
   * that was opened for them may be closed.
   */
  readonly what: 'fix' | 'settle';
  /** Names of all the advisories, without doubles. */
  readonly ids: readonly string[];
  /** With what they say of this package alone; the worst first. */
  readonly advisories: readonly Advisory[];
  /** The worst of those. */
  readonly severity: SeverityLevel;
  /** Affected ones, by place; none when there is nothing but to settle. */
  readonly places: readonly AffectedPlace[];
}

export interface PlanOptions {
  /** It was acted on before: then also those who have the package in other versions are told, who may have been affected. */
  readonly seen: boolean;
}

/**
 * One entry for each repository and package, in the order of the rows.
 *
 * An alert is about its own repository alone. What a repository publishes about its own code reaches those of the same
 * installation: threat: nobody has reviewed it, and it may name whatever package it likes, so it must not open pull requests
 * in the repositories of strangers; those hear of it when it is reviewed (`security_advisory`).
 */
export function plan(
  advisory: Advisory,
  rows: readonly Holder[],
  options: PlanOptions = { seen: false },
): readonly AdvisoryPlan[] {
  const reached = rows.filter((row) => reaches(advisory, row));
  const hit = new Set<Holder>(advisory.state === 'withdrawn' ? [] : affected(advisory, reached));
  const settles = options.seen || advisory.state === 'withdrawn';
  const parts = new Map<string, Advisory>();
  const plans = new Map<string, { readonly plan: AdvisoryPlan; readonly places: AffectedPlace[] }>();
  for (const row of reached) {
    if (!hit.has(row) && !settles) continue;
    const { ecosystem, name } = row;
    const partKey = JSON.stringify([ecosystem, name]);
    const part = parts.get(partKey) ?? narrowed(advisory, ecosystem, name);
    parts.set(partKey, part);
    // A row that was not asked for. A withdrawn one may name no package any more.
    if (part.packages.length === 0 && advisory.state !== 'withdrawn') continue;
    const key = keyOf(row.repository.id, ecosystem, name);
    const one = plans.get(key) ?? { plan: planOf(row, part), places: [] };
    plans.set(key, one);
    if (hit.has(row)) one.places.push(placeOf(row));
  }
  return [...plans.values()].map(({ plan, places }) => finished(plan, places));
}

/**
 * Several advisories' plans as one for each repository and package, so that one release can fix what it can. Of an advisory
 * that is told twice the later word counts; where anything is left to fix, what is settled is not told of.
 */
export function group(plans: readonly AdvisoryPlan[]): readonly AdvisoryPlan[] {
  const groups = new Map<string, AdvisoryPlan[]>();
  for (const one of plans) {
    const key = keyOf(one.repository.id, one.ecosystem, one.package);
    const same = groups.get(key);
    if (same === undefined) groups.set(key, [one]);
    else same.push(one);
  }
  return [...groups.values()].flatMap((same) => {
    const first = same[0];
    return first === undefined ? [] : [same.length === 1 ? first : merged(first, same)];
  });
}

function merged(first: AdvisoryPlan, same: readonly AdvisoryPlan[]): AdvisoryPlan {
  const words = same.flatMap((plan) => plan.advisories.map((advisory) => ({ advisory, plan })));
  const last = [...new Map(words.map((word) => [advisoryKey(word.advisory), word])).values()];
  const standing = last.filter(({ plan }) => plan.what === 'fix');
  const kept = standing.length === 0 ? last : standing;
  const advisories = kept.map(({ advisory }) => advisory).sort(worstFirst);
  const base = {
    ...first,
    ids: [...new Set(advisories.flatMap(({ ids }) => ids))],
    advisories,
    severity: advisories[0]?.severity.level ?? 'unknown',
  };
  const from = new Set(kept.map(({ plan }) => plan));
  return finished(
    base,
    [...from].flatMap(({ places }) => places),
  );
}

function reaches({ source, repository, installation }: Advisory, row: Holder): boolean {
  switch (source) {
    case 'security_advisory':
    case 'osv':
      return true;
    case 'dependabot_alert':
      return repository?.id === row.repository.id;
    case 'repository_advisory':
      return installation === row.installation;
  }
}

function planOf({ repository, installation, ecosystem, name }: Holder, part: Advisory): AdvisoryPlan {
  return {
    repository,
    installation,
    ecosystem,
    package: name,
    what: 'settle',
    ids: part.ids,
    advisories: [part],
    severity: part.severity.level,
    places: [],
  };
}

function finished(plan: AdvisoryPlan, places: readonly AffectedPlace[]): AdvisoryPlan {
  const single = new Map(places.map((one) => [JSON.stringify([one.kind, one.place, one.version]), one]));
  const sorted = [...single].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, one]) => one);
  return { ...plan, what: sorted.length === 0 ? 'settle' : 'fix', places: sorted };
}

function placeOf({ kind, place, version, direct, dev }: Holder): AffectedPlace {
  return { kind, place, version, direct, dev };
}

function worstFirst(a: Advisory, b: Advisory): number {
  return compareSeverity(a.severity.level, b.severity.level) || (a.id < b.id ? -1 : Number(a.id > b.id));
}

function keyOf(repository: number, ecosystem: string, name: string): string {
  return JSON.stringify([repository, ecosystem, name]);
}
