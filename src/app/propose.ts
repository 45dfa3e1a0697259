/** What came of a run, brought to GitHub: one pull request, or one for each group of locks and one for the images. */
import type { AppPolicy } from '../config/policy.ts';
import type { GitHubApi } from '../forge/github/api.ts';
import { applyActions } from '../forge/github/apply.ts';
import { readHeldFiles } from '../forge/github/base-tree.ts';
import { proposalBranches } from '../forge/github/branches.ts';
import { publishChecks } from '../forge/github/checks.ts';
import type { RepositoryLook } from '../forge/github/read-repository.ts';
import { readState } from '../forge/github/read-state.ts';
import { NO_IMAGES } from '../images/result.ts';
import { withoutBustDate } from '../rebuild/cache-bust.ts';
import { NO_REBUILDS, type RebuildResult } from '../rebuild/model.ts';
import { failedRebuilds } from '../report/rebuild-words.ts';
import { ADDS_VULNERABILITIES } from '../proposal/finish.ts';
import { NO_SCAN, type FindingPlace, type ScanOutcome } from '../scan/outcome.ts';
import { scopeScan } from '../scan/scope.ts';
import { addsSevere } from '../report/findings-alarm.ts';
import { sarifFilesOf, sarifOf } from '../report/sarif.ts';
import { uploadSarif } from '../forge/github/code-scanning.ts';
import type { ReleaseFacts } from '../diff/release-facts.ts';
import type { PackageLinks, PullRequest } from '../model.ts';
import type { ReleaseNotes } from '../notes/model.ts';
import type { JobOutcome } from '../outcome.ts';
import { branchName } from '../proposal/branch.ts';
import { decide } from '../proposal/decide.ts';
import { IMAGES, partsOf, type Part } from '../proposal/parts.ts';
import type { ProposalState } from '../proposal/state.ts';
import { oneVerdict, type Verdict } from '../proposal/verdict.ts';
import { writePullRequest } from '../report/pull-request.ts';
import type { Lease, QueuedJob } from '../store/store.ts';
import { digest } from './policy.ts';

/** An outcome, with the links of its report, for those who write parts of it anew. */
export type Relocked = JobOutcome & {
  readonly links?: ReadonlyMap<string, PackageLinks>;
  readonly releaseNotes?: ReadonlyMap<string, ReleaseNotes>;
  readonly facts?: ReadonlyMap<string, ReleaseFacts>;
};

export interface Proposal {
  readonly job: QueuedJob;
  readonly look: RepositoryLook;
  readonly policy: AppPolicy;
  readonly outcome: Relocked;
  readonly api: GitHubApi;
  readonly mayWriteWorkflows: () => Promise<boolean>;
  readonly lease: Lease;
  readonly version: string;
  readonly now: () => Date;
}

export const CHECK_NAME = 'Relock';
/** What came in between is looked at anew this often; then the job is tried again later. */
const LOOKS = 3;

/** Proposes each part, and ends what another grouping, or a lock that is gone, has left open. */
export async function propose(proposal: Proposal): Promise<Verdict> {
  const { job, look, policy, outcome, api } = proposal;
  const parts = partsOf(outcome.results, outcome, policy.pullRequest.group);
  const told: (Verdict & { readonly lock: string | null })[] = [];
  for (const part of parts) {
    const branch = branchName(job.purpose, part.lock);
    told.push({
      ...(await proposePart(proposal, branch, contentOf(part, proposal))),
      lock: part.lock,
    });
  }
  // A run over some of the locks says nothing of the others.
  if (job.only.length === 0) {
    const current = new Set(parts.map(({ lock }) => branchName(job.purpose, lock)));
    const there = await proposalBranches(api, look.repository, branchName(job.purpose, null));
    for (const branch of there.filter((name) => !current.has(name))) {
      await proposePart(proposal, branch, {
        results: [],
        images: NO_IMAGES,
        rebuilds: NO_REBUILDS,
        scan: NO_SCAN,
        pullRequest: null,
      });
    }
  }
  return oneVerdict(told, 'Nothing is left to change.');
}

/** Whether a push could concern one. */
export async function hasOpenPull(
  api: GitHubApi,
  look: RepositoryLook,
  job: QueuedJob,
  policy: AppPolicy,
): Promise<boolean> {
  const base = { branch: look.defaultBranch, sha: look.head };
  const stem = branchName(job.purpose, null);
  const branches =
    policy.pullRequest.group === 'one' ? [stem] : await proposalBranches(api, look.repository, stem);
  for (const branch of branches) {
    const { pull } = await readState(api, look.repository, branch, base);
    if (pull?.state === 'open') return true;
  }
  return false;
}

function contentOf(part: Part, { outcome, now }: Proposal): Content {
  const { lock, results, images, rebuilds } = part;
  const scan = lock === null ? outcome.scan : scopeScan(outcome.scan, (place) => isIn(part, place));
  return { results, images, rebuilds, scan, pullRequest: reportOf(part, scan, outcome, now()) };
}

function isIn({ lock, results }: Part, { kind, location }: FindingPlace): boolean {
  return kind === 'image' ? lock === IMAGES : results.some(({ target }) => target.path === location);
}

