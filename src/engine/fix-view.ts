/** What an attempt at a fix shows the locker of one lock. Pure. */
import { compareVersions } from '../diff/python-version.ts';
import type { Attempt } from '../fix/model.ts';
import type { LockContent } from '../model.ts';
import type { IndexView } from '../run/network/index-view.ts';

/** What builds of source distributions need, in versions of their own. */
export const BUILD_TOOLS: ReadonlySet<string> = new Set([
  'setuptools',
  'wheel',
  'pip',
  'build',
  'packaging',
  'poetry-core',
  'hatchling',
  'flit-core',
  'setuptools-scm',
  'cython',
  'cffi',
  'maturin',
  'setuptools-rust',
]);

export interface ViewOptions {
  /** What the lock held before. */
  readonly content: LockContent;
  readonly attempt: Attempt;
  /** Whether a locked version has the vulnerability. */
  readonly isAffected: (name: string, version: string) => boolean;
  /** Build tools that are locked are shown whole, since a build failed. */
  readonly openBuildTools: boolean;
}

/** Every locked package at its locked versions; what may move at what it may move to, never below its locked version. */
export function viewOf({ content, attempt, isAffected, openBuildTools }: ViewOptions): IndexView {
  const locked = new Map<string, string[]>();
  for (const { name, version, conda } of content.packages) {
    if (version === null || conda !== undefined) continue;
    const known = locked.get(name);
    if (known === undefined) locked.set(name, [version]);
    else known.push(version);
  }
  const versions = new Map<string, readonly string[]>();
  for (const [name, own] of locked) {
    const freed = attempt.freed.get(name);
    if (freed === null || (openBuildTools && BUILD_TOOLS.has(name))) continue;
    versions.set(name, freed === undefined ? own : [...own, ...above(freed, own)]);
  }
  const exempt: { readonly name: string; readonly version: string }[] = [];
  for (const [name, candidates] of attempt.candidates) {
    const own = locked.get(name) ?? [];
    const affected = own.filter((version) => isAffected(name, version));
    const kept = own.filter((version) => !affected.includes(version));
    const moved = above(candidates, affected);
    versions.set(name, [...kept, ...moved]);
    exempt.push(...moved.map((version) => ({ name, version })));
  }
  return { versions, unyank: true, exempt };
}

function above(versions: readonly string[], locked: readonly string[]): readonly string[] {
  const lowest = [...locked].sort(compareVersions)[0];
  return lowest === undefined ? versions : versions.filter((version) => compareVersions(version, lowest) > 0);
}
