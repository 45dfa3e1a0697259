/** The policy that holds: the repository's over its organisation's over the defaults. Pure. */
import type { Schedule } from '../schedule/is-due.ts';
import { builtImageOf } from './built-images.ts';
import { NO_POLICY } from './defaults.ts';
import type { WrittenPolicy } from './policy-keys.ts';
import type { AppPolicy, LockPolicy, PullRequestPolicy, ScanPolicy } from './policy.ts';

type WrittenLock = NonNullable<WrittenPolicy['lock']>[number];
type WrittenPullRequest = NonNullable<WrittenPolicy['pull-request']>;
type WrittenScan = NonNullable<WrittenPolicy['scan']>;

/**
 * Key by key the repository wins, also within `[images]`, `[scan]`, `[security]` and `[pull-request]`: a list of its own (`[[image]]` and
 * `[[scan.ignore]]` too) replaces that of the organisation, and does not add to it. The `[[lock]]` of the organisation come
 * first, so that those of the repository, being later, win.
 * @param organisation from the organisation's `.github` repository; null: it has none.
 * @param repository null: it has none.
 */
export function mergePolicies(
  organisation: WrittenPolicy | null,
  repository: WrittenPolicy | null,
): AppPolicy {
  return policyOf({
    ...organisation,
    ...repository,
    images: { ...organisation?.images, ...repository?.images },
    scan: { ...organisation?.scan, ...repository?.scan },
    security: { ...organisation?.security, ...repository?.security },
    'pull-request': { ...organisation?.['pull-request'], ...repository?.['pull-request'] },
    lock: [...(organisation?.lock ?? []), ...(repository?.lock ?? [])],
  });
}

/** What is written, and the defaults for the rest. */
export function policyOf(written: WrittenPolicy): AppPolicy {
  const timeZone = written['time-zone'] ?? NO_POLICY.timeZone;
  return {
    excludeNewer: written['exclude-newer'] ?? NO_POLICY.excludeNewer,
    ignore: written.ignore ?? NO_POLICY.ignore,
    allowHosts: written['allow-hosts']?.map((host) => host.toLowerCase()) ?? NO_POLICY.allowHosts,
    solver: written.solver ?? NO_POLICY.solver,
    locks: written.lock?.map(lockPolicy) ?? NO_POLICY.locks,
    images: { ...NO_POLICY.images, ...written.images },
    builtImages: written.image?.map(builtImageOf) ?? NO_POLICY.builtImages,
    scan: scanPolicy(written.scan ?? {}),
    schedule: scheduleOf(written.schedule, timeZone),
    timeZone,
    pullRequest: pullRequestPolicy(written['pull-request'] ?? {}),
    security: { ...NO_POLICY.security, ...written.security },
  };
}

function scheduleOf(text: string | undefined, timeZone: string): Schedule | null {
  switch (text) {
    case undefined:
      return NO_POLICY.schedule === null ? null : { ...NO_POLICY.schedule, timeZone };
    case 'off':
      return null;
    case 'monthly':
    case 'weekly':
    case 'quarterly':
      return { every: text, timeZone };
    default:
      return { cron: text, timeZone };
  }
}

function scanPolicy(written: WrittenScan): ScanPolicy {
  const { scan: none } = NO_POLICY;
  return {
    with: scannersOf(written.with) ?? none.with,
    severity: written.severity ?? none.severity,
    ignore:
      written.ignore?.map(({ id, reason, until = null, package: name = null }) => {
        return { id, reason, until, package: name };
      }) ?? none.ignore,
    upload: written.upload ?? none.upload,
  };
}

/** `off` stands alone, as was checked. */
function scannersOf(written: WrittenScan['with']): ScanPolicy['with'] | undefined {
  if (written === undefined) return undefined;
  return [...new Set(written.filter((name) => name !== 'off'))];
}

function pullRequestPolicy(written: WrittenPullRequest): PullRequestPolicy {
  const { pullRequest: none } = NO_POLICY;
  const merge = written['auto-merge'];
  return {
    labels: written.labels ?? none.labels,
    assignees: written.assignees ?? none.assignees,
    reviewers: written.reviewers === undefined ? none.reviewers : reviewersOf(written.reviewers),
    draft: written.draft ?? none.draft,
    group: written.group ?? none.group,
    commitPrefix: written['commit-prefix'] ?? none.commitPrefix,
    autoMerge: merge === undefined ? none.autoMerge : merge === 'off' ? null : merge,
    welcome: written.welcome ?? none.welcome,
  };
}

const TEAM = 'team:';

function reviewersOf(written: readonly string[]): PullRequestPolicy['reviewers'] {
  return {
    users: written.filter((name) => !name.startsWith(TEAM)),
    teams: written.filter((name) => name.startsWith(TEAM)).map((name) => name.slice(TEAM.length)),
  };
}

/** Only the keys that were written: what is left out must not win over an earlier entry. */
function lockPolicy(lock: WrittenLock): LockPolicy {
  const { 'tool-version': toolVersion, ...same } = lock;
  return toolVersion === undefined ? same : { ...same, toolVersion };
}
