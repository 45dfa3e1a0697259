/** How a package comes into each lock: by a manifest, through other packages, for development only. Pure. */
import type { LockContent, LockedPackage, TargetResult } from '../model.ts';
import { listed } from './count.ts';
import { code, table } from './markdown.ts';

const MOST_LOCKS = 30;
const MOST_CHAINS = 3;
/** Groups of those who only use the project. */
const MAIN: ReadonlySet<string> = new Set(['main', 'default']);

/** A table with a row for each lock that has, or had, the package; empty when none is known to. */
export function waysTable(results: readonly TargetResult[], name: string): string {
  const ways = results.flatMap((result) => wayOf(result, name) ?? []);
  if (ways.length === 0) return '';
  const rows = ways
    .slice(0, MOST_LOCKS)
    .map(({ lock, had, how, needed }) => [code(lock), had, how, ...(anyGroups(ways) ? [needed] : [])]);
  const head = ['Lock', 'Had', 'How it comes in', ...(anyGroups(ways) ? ['Needed for'] : [])];
  const more = ways.length - MOST_LOCKS;
  return more > 0 ? `${table(head, rows)}\n\nand in ${more} more locks` : table(head, rows);
}

interface Way {
  readonly lock: string;
  readonly had: string;
  readonly how: string;
  readonly needed: string;
}

function anyGroups(ways: readonly Way[]): boolean {
  return ways.some(({ needed }) => needed !== '');
}

function wayOf({ target, changes, contents }: TargetResult, name: string): Way | null {
  const before = contents?.before ?? null;
  const moved = changes.filter((change) => change.name === name && change.from !== null);
  const packages = before?.packages.filter((one) => one.name === name) ?? [];
  // A lock that could not be read as a whole may still have its changes.
  const entries: readonly Pick<LockedPackage, 'version' | 'direct' | 'via' | 'groups'>[] =
    packages.length > 0 ? packages : moved.map((change) => ({ ...change, version: change.from }));
  if (entries.length === 0) return null;
  const versions = [...new Set(entries.map(({ version }) => version ?? 'no version'))];
  const groups = [...new Set(entries.flatMap((one) => one.groups))].sort();
  return {
    lock: target.path,
    had: versions.map((version) => code(version, 60)).join(', '),
    how: howOf(name, entries, before),
    needed: neededFor(groups),
  };
}

function howOf(
  name: string,
  entries: readonly Pick<LockedPackage, 'direct' | 'via'>[],
  content: LockContent | null,
): string {
  if (entries.some(({ direct }) => direct)) return 'direct: a manifest names it';
  const chains = content === null ? [] : chainsTo(name, content);
  const via = [...new Set(entries.flatMap((one) => one.via))].sort();
  const ways = chains.length > 0 ? chains : via.map((parent) => [parent]);
  if (ways.length === 0) return 'indirect';
  const shown = ways.slice(0, MOST_CHAINS).map((chain) => chain.map((one) => code(one, 80)).join(' → '));
  const more = ways.length - shown.length;
  return `through ${listed(more > 0 ? [...shown, `${more} more`] : shown)}`;
}

/** The shortest way from each package that a manifest names, without the package itself at its end. */
export function chainsTo(name: string, { packages }: LockContent): readonly (readonly string[])[] {
  const wantedBy = new Map<string, Set<string>>();
  const direct = new Set<string>();
  for (const one of packages) {
    const parents = wantedBy.get(one.name) ?? new Set();
    for (const parent of one.via) parents.add(parent);
    wantedBy.set(one.name, parents);
    if (one.direct) direct.add(one.name);
  }
  /** From each package that was reached, the next one on the way down. */
  const down = new Map<string, string | null>([[name, null]]);
  // A map grows while it is walked: breadth first, so that the first way found is a shortest one.
  for (const [one] of down) {
    if (one !== name && direct.has(one)) continue;
    for (const parent of wantedBy.get(one) ?? []) if (!down.has(parent)) down.set(parent, one);
  }
  return [...down.keys()]
    .filter((one) => one !== name && direct.has(one))
    .map((root) => {
      const chain: string[] = [];
      for (let at: string | null = root; at !== null && at !== name; at = down.get(at) ?? null)
        chain.push(at);
      return chain;
    });
}

/** `` only for `dev` ``, or empty where the lock has no groups. */
function neededFor(groups: readonly string[]): string {
  if (groups.length === 0) return '';
  const named = listed(groups.slice(0, 5).map((group) => code(group, 40)));
  return groups.some((group) => MAIN.has(group)) ? named : `only ${named}`;
}
