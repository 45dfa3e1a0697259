/**
 * The order in which apt looks at packages whose dependencies do not hold: the most important first, by its problem
 * resolver's scores (pkgProblemResolver::MakeScores). It decides which of two packages that exclude each other stays. Pure.
 */
import { isInRange } from './deb-relation.ts';
import { isNegative, type Relations } from './deb-state.ts';
import type { DebPackage, DebUniverse, DebVersion } from './deb-universe.ts';

const PRIORITIES: ReadonlyMap<string, number> = new Map([
  ['required', 3],
  ['important', 2],
  ['standard', 1],
  ['optional', -1],
  ['extra', -2],
]);
const EXTRA = -2;

/** @param protectedOnes packages that are held back by phasing. */
export function scoresOf(
  universe: DebUniverse,
  relations: Relations,
  chosen: (one: DebPackage) => DebVersion,
  candidateOf: (one: DebPackage) => DebVersion,
  protectedOnes: ReadonlySet<DebPackage>,
): readonly number[] {
  const scores = universe.packages.map(() => 0);
  const add = (one: DebPackage, value: number): void => {
    scores[one.id] = (scores[one.id] ?? 0) + value;
  };
  for (const one of universe.packages) {
    const version = chosen(one);
    if (one.essential) add(one, 100);
    add(one, version.origins.length > 0 ? (PRIORITIES.get(version.record.priority) ?? 0) : EXTRA);
    if (candidateOf(one).origins.length > 0) add(one, 1);
    for (const dependency of version.dependencies) {
      const value = isNegative(dependency) ? -1 : 1;
      for (const target of dependency.clause) {
        const real = realTarget(universe, one, target.name, target.arch);
        // A named version that the package itself does not have: apt looks at no provider either.
        if (target.operator !== null && (real === null || !isInRange(chosen(real).record.version, target)))
          continue;
        const met = relations
          .targetsOf(version, dependency, target)
          .filter((each) => chosen(each.package) === each);
        for (const each of new Set(met.map((found) => found.package))) add(each, value);
      }
    }
  }
  const old = [...scores];
  // One level of inheritance from those that depend on it.
  for (const one of universe.packages) {
    for (const dependency of chosen(one).dependencies) {
      if (isNegative(dependency) || (old[one.id] ?? 0) <= 0) continue;
      for (const target of dependency.clause) {
        const real = realTarget(universe, one, target.name, target.arch);
        if (real !== null) add(real, old[one.id] ?? 0);
      }
    }
  }
  const inherited = scores.map((score, id) => Math.abs(score - (old[id] ?? 0)));
  for (const one of universe.packages) {
    const { provides, record } = chosen(one);
    // Also what a package provides of its own name.
    for (const name of new Set(provides.flatMap((each) => (each.arch === null ? [each.name] : [])))) {
      for (const real of universe.groups.get(name) ?? []) {
        if (real.arch === one.arch || record.multiArch === 'foreign') add(one, inherited[real.id] ?? 0);
      }
    }
  }
  for (const one of universe.packages) {
    if (protectedOnes.has(one)) add(one, 10_000);
    if (one.essential) add(one, 5000);
  }
  return scores;
}

function realTarget(
  universe: DebUniverse,
  from: DebPackage,
  name: string,
  arch: string | null,
): DebPackage | null {
  // With an architecture, apt means a name of its own that the package provides.
  if (arch !== null) return null;
  return (universe.groups.get(name) ?? []).find((each) => each.arch === from.arch) ?? null;
}
