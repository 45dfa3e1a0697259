/** One queued job, from its lease to the pull request and the answer. */
import type { AppPolicy } from '../config/policy.ts';
import type { GitHubApi } from '../forge/github/api.ts';
import { react, reply } from '../forge/github/comments.ts';
import { publishChecks } from '../forge/github/checks.ts';
import {
  readRepository,
  type RepositoryLook,
  type RepositoryMemory,
} from '../forge/github/read-repository.ts';
import { ForgeError } from '../forge/github/forge-error.ts';
import { welcomeOnce } from '../forge/github/welcome-issue.ts';
import type { Verdict as Settled } from '../proposal/verdict.ts';
import { welcome } from '../proposal/welcome.ts';
import { sentence } from '../report/markdown.ts';
import type { Inventory } from '../scan/inventory.ts';
import { isDue } from '../schedule/is-due.ts';
import { monthIn } from '../schedule/time-zone.ts';
import { answersOf } from '../store/fold.ts';
import { followRebuilds } from './follow-rebuilds.ts';
import { rememberPublished } from './image-graph.ts';
import type { JobHandler, LastRun, Lease, QueuedJob, Store, StoreLog } from '../store/store.ts';
import { digest, jobPolicy } from './policy.ts';
import type { Fixed, FixRequest } from './fix.ts';
import { fixPackage, rememberPackages, type KnownAdvisories } from './security-job.ts';
import { CHECK_NAME, hasOpenPull, propose, type Relocked } from './propose.ts';
import { askForRebuilds } from './rebuilds.ts';

/** A repository's API in the name of its installation. */
export interface InstalledApi {
  readonly api: GitHubApi;
  /** One request. */
  mayWriteWorkflows(): Promise<boolean>;
  /** A token for cloning: contents of this repository, read only. */
  cloneToken(): Promise<string>;
}

export interface RelockRequest {
  readonly job: QueuedJob;
  readonly look: RepositoryLook;
  readonly policy: AppPolicy;
  readonly token: () => Promise<string>;
  readonly signal: AbortSignal;
}

export interface HandlerOptions {
  readonly store: Store;
  readonly installed: (job: QueuedJob, signal: AbortSignal) => Promise<InstalledApi>;
  readonly memory: RepositoryMemory;
  /** Clones and re-locks; publishes nothing. By argument, so that a test of the queue needs no lockers. */
  readonly relock: (request: RelockRequest) => Promise<Relocked>;
  /** Makes the smallest change that fixes a package; publishes nothing. */
  readonly fix: (request: FixRequest) => Promise<Fixed>;
  readonly known: KnownAdvisories;
  /** Clones and reads the locks; makes nothing. */
  readonly takeInventory: (request: RelockRequest) => Promise<readonly Inventory[]>;
  readonly version: string;
  readonly now: () => Date;
  /** Milliseconds of a monotonic clock. */
  readonly clock: () => number;
  readonly log: StoreLog;
}

/** After a limit of GitHub, at least. */
const LIMIT_MS = 10_000;

/** @returns the handler for `Store.work`. What it throws is tried again, with back-off. */
export function createJobHandler(options: HandlerOptions): JobHandler {
  return async (job, lease) => {
    const { owner, name } = job.repository;
    const fields = { job: lease.id, repository: `${owner}/${name}`, trigger: job.trigger };
    const start = options.clock();
    const verdict = await handle(job, lease, options).catch((error: unknown) => later(error, job, options));
    const seconds = Math.round(options.clock() - start) / 1000;
    options.log.info({ ...fields, seconds, verdict: verdict.kind }, verdict.because);
  };
}

/** A limit of GitHub is no failure of the job: it would be given up before the hour of the limit is over. */
async function later(error: unknown, job: QueuedJob, { store, now }: HandlerOptions): Promise<Verdict> {
  if (!(error instanceof ForgeError) || error.retryAfter === null) throw error;
  if (error.code !== 'rate-limit' && error.code !== 'secondary-limit') throw error;
  const notBefore = new Date(Math.max(error.retryAfter.getTime(), now().getTime() + LIMIT_MS));
  await store.enqueue(job, { notBefore });
  return { kind: 'put-off', because: error.message };
}

interface Verdict {
  readonly kind: LastRun['outcome'] | 'unchanged' | 'unavailable' | 'put-off';
  readonly because: string;
}

