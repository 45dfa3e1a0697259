/** uv.lock as the one model of all locks. Pure. */
import type { LockContent, LockedPackage } from '../../model.ts';
import { isPublicIndex } from '../public-index.ts';
import { readUvLock } from './lock-file.ts';
import type { UvDependency, UvLockFile, UvPackage, UvSource } from './lock-file.ts';

/** Threat: a lock of thousands of packages under hundreds of groups. Past this many visits, groups are left out. */
const MOST_VISITS = 2_000_000;

/**
 * Reads uv.lock. Members of the workspace (and the project itself) are not packages; each (name, version) is one.
 * @throws {LockSyntaxError}
 */
export function parseUvLock(path: string, text: string): LockContent {
  return contentOf(readUvLock(path, text));
}

/** Normalised names that the manifests themselves ask for. */
export function directNames(lock: UvLockFile): ReadonlySet<string> {
  const members = lock.packages.filter((one) => isMember(lock, one));
  return new Set([...roots(lock, members).values()].flat().map(({ name }) => name));
}

function contentOf(lock: UvLockFile): LockContent {
  const members = lock.packages.filter((one) => isMember(lock, one));
  const inside = new Set(members);
  const graph = indexOf(lock.packages);
  const groups = groupsOf(lock, members, graph);
  const direct = directNames(lock);
  const via = viaOf(lock.packages.filter((one) => !inside.has(one)));
  const merged = new Map<string, LockedPackage>();
  for (const one of lock.packages) {
    if (inside.has(one)) continue;
    const key = `${one.name} ${one.version ?? ''}`;
    const had = merged.get(key);
    const hashes = one.files.flatMap(({ hash }) => (hash === null ? [] : [hash]));
    merged.set(key, {
      name: one.name,
      version: one.version,
      source: had === undefined ? sourceText(one.source) : (had.source ?? sourceText(one.source)),
      hashes: sorted([...(had?.hashes ?? []), ...hashes]),
      direct: direct.has(one.name),
      via: sorted(via.get(one.name) ?? []),
      groups: sorted([...(had?.groups ?? []), ...(groups.get(one) ?? [])]),
    });
  }
  return { packages: [...merged.values()] };
}

/** A member, or the lone project: where the lock has no list of members, the one at the lock's own folder. */
function isMember(lock: UvLockFile, one: UvPackage): boolean {
  if (one.source === null || !['editable', 'virtual', 'directory'].includes(one.source.kind)) return false;
  return lock.members.length > 0 ? lock.members.includes(one.name) : one.source.at === '.';
}

/** What the manifests name, by group. */
function roots(
  lock: UvLockFile,
  members: readonly UvPackage[],
): ReadonlyMap<string, readonly UvDependency[]> {
  const named = new Map<string, UvDependency[]>();
  const add = (group: string, dependencies: readonly UvDependency[]): void => {
    const had = named.get(group);
    if (had === undefined) named.set(group, [...dependencies]);
    else had.push(...dependencies);
  };
  add('main', lock.requirements);
  for (const [group, dependencies] of lock.rootGroups) add(group, dependencies);
  for (const member of members) {
    add('main', member.dependencies);
    for (const [extra, dependencies] of member.optional) add(extra, dependencies);
    for (const [group, dependencies] of member.groups) add(group, dependencies);
  }
  return named;
}

/** Which groups and extras reach a package. */
function groupsOf(
  lock: UvLockFile,
  members: readonly UvPackage[],
  graph: ReadonlyMap<string, readonly UvPackage[]>,
): ReadonlyMap<UvPackage, readonly string[]> {
  const found = new Map<UvPackage, string[]>();
  let visits = 0;
  for (const [group, dependencies] of roots(lock, members)) {
    const seen = new Set<string>();
    const queue = [...dependencies];
    for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
      visits += 1;
      if (visits > MOST_VISITS) return new Map();
      for (const one of graph.get(next.name) ?? []) {
        if (next.version !== null && one.version !== next.version) continue;
        const key = `${one.name} ${one.version ?? ''} ${one.source?.at ?? ''}`;
        if (!seen.has(key)) {
          seen.add(key);
          queue.push(...one.dependencies);
          const had = found.get(one);
          if (had === undefined) found.set(one, [group]);
          else had.push(group);
        }
        for (const extra of next.extras) {
          if (seen.has(`${key}[${extra}]`)) continue;
          seen.add(`${key}[${extra}]`);
          queue.push(...(one.optional.get(extra) ?? []));
        }
      }
    }
  }
  return found;
}

function indexOf(packages: readonly UvPackage[]): ReadonlyMap<string, readonly UvPackage[]> {
  const index = new Map<string, UvPackage[]>();
  for (const one of packages) {
    const had = index.get(one.name);
    if (had === undefined) index.set(one.name, [one]);
    else had.push(one);
  }
  return index;
}

function viaOf(packages: readonly UvPackage[]): ReadonlyMap<string, readonly string[]> {
  const via = new Map<string, string[]>();
  for (const one of packages) {
    for (const { name } of [...one.dependencies, ...[...one.optional.values()].flat()]) {
      if (name === one.name) continue;
      const had = via.get(name);
      if (had === undefined) via.set(name, [one.name]);
      else had.push(one.name);
    }
  }
  return via;
}

function sourceText(source: UvSource | null): string | null {
  if (source === null) return null;
  const { kind } = source;
  switch (kind) {
    case 'registry':
      return isPublicIndex(source.at) ? null : source.at;
    case 'git':
      return gitText(source.at);
    case 'url':
      return source.subfolder === null ? source.at : `${source.at}#subdirectory=${source.subfolder}`;
    case 'path':
    case 'directory':
    case 'editable':
    case 'virtual':
      return source.at;
    default:
      return kind satisfies never;
  }
}

/** `https://host/x?subdirectory=a&rev=main#<sha>` -> `git+https://host/x@<sha>#subdirectory=a`. */
function gitText(at: string): string {
  const [rest = '', commit = ''] = at.split('#', 2);
  const [url = '', query = ''] = rest.split('?', 2);
  const folder = new URLSearchParams(query).get('subdirectory');
  const pin = commit === '' ? '' : `@${commit}`;
  return `git+${url}${pin}${folder === null ? '' : `#subdirectory=${folder}`}`;
}

function sorted(items: readonly string[]): readonly string[] {
  return [...new Set(items)].sort();
}
