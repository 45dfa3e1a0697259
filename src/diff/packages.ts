/** What moved between two states of one lock. Pure; versions compare as PEP 440 says. */
import { compare, explain, valid } from '@renovatebot/pep440';
import type { Change, ChangeKind, LockContent, LockedPackage } from '../model.ts';

/**
 * Compares two states of a lock.
 * @returns a change per package that moved, sorted by name. A lock may hold several versions of one package (for other
 * markers): versions that both sides hold are paired first, the rest in order of version.
 */
export function diffLocks(before: LockContent, after: LockContent): readonly Change[] {
  const old = byName(before.packages);
  const now = byName(after.packages);
  const names = [...new Set([...old.keys(), ...now.keys()])].sort();
  return names.flatMap((name) => diffPackage(name, old.get(name) ?? [], now.get(name) ?? []));
}

function byName(packages: readonly LockedPackage[]): ReadonlyMap<string, readonly LockedPackage[]> {
  const map = new Map<string, LockedPackage[]>();
  for (const item of packages) {
    const same = map.get(item.name);
    if (same === undefined) map.set(item.name, [item]);
    else same.push(item);
  }
  return map;
}

function diffPackage(
  name: string,
  before: readonly LockedPackage[],
  after: readonly LockedPackage[],
): readonly Change[] {
  const olds: LockedPackage[] = [];
  const news = [...after].sort(byVersion);
  const changes: Change[] = [];
  for (const old of [...before].sort(byVersion)) {
    const index = news.findIndex((item) => item.version === old.version);
    const [same] = index === -1 ? [] : news.splice(index, 1);
    if (same === undefined) olds.push(old);
    else changes.push(...changeOf(name, old, same));
  }
  // The newest go with the newest: what a lock gives up is its oldest fork.
  while (olds.length > 0 || news.length > 0) {
    changes.push(...changeOf(name, olds.pop() ?? null, news.pop() ?? null));
  }
  return changes;
}

function changeOf(name: string, old: LockedPackage | null, now: LockedPackage | null): readonly Change[] {
  const about = now ?? old;
  if (about === null) return [];
  const from = old?.source ?? null;
  const to = now?.source ?? null;
  const moved = old !== null && now !== null && from !== to;
  const kind = kindOf(old, now, moved);
  if (kind === null) return [];
  const { direct, via, groups } = about;
  return [
    {
      name,
      from: old?.version ?? null,
      to: now?.version ?? null,
      kind,
      direct,
      via,
      groups,
      origin: about.source,
      source: moved ? { from, to } : null,
    },
  ];
}

function kindOf(old: LockedPackage | null, now: LockedPackage | null, moved: boolean): ChangeKind | null {
  if (old === null) return 'new';
  if (now === null) return 'removed';
  const known = old.version !== null && now.version !== null;
  const move = known ? moveKind(old.version, now.version) : null;
  if (move !== null) return move;
  // One side that records no version is a URL or path requirement that became another kind, or the other way round.
  if (moved || (!known && old.version !== now.version)) return 'source';
  return sameHashes(old.hashes, now.hashes) ? null : 'hash';
}

/** Which part of a PEP 440 version moved; null when both mean the same version (`1.0` and `1.0.0`). */
export function moveKind(from: string, to: string): 'major' | 'minor' | 'patch' | 'downgrade' | null {
  const a = valid(from) === null ? null : explain(from);
  const b = valid(to) === null ? null : explain(to);
  if (a === null || b === null) return 'major';
  const order = compare(to, from);
  if (order === 0) return null;
  if (order < 0) return 'downgrade';
  if (a.epoch !== b.epoch || a.release[0] !== b.release[0]) return 'major';
  return (a.release[1] ?? 0) === (b.release[1] ?? 0) ? 'patch' : 'minor';
}

function sameHashes(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((hash, index) => hash === b[index]);
}

function byVersion(a: LockedPackage, b: LockedPackage): number {
  const left = a.version ?? '';
  const right = b.version ?? '';
  if (left === right) return 0;
  if (valid(left) === null || valid(right) === null) return left < right ? -1 : 1;
  return compare(left, right);
}
