/** How the proposals of security fixes are named and known again. Pure. */
import { createHash } from 'node:crypto';
import { branchName } from './branch.ts';
import { MOST_ABOUT } from './marker.ts';

export const SECURITY = 'security';

/** Names that can stand in a branch as they are, and that cannot be taken for one with a digest at its end. */
const PLAIN = /^(?!.*-[\da-f]{8}$)[a-z\d]+(?:-[a-z\d]+)*$/u;
const LONGEST = 60;

/**
 * The branch of a package's fix.
 * @param name normalised.
 * @returns `relock/security-jinja2`; with a digest where the name cannot stand in a reference as it is.
 */
export function securityBranch(name: string): string {
  return PLAIN.test(name) && name.length <= LONGEST
    ? `relock/${SECURITY}-${name}`
    : branchName(SECURITY, name);
}

/** The tag of the issue on what blocks a package's fix. */
export function blockedTag(name: string): string {
  return securityBranch(name).replace('relock/security-', 'blocked-');
}

/** What is told apart by names, as many as it has. */
interface Named {
  readonly ids: readonly string[];
}

/** A CVE, a GHSA, a PYSEC, and one more. */
const NAMES_OF_ONE = 4;

/**
 * The names of each advisory as a marker has them: digests, since a name may be long and is a stranger's.
 * @param advisories each with its best known names first, since only those are kept.
 */
export function aboutOf(advisories: readonly Named[]): readonly (readonly string[])[] {
  const told = advisories.slice(0, MOST_ABOUT);
  const most = Math.min(NAMES_OF_ONE, Math.floor(MOST_ABOUT / Math.max(told.length, 1)));
  return told.map(({ ids }) => ids.slice(0, most).map(digestOf));
}

function digestOf(id: string): string {
  return createHash('sha256').update(id.toUpperCase()).digest('hex').slice(0, 10);
}
