/** Whether an advisory says anything that Relock has not acted on. */
import { createHash } from 'node:crypto';
import { atLeast } from '../scan/model.ts';
import type { SeverityLevel } from '../scan/model.ts';
import type { Advisory } from './model.ts';

/**
 * `sha256:…` of what decides: which versions of which packages, how bad, and whether it still stands; in whatever order it is
 * told. Not its names and its prose, which are rewritten often.
 */
export function digestOf(advisory: Advisory): string {
  const packages = advisory.packages.map(({ ecosystem, name, ranges, versions, firstPatched }) =>
    JSON.stringify([
      ecosystem,
      name,
      ranges.map((events) => JSON.stringify(events.map(({ kind, version }) => [kind, version]))).sort(),
      [...versions].sort(),
      firstPatched,
    ]),
  );
  const said =
    advisory.state === 'withdrawn'
      ? ['withdrawn']
      : ['stands', advisory.severity.level, advisory.malicious, [...new Set(packages)].sort()];
  return `sha256:${createHash('sha256').update(JSON.stringify(said)).digest('hex')}`;
}

/**
 * Whether there is something to do: what decides has changed since, or it was never acted on. An alert that is opened (again)
 * always is one: it tells of its repository, not only of the advisory.
 * @param seenDigest of the same advisory from the same source (`advisoryKey`); null: never acted on.
 */
export function isNews(advisory: Advisory, seenDigest: string | null): boolean {
  return advisory.source === 'dependabot_alert' || digestOf(advisory) !== seenDigest;
}

/** Whether it is bad enough. Malware always is, and a withdrawn one has to be heard whatever it was. */
export function meetsFloor(advisory: Advisory, floor: SeverityLevel): boolean {
  return advisory.malicious || advisory.state === 'withdrawn' || atLeast(advisory.severity.level, floor);
}
