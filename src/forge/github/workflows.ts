/**
 * Starts a repository's own build, and follows it.
 * https://docs.github.com/rest/actions/workflows, https://docs.github.com/rest/actions/workflow-runs,
 * https://docs.github.com/rest/repos/repos#create-a-repository-dispatch-event
 */
import type { Call, GitHubApi, RepositoryRef } from './api.ts';
import type { Refusal } from './failure.ts';

export interface WorkflowDispatch {
  /** File name below `.github/workflows/`. */
  readonly workflow: string;
  /** Branch whose workflow and code are taken. */
  readonly ref: string;
  readonly inputs: Readonly<Record<string, string>>;
}

export interface Dispatched {
  /** Whether it was started. */
  readonly started: boolean;
  /** Why not, or what it was started without. Sentences with foreign words. */
  readonly notes: readonly string[];
}

/** One run of a workflow, as far as it is followed. */
export interface WorkflowRun {
  readonly id: number;
  /** Commit that it builds. */
  readonly head: string;
  /** Page of the run. */
  readonly url: string;
  /** `queued`, `in_progress`, `completed`, … */
  readonly status: string;
  /** `success`, `failure`, `cancelled`, …; null while it runs. */
  readonly conclusion: string | null;
}

/** One request; two where the workflow lacks one of the inputs, which GitHub refuses whole: it is then left out. */
export async function dispatchWorkflow(
  api: GitHubApi,
  repository: RepositoryRef,
  { workflow, ref, inputs }: WorkflowDispatch,
): Promise<Dispatched> {
  const first = await api.attempt(startOf(repository, workflow, ref, inputs));
  if (first.ok) return { started: true, notes: [] };
  const { status, message } = first.refusal;
  if (status !== 422 || !/unexpected inputs/iu.test(message)) {
    return { started: false, notes: [workflowNote(first.refusal, workflow)] };
  }
  const named = Object.keys(inputs).filter((name) => message.includes(`"${name}"`));
  const missing = named.length === 0 ? Object.keys(inputs) : named;
  const left = Object.fromEntries(Object.entries(inputs).filter(([name]) => !missing.includes(name)));
  const second = await api.attempt(startOf(repository, workflow, ref, left));
  if (!second.ok) return { started: false, notes: [workflowNote(second.refusal, workflow)] };
  const names = missing.map((name) => `\`${name}\``).join(' and ');
  return {
    started: true,
    notes: [
      `The workflow \`${workflow}\` was started without ${names}, since it has no such ${missing.length === 1 ? 'input' : 'inputs'}: ` +
        'its build may take old packages from its cache. `relock init` proposes inputs for it.',
    ],
  };
}

function startOf(
  { owner, name: repo }: RepositoryRef,
  workflow: string,
  ref: string,
  inputs: Readonly<Record<string, string>>,
): Call<unknown> {
  return (request) =>
    request('POST /repos/{owner}/{repo}/actions/workflows/{workflow_id}/dispatches', {
      owner,
      repo,
      workflow_id: workflow,
      ref,
      ...(Object.keys(inputs).length > 0 && { inputs }),
    });
}

function workflowNote({ status, message }: Refusal, workflow: string): string {
  const failed = `The workflow \`${workflow}\` could not be started`;
  if (status === 403) return `${failed}, since the App lacks the permission "Actions" (write) here.`;
  if (status === 404) return `${failed}: there is no such workflow on the default branch.`;
  return `${failed}: ${message}`;
}

/** The newest run of a branch that was started by hand or by an App since then; null: GitHub shows none (yet). */
export async function findRun(
  api: GitHubApi,
  { owner, name: repo }: RepositoryRef,
  { workflow, branch, since }: { readonly workflow: string; readonly branch: string; readonly since: Date },
): Promise<WorkflowRun | null> {
  const answer = await api.attempt((request) =>
    request('GET /repos/{owner}/{repo}/actions/workflows/{workflow_id}/runs', {
      owner,
      repo,
      workflow_id: workflow,
      event: 'workflow_dispatch',
      branch,
      per_page: 20,
    }),
  );
  if (!answer.ok) return null;
  const [newest] = answer.data.workflow_runs
    .filter(({ created_at: created }) => Date.parse(created) >= since.getTime())
    .sort((a, b) => Date.parse(b.created_at) - Date.parse(a.created_at));
  return newest === undefined ? null : runOf(newest);
}

/** @returns null when it is gone (somebody deleted it), or may not be seen. */
export async function readRun(
  api: GitHubApi,
  { owner, name: repo }: RepositoryRef,
  id: number,
): Promise<WorkflowRun | null> {
  const answer = await api.attempt((request) =>
    request('GET /repos/{owner}/{repo}/actions/runs/{run_id}', { owner, repo, run_id: id }),
  );
  return answer.ok ? runOf(answer.data) : null;
}

function runOf(run: {
  readonly id: number | bigint;
  readonly head_sha: string;
  readonly html_url: string;
  readonly status: string | null;
  readonly conclusion: string | null;
}): WorkflowRun {
  return {
    id: Number(run.id),
    head: run.head_sha,
    url: run.html_url,
    status: run.status ?? 'queued',
    conclusion: run.conclusion,
  };
}

/** GitHub takes no more keys at the top of a payload. */
const MOST_KEYS = 10;

/** A `repository_dispatch` event, for whatever listens to it there. One request. */
export async function dispatchRepository(
  api: GitHubApi,
  { owner, name: repo }: RepositoryRef,
  { event, payload }: { readonly event: string; readonly payload: Readonly<Record<string, unknown>> },
): Promise<Dispatched> {
  const answer = await api.attempt((request) =>
    request('POST /repos/{owner}/{repo}/dispatches', {
      owner,
      repo,
      event_type: event,
      client_payload: Object.fromEntries(Object.entries(payload).slice(0, MOST_KEYS)),
    }),
  );
  if (answer.ok) return { started: true, notes: [] };
  const { status, message } = answer.refusal;
  const why =
    status === 403
      ? 'since the App lacks the permission "Contents" (write) here.'
      : `for GitHub says: ${message}`;
  return { started: false, notes: [`The event \`${event}\` could not be sent, ${why}`] };
}
