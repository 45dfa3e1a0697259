/** Looks what became of the workflow runs that were started, and tells it. Every job of a repository does; none waits. */
import type { GitHubApi } from '../forge/github/api.ts';
import { publishChecks, type CheckReport } from '../forge/github/checks.ts';
import { addToReply } from '../forge/github/comments.ts';
import type { RepositoryLook } from '../forge/github/read-repository.ts';
import { findRun, readRun, type WorkflowRun } from '../forge/github/workflows.ts';
import { literally } from '../proposal/scope.ts';
import { code } from '../report/markdown.ts';
import type { RebuildRequest } from '../store/rebuild-state.ts';
import type { Answer, QueuedJob, Store } from '../store/store.ts';
import { CHECK_NAME } from './propose.ts';

export interface FollowWork {
  readonly job: QueuedJob;
  readonly look: RepositoryLook;
  readonly api: GitHubApi;
  readonly store: Pick<Store, 'runningRebuilds' | 'saveAskedRebuild' | 'enqueue'>;
  readonly now: () => Date;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
/** GitHub shows a run seconds after it was asked for. */
export const FIRST_LOOK_MS = 5 * MINUTE_MS;
/** As long as what a registry said of a tag is believed, and a bit. */
const SHOWN_MS = 12 * MINUTE_MS;
const GIVEN_UP_MS = 24 * HOUR_MS;

/** Clocks differ: a run that began a little before it was asked for is still that one. */
export function clockSlack(at: string): Date {
  return new Date(Date.parse(at) - MINUTE_MS);
}

/** A job that does nothing else. */
export function followJob({
  repository,
  installation,
}: Pick<QueuedJob, 'repository' | 'installation'>): QueuedJob {
  return {
    repository,
    installation,
    purpose: 'monthly',
    trigger: 'push',
    only: [],
    force: false,
    noCache: false,
    follow: true,
    answer: null,
    advisory: null,
  };
}

/** One run, and the images that it builds. */
interface Followed {
  readonly refs: readonly string[];
  readonly requests: readonly RebuildRequest[];
  readonly request: RebuildRequest;
}

/**
 * Asks for each run that has not ended; comes again later for those that still have not. Told before it is noted, and all
 * of it may be done twice: who is killed in between tells it once more, to the same place.
 * @returns a sentence for the log.
 */
export async function followRebuilds(work: FollowWork): Promise<string> {
  const { look, store, now } = work;
  const { id } = look.repository;
  const running = await store.runningRebuilds(id);
  if (running.size === 0) return 'No rebuild is followed.';
  const runs = Map.groupBy(running, ([, { workflow, job }]) => `${job} ${workflow}`);
  let next: number | null = null;
  let ended = 0;
  for (const group of runs.values()) {
    const requests = group.map(([, request]) => request);
    const [request] = requests;
    if (request === undefined) continue;
    const refs = group.map(([ref]) => ref);
    const later = await followOne({ refs, requests, request }, work);
    if (later === null) ended += 1;
    else next = Math.min(next ?? later, later);
  }
  if (next !== null)
    await store.enqueue(followJob(work.job), { notBefore: new Date(now().getTime() + next) });
  return `Of ${runs.size} runs that are followed, ${ended} ended.`;
}

/** @returns milliseconds until the next look; null: it has ended, or is given up. */
async function followOne(followed: Followed, work: FollowWork): Promise<number | null> {
  const { request, refs, requests } = followed;
  const { look, api, store, now } = work;
  const { repository, defaultBranch: branch } = look;
  const { workflow, runId, at } = request;
  const age = now().getTime() - Date.parse(at);
  const save = async (change: Partial<RebuildRequest>): Promise<void> => {
    for (const [index, ref] of refs.entries()) {
      await store.saveAskedRebuild(repository.id, ref, { ...(requests[index] ?? request), ...change });
    }
  };
  const run =
    runId !== null
      ? await readRun(api, repository, runId)
      : await findRun(api, repository, { workflow: workflow ?? '', branch, since: clockSlack(at) });
  const end = endOf(run, age, followed);
  if (end === null) {
    if (run !== null && runId === null) await save({ runId: run.id });
    return age < HOUR_MS ? FIRST_LOOK_MS : 6 * FIRST_LOOK_MS;
  }
  await tell(end, run, followed, work);
  await save({ state: 'ended', runId: run?.id ?? null, end: end.text });
  if (end.conclusion === 'success') {
    // What is published now is looked at as soon as it can be seen.
    const notBefore = new Date(now().getTime() + SHOWN_MS);
    const only = [...new Set(requests.map(({ dockerfile }) => literally(dockerfile)))];
    const again = { ...followJob(work.job), follow: false, trigger: 'schedule', only } as const;
    await store.enqueue(again, { notBefore });
  }
  return null;
}

interface End {
  readonly conclusion: CheckReport['conclusion'];
  /** Markdown, one paragraph. */
  readonly text: string;
}

/** null: it is to be followed on. */
function endOf(run: WorkflowRun | null, age: number, { refs, request }: Followed): End | null {
  const names = refs.slice(0, 5).map((ref) => code(ref));
  const more = refs.length > 5 ? ` and ${refs.length - 5} more` : '';
  const what = `The build of ${names.join(', ')}${more} by ${code(request.workflow ?? '')}`;
  if (run === null) {
    if (age < HOUR_MS) return null;
    return { conclusion: 'neutral', text: `${what} was asked for, and GitHub shows no run of it.` };
  }
  const link = `[its run](${run.url})`;
  if (run.status !== 'completed') {
    if (age < GIVEN_UP_MS) return null;
    return {
      conclusion: 'neutral',
      text: `${what} has not ended within a day (${link}); it is followed no more.`,
    };
  }
  if (run.conclusion === 'success') return { conclusion: 'success', text: `${what} succeeded (${link}).` };
  const stopped = run.conclusion === 'cancelled' || run.conclusion === 'skipped';
  return {
    conclusion: stopped ? 'neutral' : 'failure',
    text: `**${what} ended with ${code(run.conclusion ?? 'no conclusion')}** (${link}). What is published stays as it is.`,
  };
}

/** To those who asked, and at the commit that was built. */
async function tell(
  { conclusion, text }: End,
  run: WorkflowRun | null,
  { request }: Followed,
  { look, api }: FollowWork,
): Promise<void> {
  if (run !== null) {
    await publishChecks(api, look.repository, {
      name: `${CHECK_NAME} rebuild: ${request.workflow ?? ''}`,
      head: run.head,
      conclusion,
      title: conclusion === 'success' ? 'Rebuilt without cache' : 'Not rebuilt',
      summary: text,
      text: '',
    });
  }
  for (const { issue, comment } of request.answers satisfies readonly Answer[]) {
    await addToReply(api, look.repository, { issue, comment, body: text });
  }
}
