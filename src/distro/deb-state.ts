/** Whether dependencies hold, for a choice of one version for each package; as apt's cache decides it. Pure. */
import { isInRange, type DebTarget } from './deb-relation.ts';
import type { DebDependency, DebPackage, DebUniverse, DebVersion } from './deb-universe.ts';

/** A version that stands for a name, as itself or because it provides it. */
export interface Standing {
  readonly version: DebVersion;
  /** The version under which it stands for it; empty: none. */
  readonly as: string;
  readonly provided: boolean;
  /** As itself, for other architectures (`Multi-Arch: foreign`). */
  readonly implicit: boolean;
}

export interface Relations {
  /** All versions that could meet a demand, or be meant by a conflict; of each package the newest first. */
  readonly targetsOf: (
    from: DebVersion,
    dependency: DebDependency,
    target: DebTarget,
  ) => readonly DebVersion[];
  /** Whether the dependency holds when each package has the version that `chosen` tells. */
  readonly holds: (
    from: DebVersion,
    dependency: DebDependency,
    chosen: (one: DebPackage) => DebVersion,
  ) => boolean;
  /** Packages whose dependencies, in any version, name this or what it provides: those that its move can touch. */
  readonly touchedBy: (one: DebPackage) => Iterable<DebPackage>;
}

export function isNegative({ type }: DebDependency): boolean {
  return type === 'conflicts' || type === 'breaks';
}

export function createRelations(universe: DebUniverse): Relations {
  const provided = providersOf(universe);
  const dependents = dependentsOf(universe);

  /** All that may be meant by a target, whatever its version. */
  function standingFor(from: DebVersion, dependency: DebDependency, target: DebTarget): readonly Standing[] {
    const wanted = target.arch === 'native' ? universe.native : target.arch;
    // Without an architecture, a demand is for its own, and a conflict with all.
    const archs = isNegative(dependency) ? universe.architectures : [from.package.arch];
    const found: Standing[] = [];
    for (const arch of wanted === null ? archs : [wanted]) {
      const real = (universe.groups.get(target.name) ?? []).find((each) => each.arch === arch);
      for (const version of real?.versions ?? []) {
        found.push({ version, as: version.record.version, provided: false, implicit: false });
      }
      found.push(...(provided.get(`${target.name}:${arch}`) ?? []));
    }
    if (wanted !== null) return found;
    const known = new Set(found.map(({ version }) => version));
    const everywhere = provided.get(`${target.name}:*`) ?? [];
    return [...found, ...everywhere.filter(({ version, implicit }) => !implicit || !known.has(version))];
  }

  /** A package never conflicts with itself, nor with what it provides itself. */
  function isIgnorable(from: DebVersion, dependency: DebDependency, standing: Standing): boolean {
    if (!isNegative(dependency)) return false;
    const isOwnGroup = standing.version.package.name === from.package.name;
    if (standing.provided) return isOwnGroup || dependency.implicit;
    if (!isOwnGroup) return false;
    if (standing.version.package === from.package) return true;
    return from.record.multiArch === 'same' && !dependency.implicit;
  }

  // A target belongs to one dependency of one version.
  const known = new Map<DebTarget, readonly DebVersion[]>();

  function targetsOf(from: DebVersion, dependency: DebDependency, target: DebTarget): readonly DebVersion[] {
    const before = known.get(target);
    if (before !== undefined) return before;
    const found = standingFor(from, dependency, target)
      .filter((standing) => isInRange(standing.as, target) && !isIgnorable(from, dependency, standing))
      .map(({ version }) => version);
    known.set(target, found);
    return found;
  }

  return {
    targetsOf,
    holds(from, dependency, chosen) {
      const isMet = dependency.clause.some((target) =>
        targetsOf(from, dependency, target).some((version) => chosen(version.package) === version),
      );
      return isNegative(dependency) ? !isMet : isMet;
    },
    *touchedBy(one) {
      yield one;
      const names = new Set([one.name]);
      for (const version of one.versions) for (const { name } of version.provides) names.add(name);
      for (const name of names) yield* dependents.get(name) ?? [];
    },
  };
}

/** By `name:arch`; `name:any` for those that answer for all architectures, `name:*` for what stands for a name in each. */
function providersOf(universe: DebUniverse): ReadonlyMap<string, readonly Standing[]> {
  const found = new Map<string, Standing[]>();
  const add = (key: string, version: DebVersion, as: string, implicit = false): void => {
    const known = found.get(key);
    const standing = { version, as, provided: true, implicit };
    if (known === undefined) found.set(key, [standing]);
    else known.push(standing);
  };
  for (const one of universe.packages) {
    for (const version of one.versions) {
      const { multiArch, version: own } = version.record;
      if (multiArch === 'allowed') add(`${one.name}:any`, version, own);
      if (multiArch === 'foreign') add(`${one.name}:*`, version, own, true);
      for (const { name, arch, operator, version: as } of version.provides) {
        // Only `=` is meant for what is provided.
        if (operator !== null && operator !== '=') continue;
        if (arch !== null) add(`${name}:${arch}`, version, as);
        else if (multiArch === 'foreign') add(`${name}:*`, version, as);
        else {
          add(`${name}:${one.arch}`, version, as);
          if (multiArch === 'allowed') add(`${name}:any`, version, as);
        }
      }
    }
  }
  return found;
}

function dependentsOf(universe: DebUniverse): ReadonlyMap<string, ReadonlySet<DebPackage>> {
  const found = new Map<string, Set<DebPackage>>();
  for (const one of universe.packages) {
    for (const { dependencies } of one.versions) {
      for (const { clause } of dependencies) {
        for (const { name } of clause) {
          const known = found.get(name);
          if (known === undefined) found.set(name, new Set([one]));
          else known.add(one);
        }
      }
    }
  }
  return found;
}
