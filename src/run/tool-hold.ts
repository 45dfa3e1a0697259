/** Until when what a tool needs may have been released: yesterday's release of something must not break an old tool. */
import { valid } from '@renovatebot/pep440';
import type { ToolReleases } from '../pypi/tool-releases.ts';

const HOLD_MS = 30 * 86_400_000;
const WEEK_MS = 7 * 86_400_000;

/**
 * Thirty days after the youngest of what is asked for, and not after the cut-off; null when the index tells no times.
 * A cut-off of "a week ago" moves with every run; taken by whole weeks, it does not install a young tool anew each time.
 */
export async function holdOf(
  requirements: readonly string[],
  cutoff: string | null,
  releases: Pick<ToolReleases, 'uploadTime'>,
): Promise<string | null> {
  const week = weekOf(cutoff);
  const times = await Promise.all(
    requirements.map(async (requirement) => {
      const { name = '', version = '' } = parseExact(requirement) ?? {};
      return releases.uploadTime(name, version);
    }),
  );
  const known = times.flatMap((time) => (time === null ? [] : [Date.parse(time)]));
  if (known.length < times.length) return week === null ? null : new Date(week).toISOString();
  const youngest = Math.max(...known);
  const hold = youngest + HOLD_MS;
  if (week === null) return new Date(hold).toISOString();
  // A tool that is younger than the cut-off (its lock names it) is held to its own time.
  return new Date(week > youngest ? Math.min(hold, week) : youngest + 1000).toISOString();
}

/** Start of the cut-off's week, milliseconds since 1970. */
export function weekOf(cutoff: string | null): number | null {
  return cutoff === null ? null : Math.floor(Date.parse(cutoff) / WEEK_MS) * WEEK_MS;
}

export function parseExact(requirement: string): { readonly name: string; readonly version: string } | null {
  const { name, version } =
    /^(?<name>[A-Za-z0-9][A-Za-z0-9._-]{0,100})==(?<version>\S{1,100})$/u.exec(requirement)?.groups ?? {};
  return name === undefined || version === undefined || valid(version) === null ? null : { name, version };
}
