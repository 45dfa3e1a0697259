/** Which releases of a package may take the place of a locked one. Pure. */
import { explain, valid } from '@renovatebot/pep440';
import { compareVersions } from '../diff/python-version.ts';
import { requiresPythonAdmits } from '../diff/specifiers.ts';
import type { IndexRelease } from '../scan/why-releases.ts';

/** More are no small change. */
const MAX_RELEASES = 200;

export interface ReleaseChoice {
  /** Versions that the locks have. */
  readonly locked: readonly string[];
  /** The lock's Python, where it is for one alone: releases that do not run on it are left out. null: it is for several. */
  readonly python: string | null;
  readonly isAffected: (version: string) => boolean;
}

export interface Candidates {
  /** Lowest first. */
  readonly versions: readonly string[];
  /** All of them were withdrawn (PEP 592): there is nothing else. */
  readonly yanked: boolean;
}

/**
 * Releases above the lowest locked version that are not affected. Withdrawn ones only where there is nothing else;
 * pre-releases only where one is locked.
 */
export function releasesAbove(releases: readonly IndexRelease[], choice: ReleaseChoice): Candidates {
  const known = choice.locked.filter((version) => valid(version) !== null).sort(compareVersions);
  const lowest = known[0];
  const pre = known.some((version) => explain(version)?.is_prerelease === true);
  const all = releases.filter(
    (release) =>
      valid(release.version) !== null &&
      (lowest === undefined || compareVersions(release.version, lowest) > 0) &&
      (pre || explain(release.version)?.is_prerelease !== true) &&
      !choice.isAffected(release.version) &&
      runsOn(release, choice.python),
  );
  const kept = all.filter(({ yanked }) => !yanked);
  const versions = (kept.length > 0 ? kept : all).map(({ version }) => version).sort(compareVersions);
  return { versions: versions.slice(0, MAX_RELEASES), yanked: kept.length === 0 && all.length > 0 };
}

function runsOn({ requiresPython }: IndexRelease, python: string | null): boolean {
  return (
    python === null ||
    requiresPython.length === 0 ||
    requiresPython.some((requires) => requires === null || requiresPythonAdmits(requires, python))
  );
}
