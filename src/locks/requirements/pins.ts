/** What requirement lines say as packages of a lock. */
import type { LockedPackage } from '../../model.ts';
import { folderOf } from '../tree.ts';
import type { Requirement } from './file.ts';

/**
 * The version that a requirement pins: `1.2` of `==1.2` or `===1.2`.
 * @returns null for anything else, `==1.*` and `==1.2,<3` among it.
 */
export function pinnedVersion({ specifier }: Requirement): string | null {
  const version = /^={2,3}\s*([^\s,;*]+)$/u.exec(specifier)?.[1];
  return version ?? null;
}

/**
 * A name for a requirement that has none of its own (`-e ./pkgs/a`, `https://h/a-1.0.tar.gz`): the last part of its
 * path, or null for the folder of the repository itself.
 */
export function nameOfLocation(url: string, lock: string): string | null {
  const path = url
    .replace(/[?#].*$/u, '')
    .replace(/^[a-z+]+:(?:\/\/)?/iu, '')
    .replace(/@[^/@]*$/u, '');
  const parts = (/^\.?\/?$/u.test(path) ? folderOf(lock) : path).split('/');
  const last = parts.findLast((part) => part !== '' && part !== '.' && part !== '..') ?? '';
  const name = last
    .replace(/\.(?:git|zip|whl|tgz|tar\.[a-z0-9]+)$/iu, '')
    .replace(/[^A-Za-z0-9]+/gu, '-')
    .replace(/^-|-$/gu, '');
  return name === '' ? null : name.toLowerCase();
}

/**
 * One package per (name, version, source): the lines of a universal lock that differ by their markers only become one,
 * those that differ by version stay apart. Keeps the order of the file.
 */
export function mergePackages(packages: readonly LockedPackage[]): readonly LockedPackage[] {
  const merged = new Map<string, LockedPackage>();
  for (const each of packages) {
    const key = JSON.stringify([each.name, each.version, each.source]);
    const before = merged.get(key);
    merged.set(
      key,
      before === undefined
        ? each
        : {
            ...before,
            hashes: union(before.hashes, each.hashes),
            direct: before.direct || each.direct,
            via: union(before.via, each.via),
            groups: union(before.groups, each.groups),
          },
    );
  }
  return [...merged.values()];
}

/** Sorted, each once. */
export function union(a: readonly string[], b: readonly string[] = []): readonly string[] {
  return [...new Set([...a, ...b])].sort();
}
