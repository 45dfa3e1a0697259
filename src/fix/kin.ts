/** Which packages of a group of locks may have to move with another one, nearest first. Pure. */
import type { LockContent } from '../model.ts';

/** More are not freed: an index is asked for the releases of each. */
const MAX_KIN = 60;

/**
 * Packages that want it, those that want them, and so on; then what all of these want. Of locks that do not tell who wants
 * what: all packages.
 * @param names normalised; not among the result.
 */
export function kinOf(contents: readonly LockContent[], names: readonly string[]): readonly string[] {
  const packages = contents.flatMap((content) => content.packages).filter(({ conda }) => conda === undefined);
  const parents = new Map<string, Set<string>>();
  const children = new Map<string, Set<string>>();
  for (const { name, via } of packages) {
    for (const parent of via) {
      add(parents, name, parent);
      add(children, parent, name);
    }
  }
  const there = new Set(packages.map(({ name }) => name));
  const tells = packages.some(({ via }) => via.length > 0);
  if (!tells) return [...there].filter((name) => !names.includes(name)).slice(0, MAX_KIN);
  const above = closure(names, parents);
  const below = closure(above, children);
  return [...below].filter((name) => there.has(name) && !names.includes(name)).slice(0, MAX_KIN);
}

function add(map: Map<string, Set<string>>, key: string, value: string): void {
  const set = map.get(key);
  if (set === undefined) map.set(key, new Set([value]));
  else set.add(value);
}

/** Breadth first; the start comes first. */
function closure(
  start: Iterable<string>,
  edges: ReadonlyMap<string, ReadonlySet<string>>,
): ReadonlySet<string> {
  const seen = new Set(start);
  // A set is walked in the order of insertion, what is inserted meanwhile too.
  for (const name of seen) for (const next of edges.get(name) ?? []) seen.add(next);
  return seen;
}