function reportOf(
  { lock, results, images, rebuilds }: Part,
  scan: ScanOutcome,
  outcome: Relocked,
  now: Date,
): PullRequest | null {
  if (lock === null) return outcome.pullRequest;
  const failed = [...results, ...images.results].some(({ status }) => status === 'failed');
  const worthTelling = failed || [...results, images].some(({ files }) => files.length > 0);
  // What was found and is no lock has nothing to do with images.
  const skips = lock === IMAGES ? [] : outcome.skips;
  return worthTelling
    ? writePullRequest({
        ...outcome,
        results,
        images,
        rebuilds,
        scan,
        skips,
        links: outcome.links ?? new Map(),
        ...(outcome.releaseNotes !== undefined && { releaseNotes: outcome.releaseNotes }),
        now,
      })
    : null;
}

interface Content extends Pick<Part, 'results' | 'images' | 'rebuilds'> {
  readonly scan: ScanOutcome;
  readonly pullRequest: PullRequest | null;
}

/** Looks, decides and acts, until what was decided still held when it was done. */
async function proposePart(proposal: Proposal, branch: string, content: Content): Promise<Verdict> {
  const { results, images, rebuilds, scan, pullRequest } = content;
  const { job, look, policy, api, lease, version, now } = proposal;
  const base = { branch: look.defaultBranch, sha: look.head };
  const files = [...results, images].flatMap((part) => part.files);
  const failures = [
    ...results.map(({ target, status, reason }) => [target.path, status, reason?.code ?? null]),
    ...images.results.map(({ image, status, reason }) => [image.reference, status, reason?.code ?? null]),
    ...rebuilds.results.map(standingOf),
  ];
  // An advisory that came, or was rewritten, is told without a file having changed.
  const findings = [...scan.diff.fixed, ...scan.diff.added, ...scan.diff.remaining].map(
    ({ state, finding, after }) => [state, finding.id, finding.package, finding.severity.level, after],
  );
  // The day alone is no news: it would be a commit each day.
  const made = files.map((file) => ({
    ...file,
    text: file.text === null ? null : withoutBustDate(file.text),
  }));
  const inputs = digest(version, policy.pullRequest, made, failures, findings);
  const touchesWorkflows = files.some(({ path }) => path.startsWith('.github/workflows/'));
  const paths = files.map(({ path }) => path);
  const held = paths.length === 0 ? [] : await readHeldFiles(api, look.repository, base.sha, paths);
  for (let attempt = 1; ; attempt += 1) {
    const state = await readState(api, look.repository, branch, base);
    const decision = decide({
      state,
      branch,
      purpose: job.purpose,
      outcome: { pullRequest, files },
      inputs,
      policy: policy.pullRequest,
      timeZone: policy.timeZone,
      trigger: job.trigger,
      force: job.force,
      now: now(),
      mayWriteWorkflows: touchesWorkflows && (await proposal.mayWriteWorkflows()),
      held,
      warnings: addsSevere(scan) ? [ADDS_VULNERABILITIES] : [],
    });
    const applied = await applyActions(api, look.repository, decision.actions, lease);
    if (applied.stopped === null) {
      const head = applied.head ?? (decision.verdict === 'proposed' ? ownHead(state) : null);
      const shown = head === null ? [] : await report(head, branch, proposal, content);
      return { ...decision, notes: [...applied.notes, ...shown] };
    }
    if (applied.stopped.why !== 'moved' || attempt === LOOKS) throw new Error(applied.stopped.because);
  }
}

/** What is said of a published image, but for how long it has been so. */
function standingOf({ image, decision, published, proof, reason }: RebuildResult): readonly unknown[] {
  const states = published.map(({ platform, digest: manifest, updates, waiting }) => [
    platform,
    manifest,
    updates.state,
    waiting.map(({ update, way }) => [update.name, update.arch, update.to, way]),
  ]);
  const built =
    proof?.state === 'built' ? [proof.samePackages, proof.smoke.state] : [proof?.state ?? null, null];
  return [image.ref, decision.verdict, states, built, reason?.code ?? null];
}

/** Where a report belongs that a process was killed before it could write. */
function ownHead({ branch, pull }: ProposalState): string | null {
  return branch !== null && !branch.foreign && pull?.state === 'open' ? branch.sha : null;
}

/** The whole report as a check run, for what the body of a pull request has no room for. */
async function report(
  head: string,
  branch: string,
  { look, api, policy, version }: Proposal,
  { results, images, rebuilds, scan, pullRequest }: Content,
): Promise<readonly string[]> {
  if (pullRequest === null) return [];
  const failed =
    failedRebuilds(rebuilds).length > 0 ||
    [...results, ...images.results].some(({ status }) => status === 'failed');
  const shown = await publishChecks(api, look.repository, {
    name: CHECK_NAME,
    head,
    conclusion: failed ? 'neutral' : 'success',
    title: pullRequest.title,
    summary: pullRequest.body,
    text: '',
  });
  // What a scanner that failed would have found, code scanning would call fixed.
  if (!policy.scan.upload || scan.by.length === 0 || scan.failed.length > 0) return shown;
  const sarif = JSON.stringify(
    sarifOf(scan, { version, files: sarifFilesOf(images.results.map(({ image }) => image)) }),
  );
  const ref = `refs/heads/${branch}`;
  return [...shown, ...(await uploadSarif(api, look.repository, { commit: head, ref, sarif }))];
}
