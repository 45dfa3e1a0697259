/** Asks for the rebuilds of published images that a run found needed, once each, and tells what was decided. */
import type { GitHubApi } from '../forge/github/api.ts';
import type { RepositoryLook } from '../forge/github/read-repository.ts';
import { dispatchRepository, dispatchWorkflow, findRun, type Dispatched } from '../forge/github/workflows.ts';
import type { JobOutcome } from '../outcome.ts';
import type { RebuildResult } from '../rebuild/model.ts';
import type { AskedRebuild } from '../rebuild/rest.ts';
import { code, sentence } from '../report/markdown.ts';
import { answersOf } from '../store/fold.ts';
import type { RebuildRequest } from '../store/rebuild-state.ts';
import type { Lease, QueuedJob, Store } from '../store/store.ts';
import { clockSlack, followJob, FIRST_LOOK_MS } from './follow-rebuilds.ts';

export interface RebuildWork {
  readonly job: QueuedJob;
  readonly look: RepositoryLook;
  readonly outcome: Pick<JobOutcome, 'rebuilds'>;
  readonly api: GitHubApi;
  readonly lease: Pick<Lease, 'id' | 'stillMine'>;
  readonly store: Pick<Store, 'askedRebuild' | 'saveAskedRebuild' | 'enqueue'>;
  readonly now: () => Date;
}

/** What `repository_dispatch` is called. */
const EVENT = 'relock-rebuild';
/** Of the workflow that `relock init` proposes. */
const INPUTS = { 'no-cache': 'true', pull: 'true' } as const;
const MOST_FIXES = 20;
const MOST_ANSWERS = 20;

/** The rebuild that an image rests for; what was never sent, or refused, is none. */
export async function lastAsked(
  store: Pick<Store, 'askedRebuild'>,
  repository: number,
  ref: string,
): Promise<AskedRebuild | null> {
  const known = await store.askedRebuild(repository, ref);
  if (known === null || known.state === 'asking' || known.state === 'refused') return null;
  return { at: known.at, digest: known.digest };
}

/**
 * A workflow that builds several images is started once for all of them. A push asks for nothing: it only refreshes.
 * @returns a line of Markdown for each published image: what was decided, and what was done.
 * @throws {Error} when the job was lost to another worker.
 */
export async function askForRebuilds(work: RebuildWork): Promise<readonly string[]> {
  const { results } = work.outcome.rebuilds;
  const started = new Map<string, Dispatched>();
  const lines: string[] = [];
  for (const result of results) {
    const known = await work.store.askedRebuild(work.look.repository.id, result.image.ref);
    // By a try of this very job, which was killed later.
    if (known?.job === work.lease.id && known.state === 'running' && known.workflow !== null)
      started.set(known.workflow, { started: true, notes: [] });
    const asks = work.job.trigger !== 'push' && result.decision.verdict === 'needed';
    const done = asks ? await askFor(result, known, started, work) : endOf(result, known);
    lines.push(`- ${code(result.image.ref)}: ${[...saidOf(result), ...done].join(' ')}`);
  }
  if (started.size > 0) {
    const notBefore = new Date(work.now().getTime() + FIRST_LOOK_MS);
    await work.store.enqueue(followJob(work.job), { notBefore });
  }
  return lines;
}

function saidOf({ decision, reason }: RebuildResult): readonly string[] {
  const why = reason === null || reason.message === decision.because ? [] : [sentence(reason.message)];
  return [sentence(decision.because), ...why];
}

/** While a rebuild is on its way, how its run ended: nobody waits for one that has failed. */
function endOf({ decision }: RebuildResult, known: RebuildRequest | null): readonly string[] {
  const end = known?.end ?? null;
  return decision.verdict !== 'on-its-way' || end === null ? [] : [end];
}

async function askFor(
  result: RebuildResult,
  known: RebuildRequest | null,
  started: Map<string, Dispatched>,
  work: RebuildWork,
): Promise<readonly string[]> {
  const { image, published } = result;
  const { job, look, api, lease, store, now } = work;
  const { repository } = look;
  const workflow = image.via.includes('workflow') ? image.workflow : null;
  const event = image.via.includes('dispatch');
  if (workflow === null && !event) return [];
  const isRetry = known?.job === lease.id;
  if (isRetry && known.state !== 'asking' && known.state !== 'refused') return [ASKED];
  const request: RebuildRequest = {
    at: isRetry ? known.at : now().toISOString(),
    digest: published[0]?.digest ?? '',
    state: 'asking',
    runId: null,
    job: lease.id,
    dockerfile: image.dockerfile,
    workflow,
    // Who waits for a run that this one takes the place of is told of this one.
    answers: [...(known?.state === 'running' ? known.answers : []), ...answersOf(job)].slice(-MOST_ANSWERS),
    end: null,
  };
  const save = (state: RebuildRequest['state']): Promise<void> =>
    store.saveAskedRebuild(repository.id, image.ref, { ...request, state });
  await save('asking');
  if (!(await lease.stillMine())) throw new Error('The job was taken over by another worker.');
  const build =
    workflow === null
      ? null
      : (started.get(workflow) ?? (await start(workflow, isRetry ? request : null, work)));
  if (workflow !== null && build?.started === true) started.set(workflow, build);
  const sent = event
    ? await dispatchRepository(api, repository, { event: EVENT, payload: payloadOf(result) })
    : null;
  const notes = [...(build?.notes ?? []), ...(sent?.notes ?? [])].map(sentence);
  if (build?.started === true) {
    await save('running');
    const its = `Its workflow ${code(workflow ?? '')} was started; how it ends is told here.`;
    return [its, ...(sent?.started === true ? [SENT] : []), ...notes];
  }
  await save(sent?.started === true ? 'asked' : 'refused');
  return [...(sent?.started === true ? [SENT] : []), ...notes];
}

const ASKED = 'Its rebuild was asked for.';
const SENT = `The event ${code(EVENT)} was sent.`;

/** @param retried the request of a try before this one, which may have been killed after it was sent; null: there is none. */
async function start(
  workflow: string,
  retried: RebuildRequest | null,
  { look, api }: RebuildWork,
): Promise<Dispatched> {
  const branch = look.defaultBranch;
  if (retried !== null) {
    const run = await findRun(api, look.repository, { workflow, branch, since: clockSlack(retried.at) });
    if (run !== null) return { started: true, notes: [] };
  }
  return dispatchWorkflow(api, look.repository, { workflow, ref: branch, inputs: INPUTS });
}

/** The reasons, for a build that wants to look at them. */
function payloadOf({ image, decision, published }: RebuildResult): Readonly<Record<string, unknown>> {
  const fixes = published
    .flatMap(({ waiting }) => waiting)
    .filter(({ update }) => update.security)
    .map(({ update: { name, from, to, advisories } }) => ({
      name,
      from,
      to,
      advisories: advisories.slice(0, 5),
    }));
  const unique = [...new Map(fixes.map((fix) => [`${fix.name} ${fix.to}`, fix])).values()];
  return {
    ref: image.ref,
    digest: published[0]?.digest ?? null,
    dockerfile: image.dockerfile,
    because: decision.because,
    security_fixes: unique.slice(0, MOST_FIXES),
    security_fixes_total: unique.length,
    no_cache: true,
    pull: true,
  };
}
