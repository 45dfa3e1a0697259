/** What moved between two states of one lock. Pure; versions compare as PEP 440 says, those of conda as conda does. */
import type { Change, ChangeKind, LockContent, LockedPackage } from '../model.ts';
import { diffCondaPackages } from './conda-packages.ts';
import { changeBetween, pairUp, sameHashes, type Pair } from './pairs.ts';
import { compareVersions, moveKind } from './python-version.ts';

/**
 * Compares two states of a lock.
 * @returns a change per package that moved, sorted by name. A lock may hold several versions of one package (for other
 * markers): versions that both sides hold are paired first, the rest in order of version. For locks of conda-lock see
 * `diffCondaPackages`.
 */
export function diffLocks(before: LockContent, after: LockContent): readonly Change[] {
  const old = before.packages.filter(({ conda }) => conda === undefined);
  const now = after.packages.filter(({ conda }) => conda === undefined);
  const changes = pairUp(old, now, ({ name }) => name, compareVersions).flatMap(changeOf);
  return [...changes, ...diffCondaPackages(before.packages, after.packages)].sort(byName);
}

function byName(a: Change, b: Change): number {
  if (a.name === b.name) return 0;
  return a.name < b.name ? -1 : 1;
}

function changeOf(pair: Pair): readonly Change[] {
  const change = changeBetween(pair, ({ source }) => source, kindOf);
  return change === null ? [] : [change];
}

function kindOf(old: LockedPackage | null, now: LockedPackage | null, moved: boolean): ChangeKind | null {
  if (old === null) return 'new';
  if (now === null) return 'removed';
  const known = old.version !== null && now.version !== null;
  const move = known ? moveKind(old.version, now.version) : null;
  if (move !== null) return move;
  // One side that records no version is a URL or path requirement that became another kind, or the other way round.
  if (moved || (!known && old.version !== now.version)) return 'source';
  return sameHashes(old, now) ? null : 'hash';
}