async function handle(asked: QueuedJob, lease: Lease, options: HandlerOptions): Promise<Verdict> {
  const installed = await options.installed(asked, lease.signal);
  const { api } = installed;
  const read = await readRepository(api, asked.repository, options.memory, options.now());
  if (read.kind === 'unavailable') return { kind: 'unavailable', because: read.because };
  const { look } = read;
  const { store } = options;
  const followed = await followRebuilds({ job: asked, look, api, store, now: options.now });
  if (asked.follow === true) return { kind: 'unchanged', because: followed };
  const settled = jobPolicy(look);
  if ('errors' in settled) return await wrongPolicy(settled.errors, asked, look, api, options);
  const { policy } = settled;
  if (asked.advisory !== null) {
    const { fix, known, version, now } = options;
    const advised = asked.advisory;
    const work = { job: asked, advised, look, policy, installed, lease, fix, known, version, now };
    const { verdict, because } = await fixPackage(work);
    return { kind: verdict, because };
  }
  const job = { ...asked, only: await scopeOf(asked, look, api, policy) };
  const at = options.now();
  const inputs = digest(options.version, policy, monthIn(policy.timeZone, at), job.only);
  const last = await options.store.lastRun(job.repository.id, job.purpose);
  if (
    !job.force &&
    // Who names some wants them looked at: what they hold has moved.
    asked.only.length === 0 &&
    last !== null &&
    !isTurn(job, last, policy, at) &&
    last.head === look.head &&
    last.inputs === inputs &&
    last.outcome !== 'failed'
  ) {
    return { kind: 'unchanged', because: 'Nothing changed since the last run.' };
  }
  if (job.trigger === 'push' && !(await hasOpenPull(api, look, job, policy))) {
    await inventory(job, installed, { look, policy }, lease, options);
    return { kind: 'unchanged', because: 'No pull request is open that the push could concern.' };
  }
  const token = (): Promise<string> => installed.cloneToken();
  const outcome = await options.relock({ job, look, policy, token, signal: lease.signal });
  const { version, now } = options;
  const mayWriteWorkflows = (): Promise<boolean> => installed.mayWriteWorkflows();
  const proposal = { job, look, policy, outcome, api, mayWriteWorkflows, lease, version, now };
  const decision = await propose(proposal);
  if (last === null && policy.pullRequest.welcome && (await lease.stillMine())) {
    await welcomeOnce(api, look.repository, welcome(outcome, policy));
  }
  await rememberPackages(job, look.head, outcome, store);
  const published = await askForRebuilds({ job, look, outcome, api, lease, store, now });
  await rememberPublished({ job, look, policy, outcome, store, now });
  const run = {
    at: at.toISOString(),
    head: look.head,
    inputs,
    schedule: policy.schedule,
    outcome: decision.verdict,
  };
  // A run of some locks is not the one that the schedule asks for.
  if (job.only.length === 0) await options.store.saveLastRun(job.repository.id, job.purpose, run);
  await answerAll(job, look, api, decision, published);
  return { kind: decision.verdict, because: decision.because };
}

/** What a push has brought, for the index of packages: it may be read without making anything anew. */
async function inventory(
  job: QueuedJob,
  installed: InstalledApi,
  { look, policy }: Pick<RelockRequest, 'look' | 'policy'>,
  { signal }: Lease,
  { store, takeInventory }: HandlerOptions,
): Promise<void> {
  if ((await store.recordedHead(job.repository.id)) === look.head) return;
  const token = (): Promise<string> => installed.cloneToken();
  const places = await takeInventory({ job, look, policy, token, signal });
  const { repository, installation } = job;
  await store.recordPackages({ ...repository, installation }, look.head, places);
}

/** By the schedule: releases and images move without a commit, also within the month. */
function isTurn(
  { trigger, repository }: QueuedJob,
  last: LastRun,
  { schedule }: AppPolicy,
  now: Date,
): boolean {
  if (trigger !== 'schedule' || schedule === null) return false;
  return isDue(now, new Date(last.at), schedule, repository.id);
}

/** Made in part, a pull request of all locks would lose what it holds of the others: all are made while it is open. */
async function scopeOf(
  job: QueuedJob,
  look: RepositoryLook,
  api: GitHubApi,
  policy: AppPolicy,
): Promise<readonly string[]> {
  const shared = job.only.length > 0 && policy.pullRequest.group === 'one';
  return shared && (await hasOpenPull(api, look, job, policy)) ? [] : job.only;
}

async function wrongPolicy(
  errors: readonly string[],
  job: QueuedJob,
  look: RepositoryLook,
  api: GitHubApi,
  options: HandlerOptions,
): Promise<Verdict> {
  const lines = errors.map((line) => `- ${sentence(line)}`).join('\n');
  const text = `Nothing was done, since the policy is wrong:\n\n${lines}`;
  await publishChecks(api, look.repository, {
    name: `${CHECK_NAME} policy`,
    head: look.head,
    conclusion: 'action_required',
    title: 'The policy of Relock is wrong',
    summary: text,
    text: '',
  });
  const last = await options.store.lastRun(job.repository.id, job.purpose);
  await options.store.saveLastRun(job.repository.id, job.purpose, {
    at: options.now().toISOString(),
    head: look.head,
    inputs: digest('wrong policy', errors),
    schedule: last?.schedule ?? { every: 'monthly', timeZone: 'UTC' },
    outcome: 'failed',
  });
  await answerAll(job, look, api, { verdict: 'failed', because: text, notes: [] });
  return { kind: 'failed', because: 'The policy is wrong.' };
}

async function answerAll(
  job: QueuedJob,
  look: RepositoryLook,
  api: GitHubApi,
  { verdict, because, notes }: Settled,
  published: readonly string[] = [],
): Promise<void> {
  const images = published.length === 0 ? [] : [`Published images:\n\n${published.join('\n')}`];
  const body = [because, ...images, ...notes].join('\n\n');
  for (const { issue, comment, reply: known } of answersOf(job)) {
    await reply(api, look.repository, { issue, comment, reply: known, body });
    await react(api, look.repository, comment, verdict === 'failed' ? 'confused' : 'rocket');
  }
}
