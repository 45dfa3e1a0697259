/** Dependency groups of locked packages, where the lock itself does not tell them (Poetry 1.5 to 1.8). Pure. */
import type { Node } from './parse.ts';

/**
 * Walks from each group's own dependencies over what packages need. An optional need (of an extra) is only followed to
 * packages that nothing else explains, since most of them are locked for another reason.
 * @returns the groups by name; a package that no walk reaches is not in it.
 */
export function groupsFromGraph(
  nodes: readonly Node[],
  direct: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, readonly string[]> {
  const byName = new Map<string, Node[]>();
  for (const node of nodes) {
    const same = byName.get(node.name);
    if (same === undefined) byName.set(node.name, [node]);
    else same.push(node);
  }
  const roots = new Map<string, string[]>();
  for (const [name, groups] of direct) {
    for (const group of groups) roots.set(group, [...(roots.get(group) ?? []), name]);
  }
  const found = new Map<string, Set<string>>();
  const walk = (
    group: string,
    names: readonly string[],
    take: (name: string, optional: boolean) => boolean,
  ): void => {
    const seen = new Set<string>();
    const open = [...names];
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      if (seen.has(name) || !byName.has(name)) continue;
      seen.add(name);
      const groups = found.get(name);
      if (groups === undefined) found.set(name, new Set([group]));
      else groups.add(group);
      for (const { needs } of byName.get(name) ?? []) {
        for (const need of needs) if (take(need.name, need.optional)) open.push(need.name);
      }
    }
  };
  for (const [group, names] of roots) walk(group, names, (_name, optional) => !optional);
  const explained = new Set(found.keys());
  for (const [group, names] of roots)
    walk(group, names, (name, optional) => !optional || !explained.has(name));
  return new Map([...found].map(([name, groups]) => [name, [...groups].sort()]));
}
