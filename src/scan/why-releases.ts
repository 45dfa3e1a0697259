/** Which releases of a package are without a vulnerability. Pure. */
import { explain, valid } from '@renovatebot/pep440';
import { compareVersions } from '../diff/python-version.ts';

/** One release as the index tells of it. */
export interface IndexRelease {
  readonly version: string;
  /** When its first file came, ISO 8601; null when the index does not tell. */
  readonly uploaded: string | null;
  /** Requires-Python of its files; null for a file without. */
  readonly requiresPython: readonly (string | null)[];
  /** All of its files are withdrawn. */
  readonly yanked: boolean;
}

/** Further ones hold nothing up that these do not. */
const MAX_RELEASES = 100;

/**
 * Releases that have a fix, lowest first.
 *
 * An advisory names where each line of releases was mended: `3.2.14, 4.0.6`. A release between the two has the fix when it
 * is of the lower one's line (3.2.15), not when it is of the higher one's (4.0.1). Above the last, all have it. Pre-releases
 * are left out, as lockers leave them, but for those that an advisory names.
 * @param fixed valid versions, lowest first.
 */
export function fixedReleases(
  fixed: readonly string[],
  releases: readonly IndexRelease[],
): readonly IndexRelease[] {
  const [lowest] = fixed;
  if (lowest === undefined) return [];
  const found = releases.filter(({ version, yanked }) => {
    if (yanked || valid(version) === null || compareVersions(version, lowest) < 0) return false;
    const last = fixed.findLastIndex((each) => compareVersions(each, version) <= 0);
    const line = fixed[last];
    if (line === undefined) return false;
    if (compareVersions(line, version) === 0) return true;
    if (explain(version)?.is_prerelease === true) return false;
    const next = fixed[last + 1];
    return next === undefined || isOfLine(version, line, next);
  });
  return found.sort((a, b) => compareVersions(a.version, b.version)).slice(0, MAX_RELEASES);
}

/** Whether a version starts as `line` does, up to the number that tells `line` from `next`. */
function isOfLine(version: string, line: string, next: string): boolean {
  const [own, low, high] = [version, line, next].map((each) => explain(each));
  if (own?.epoch !== low?.epoch) return false;
  if (low?.epoch !== high?.epoch) return true;
  const [a, b, c] = [own, low, high].map((each) => each?.release ?? []);
  const length = Math.max(a?.length ?? 0, b?.length ?? 0, c?.length ?? 0);
  for (let at = 0; at < length; at += 1) {
    if ((a?.[at] ?? 0) !== (b?.[at] ?? 0)) return false;
    if ((b?.[at] ?? 0) !== (c?.[at] ?? 0)) return true;
  }
  return true;
}
