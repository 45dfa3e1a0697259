/** What came of a fix, brought to GitHub: a pull request of its own, or an issue that says what stands in the way. */
import type { AppPolicy } from '../config/policy.ts';
import type { GitHubApi } from '../forge/github/api.ts';
import { applyActions } from '../forge/github/apply.ts';
import { readHeldFiles } from '../forge/github/base-tree.ts';
import { readOwnIssues } from '../forge/github/issues.ts';
import type { RepositoryLook } from '../forge/github/read-repository.ts';
import { readState } from '../forge/github/read-state.ts';
import type { TargetResult } from '../model.ts';
import { decideSecurity, worthFixing, type SecurityOutcome } from '../proposal/security.ts';
import { blockedTag, securityBranch } from '../proposal/security-names.ts';
import { decideNotice } from '../proposal/security-notice.ts';
import type { Verdict } from '../proposal/verdict.ts';
import { fixAdvisories, type FixAdvisory } from '../report/fix-advisory.ts';
import { blockedNotice, type BlockedLock } from '../report/fix-blocked.ts';
import { writeFix } from '../report/fix.ts';
import { code } from '../report/markdown.ts';
import type { AdvisedPackage, Lease, QueuedJob } from '../store/store.ts';
import { holdsFor, type Fixed } from './fix.ts';
import { digest } from './policy.ts';

export interface FixProposal {
  readonly job: QueuedJob;
  readonly advised: AdvisedPackage;
  readonly look: RepositoryLook;
  readonly policy: AppPolicy;
  readonly fixed: Fixed;
  readonly api: GitHubApi;
  readonly lease: Lease;
  readonly version: string;
  readonly now: () => Date;
}

/** What came in between is looked at anew this often; then the job is tried again later. */
const LOOKS = 3;

/** Decides and acts, until what was decided still held when it was done; then the issue on what is blocked. */
export async function proposeFix(proposal: FixProposal): Promise<Verdict> {
  const { job, advised, look, policy, api, lease, version, now, fixed } = proposal;
  const name = advised.package;
  const advisories = fixAdvisories(advised.advisories, { ecosystem: advised.ecosystem, name });
  const outcome = outcomeOf(proposal, advisories);
  const files = outcome.kind === 'fix' ? outcome.files : [];
  const base = { branch: look.defaultBranch, sha: look.head };
  const branch = securityBranch(name);
  const told = advisories.map(({ ids, severity, withdrawn, affected }) => [
    ids,
    severity.level,
    withdrawn,
    affected,
  ]);
  const inputs = digest(version, policy.pullRequest, policy.security, files, told);
  const paths = files.map(({ path }) => path);
  const held = paths.length === 0 ? [] : await readHeldFiles(api, look.repository, base.sha, paths);
  for (let attempt = 1; ; attempt += 1) {
    const state = await readState(api, look.repository, branch, base);
    const decision = decideSecurity({
      state,
      package: name,
      advisories,
      security: policy.security,
      outcome,
      inputs,
      policy: policy.pullRequest,
      timeZone: policy.timeZone,
      trigger: job.trigger,
      force: false,
      now: now(),
      // No lock lies there.
      mayWriteWorkflows: true,
      held,
      warnings: [],
    });
    const applied = await applyActions(api, look.repository, decision.actions, lease);
    if (applied.stopped === null) {
      const notes = await notice(proposal, advisories, blockedIn(fixed));
      return { ...decision, notes: [...applied.notes, ...notes] };
    }
    if (applied.stopped.why !== 'moved' || attempt === LOOKS) throw new Error(applied.stopped.because);
  }
}

function outcomeOf({ advised, fixed }: FixProposal, advisories: readonly FixAdvisory[]): SecurityOutcome {
  if (fixed.fixes.length === 0) return { kind: 'clean' };
  const made = fixed.fixes.filter(({ status }) => status === 'fixed');
  const results = made.flatMap((fix) => fix.results);
  const files = results.flatMap((result) => result.files);
  if (files.length === 0) {
    return fixed.fixes.some(({ status }) => status === 'blocked') ? { kind: 'blocked' } : { kind: 'failed' };
  }
  const standing = advisories.filter(({ withdrawn }) => !withdrawn);
  const open = standing.filter((one) => stillHolds(one, advised, results));
  const fixes = standing.filter((one) => !open.includes(one));
  const pullRequest = writeFix({
    package: advised.package,
    fixes: fixes.length > 0 ? fixes : standing,
    open,
    results,
    freed: made
      .flatMap(({ moved }) => moved.map(({ name }) => name))
      .filter((name) => name !== advised.package),
    proven: made.every(({ isMinimum }) => isMinimum),
    blocked: blockedIn(fixed),
    scan: fixed.scan,
    links: fixed.links,
    notes: [...fixed.notes, ...made.flatMap(({ notes }) => notes)],
    seconds: fixed.seconds,
  });
  return { kind: 'fix', pullRequest, files };
}

/** Whether a lock that was made anew has a version that the advisory is about. */
function stillHolds(shown: FixAdvisory, advised: AdvisedPackage, results: readonly TargetResult[]): boolean {
  const { package: name, ecosystem } = advised;
  const about = advised.advisories.filter(({ ids }) => ids.some((id) => shown.ids.includes(id)));
  const versions = results.flatMap(({ contents }) =>
    (contents?.after?.packages ?? []).flatMap((one) =>
      one.name === name && one.version !== null ? [one.version] : [],
    ),
  );
  return versions.some((version) =>
    about.some((advisory) => holdsFor(advisory, { ecosystem, name, version })),
  );
}

function blockedIn({ fixes }: Fixed): readonly BlockedLock[] {
  return fixes.flatMap(({ blocked, results, packages }) =>
    blocked === null
      ? []
      : results.flatMap(({ target, contents }) => {
          const versions = (contents?.before?.packages ?? []).flatMap((one) =>
            packages.includes(one.name) && one.version !== null ? [one.version] : [],
          );
          return versions.length === 0 ? [] : [{ lock: target.path, versions, blocked }];
        }),
  );
}

async function notice(
  { advised, look, policy, api, lease }: FixProposal,
  advisories: readonly FixAdvisory[],
  blocked: readonly BlockedLock[],
): Promise<readonly string[]> {
  const name = advised.package;
  const { advisories: worth } = worthFixing(name, advisories, policy.security);
  const issue = (await readOwnIssues(api, look.repository)).get(blockedTag(name)) ?? null;
  const isBlocked = blocked.length > 0 && worth.length > 0;
  const actions = decideNotice({
    package: name,
    issue,
    now: isBlocked
      ? { kind: 'blocked', notice: blockedNotice(name, worth, blocked), advisories: worth }
      : { kind: 'freed', because: `Nothing stands in the way of a fix of ${code(name)} any more.` },
    labels: policy.security.labels,
  });
  return (await applyActions(api, look.repository, actions, lease)).notes;
}
