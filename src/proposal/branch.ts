/** Names of branches. Pure. */
import { createHash } from 'node:crypto';

/**
 * The branch of a proposal.
 * @param lock with one pull request for each lock, the path that the group is named by; null: one for all.
 * @returns `relock/monthly`, or `relock/monthly-backend-poetry-lock-1f2e3d4c`. Never below the other, since git keeps no
 * branch `a/b` beside a branch `a`.
 */
export function branchName(purpose: string, lock: string | null): string {
  if (lock === null) return `relock/${purpose}`;
  // What is readable is not unique, and a path may hold what a reference cannot.
  const words = lock.toLowerCase().replaceAll(/[^a-z\d]+/gu, '-');
  const slug = words.slice(-40).replaceAll(/^-|-$/gu, '');
  const digest = createHash('sha256').update(lock).digest('hex').slice(0, 8);
  return ['relock/', purpose, slug === '' ? '' : `-${slug}`, `-${digest}`].join('');
}
