/**
 * What `apt-get upgrade` moves and what it keeps back: all candidates are taken, and then given up one by one until all
 * dependencies hold, in apt's own order (pkgProblemResolver::ResolveByKeep). Nothing is installed or removed. Pure.
 */
import { keptText, stopperText, unmetText } from './deb-because.ts';
import { scoresOf } from './deb-score.ts';
import { createRelations, type Relations } from './deb-state.ts';
import type { DebDependency, DebPackage, DebUniverse, DebVersion } from './deb-universe.ts';

export interface UpgradeOptions {
  readonly candidateOf: (one: DebPackage) => DebVersion;
  /** Candidates that this image is not to have yet. */
  readonly isPhased: (candidate: DebVersion) => boolean;
  /** `APT::Install-Recommends`: an upgrade that leaves a recommendation unmet that was met is kept back. */
  readonly recommends: boolean;
  /** Checks of dependencies; past it there is no answer. Threat: a database made to be slow. */
  readonly maxSteps: number;
}

export type UpgradeDecision =
  | { readonly kind: 'upgrade' }
  | { readonly kind: 'kept-back'; readonly because: string }
  | { readonly kind: 'phased' };

export interface Upgrade {
  /** For each package whose candidate is another version than the installed one. */
  readonly decisions: ReadonlyMap<DebPackage, UpgradeDecision>;
  /** What does not hold as the image is: apt then refuses to upgrade anything. null: all does. */
  readonly broken: string | null;
}

type Choice = (one: DebPackage) => DebVersion;

/** @returns null when it takes more steps than allowed. */
export function planUpgrade(universe: DebUniverse, options: UpgradeOptions): Upgrade | null {
  const { packages } = universe;
  const candidates = packages.map(options.candidateOf);
  const candidateOf: Choice = (one) => candidates[one.id] ?? one.installed;
  const movable = packages.filter((one) => candidateOf(one) !== one.installed);
  const relations = createRelations(universe);
  const now: Choice = (one) => one.installed;
  const broken = packages.flatMap((one) => unmetText(one, problemOf(relations, one.installed, now)) ?? [])[0];
  if (broken !== undefined) {
    const because = `apt refuses to upgrade anything: ${broken}`;
    return { decisions: new Map(movable.map((one) => [one, { kind: 'kept-back', because }])), broken };
  }

  const start = startOf(universe, options, candidateOf, movable);
  const { versions, phased, reasons } = start;
  const chosen: Choice = (one) => versions[one.id] ?? one.installed;
  // Only a recommendation that an upgrade breaks counts.
  const isPicky = packages.map(
    (one) => options.recommends && recommendationOf(relations, one.installed, now) === null,
  );
  let steps = 0;
  const look = (one: DebPackage): DebDependency | null => {
    const version = chosen(one);
    steps += 1 + version.dependencies.length;
    const problem = problemOf(relations, version, chosen);
    return problem === null && isPicky[one.id] === true
      ? recommendationOf(relations, version, chosen)
      : problem;
  };
  const problems = packages.map(look);
  const isBroken = (one: DebPackage): boolean => (problems[one.id] ?? null) !== null;
  const keep = (one: DebPackage, because: () => string): void => {
    if (chosen(one) === one.installed || phased.has(one)) return;
    reasons.set(one, because());
    versions[one.id] = one.installed;
    for (const touched of relations.touchedBy(one)) problems[touched.id] = look(touched);
  };

  /** Keeps back what is in the way of `one`, in the order in which its dependencies name it, until it has what it needs. */
  const keepStoppers = (one: DebPackage): void => {
    const from = chosen(one);
    for (const dependency of from.dependencies) {
      if (dependency.type === 'recommends' || relations.holds(from, dependency, chosen)) continue;
      for (const target of dependency.clause) {
        for (const { package: other } of relations.targetsOf(from, dependency, target)) {
          keep(other, () => stopperText(from, dependency));
          if (!isBroken(one)) return;
        }
      }
    }
  };

  const scores = scoresOf(universe, relations, chosen, candidateOf, phased);
  const order = [...packages].sort((a, b) => (scores[b.id] ?? 0) - (scores[a.id] ?? 0));
  let last: DebPackage | null = null;
  for (let at = 0; at < order.length; at += 1) {
    const one = order[at];
    steps += 1;
    if (steps > options.maxSteps) return null;
    if (one === undefined || !isBroken(one)) continue;
    keep(one, () => keptText(relations, chosen(one), problems[one.id] ?? null, chosen));
    if (isBroken(one)) {
      keepStoppers(one);
      if (isBroken(one)) continue;
      // apt gives up where it is about to go round in circles.
      if (last === one) break;
      last = one;
    }
    at = -1;
  }

  return {
    broken: null,
    decisions: new Map(
      movable.map((one): [DebPackage, UpgradeDecision] => {
        if (chosen(one) !== one.installed) return [one, { kind: 'upgrade' }];
        if (phased.has(one)) return [one, { kind: 'phased' }];
        return [one, { kind: 'kept-back', because: reasons.get(one) ?? '' }];
      }),
    ),
  };
}

interface Start {
  /** By package: all candidates that nothing speaks against. */
  readonly versions: DebVersion[];
  readonly phased: ReadonlySet<DebPackage>;
  readonly reasons: Map<DebPackage, string>;
}

function startOf(
  universe: DebUniverse,
  options: UpgradeOptions,
  candidateOf: Choice,
  movable: readonly DebPackage[],
): Start {
  const versions = universe.packages.map((one) => one.installed);
  const phased = new Set<DebPackage>();
  const reasons = new Map<DebPackage, string>();
  for (const one of movable) {
    const candidate = candidateOf(one);
    if (one.hold) {
      reasons.set(one, 'it is on hold in the image (apt-mark hold)');
      continue;
    }
    if (options.isPhased(candidate)) {
      phased.add(one);
      continue;
    }
    const sibling = unsyncedSibling(universe, candidate, candidateOf);
    if (sibling === null) versions[one.id] = candidate;
    else reasons.set(one, `${sibling.name}:${sibling.arch} has no such version to move to with it`);
  }
  return { versions, phased, reasons };
}

/** Packages that are there for several architectures move to one version or not at all (`Multi-Arch: same`). */
function unsyncedSibling(
  universe: DebUniverse,
  candidate: DebVersion,
  candidateOf: Choice,
): DebPackage | null {
  if (candidate.record.multiArch !== 'same') return null;
  const siblings = universe.groups.get(candidate.package.name) ?? [];
  return (
    siblings.find((sibling) => {
      const other = candidateOf(sibling);
      return (
        sibling !== candidate.package &&
        other.record.version !== candidate.record.version &&
        other.record.multiArch === 'same' &&
        other.origins.length > 0
      );
    }) ?? null
  );
}

/** The first dependency without which the version does not work, or null. */
function problemOf(relations: Relations, version: DebVersion, chosen: Choice): DebDependency | null {
  return (
    version.dependencies.find(
      (each) => each.type !== 'recommends' && !relations.holds(version, each, chosen),
    ) ?? null
  );
}

function recommendationOf(relations: Relations, version: DebVersion, chosen: Choice): DebDependency | null {
  return (
    version.dependencies.find(
      (each) => each.type === 'recommends' && !relations.holds(version, each, chosen),
    ) ?? null
  );
}
