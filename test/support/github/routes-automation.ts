/** Workflows and their runs, dispatches, code scanning. */
import { gunzipSync } from 'node:zlib';
import { notFound } from './access.ts';
import { empty, ok, page, within, type Call, type Handler } from './call.ts';
import { resolveCommit } from './git.ts';
import { ApiError, nextId, timestamp, type Hub, type Repository, type WorkflowRun } from './model.ts';
import type { Operation } from './operations.ts';
import { minimalRepositoryJson, repositoryJson, type Json } from './represent.ts';

const root = '/repos/{owner}/{repo}';

function workflowOf({ params }: Call, repository: Repository): Repository['automation']['workflows'][number] {
  const asked = params['workflow_id'] ?? '';
  const found = repository.automation.workflows.find(
    ({ id, path }) => String(id) === asked || path.slice(path.lastIndexOf('/') + 1) === asked,
  );
  if (found === undefined) throw notFound();
  return found;
}

function runJson(hub: Hub, repository: Repository, run: WorkflowRun): Json {
  const url = `${hub.url}/api/v3/repos/${repository.owner.login}/${repository.name}/actions/runs/${run.id}`;
  return {
    id: run.id,
    node_id: `WFR_${run.id}`,
    name: run.workflow,
    head_branch: run.branch,
    head_sha: run.headSha,
    path: run.workflow,
    run_number: 1,
    display_title: run.workflow,
    event: run.event,
    status: run.status,
    conclusion: run.conclusion,
    workflow_id: repository.automation.workflows.find(({ path }) => path === run.workflow)?.id ?? 1,
    url,
    html_url: `${hub.url}/${repository.owner.login}/${repository.name}/actions/runs/${run.id}`,
    created_at: run.createdAt,
    updated_at: run.createdAt,
    head_commit: null,
    head_repository: repositoryJson(hub, repository),
    repository: { ...repositoryJson(hub, repository), ...minimalRepositoryJson(repository) },
    pull_requests: [],
    jobs_url: `${url}/jobs`,
    logs_url: `${url}/logs`,
    check_suite_url: `${url}/suite`,
    cancel_url: `${url}/cancel`,
    rerun_url: `${url}/rerun`,
    artifacts_url: `${url}/artifacts`,
    workflow_url: `${url}/workflow`,
  };
}

export const automationRoutes = {
  [`POST ${root}/code-scanning/sarifs`]: within(['security_events:write'], async (call, repository) => {
    const { commit_sha: sha, ref, sarif } = call.body as Record<string, string>;
    const commit = await resolveCommit(repository.git, sha ?? '');
    if (commit === undefined) throw new ApiError(404, 'commit not found');
    const text = gunzipSync(Buffer.from(sarif ?? '', 'base64')).toString('utf8');
    repository.automation.uploads.push({ commit, ref: ref ?? '', sarif: JSON.parse(text) as unknown });
    const id = String(nextId(call.hub));
    return {
      status: 202,
      data: { id, url: `${call.hub.url}/api/v3/repos/${repository.name}/code-scanning/sarifs/${id}` },
    };
  }),
  [`GET ${root}/actions/workflows`]: within(['actions:read'], (call, repository) => {
    const now = timestamp();
    const all = repository.automation.workflows.map(({ id, path }) => {
      const url = `${call.hub.url}/api/v3/repos/${repository.owner.login}/${repository.name}/actions/workflows/${id}`;
      const times = { created_at: now, updated_at: now };
      return {
        id,
        node_id: `W_${id}`,
        name: path,
        path,
        state: 'active',
        url,
        html_url: url,
        badge_url: url,
        ...times,
      };
    });
    return page(call, all, (workflows) => ({ total_count: all.length, workflows }));
  }),
  [`POST ${root}/actions/workflows/{workflow_id}/dispatches`]: within(
    ['actions:write'],
    async (call, repository) => {
      const { path } = workflowOf(call, repository);
      const { ref = '', inputs = {} } = call.body as { ref?: string; inputs?: Record<string, unknown> };
      const headSha = await resolveCommit(repository.git, ref);
      if (headSha === undefined) throw new ApiError(422, `No ref found for: ${ref}`);
      const id = nextId(call.hub);
      const run: WorkflowRun = {
        id,
        workflow: path,
        branch: ref.replace(/^refs\/heads\//u, ''),
        headSha,
        event: 'workflow_dispatch',
        inputs,
        createdAt: timestamp(),
        status: 'queued',
        conclusion: null,
      };
      repository.automation.runs.unshift(run);
      return empty;
    },
  ),
  [`GET ${root}/actions/workflows/{workflow_id}/runs`]: within(['actions:read'], (call, repository) => {
    const { path } = workflowOf(call, repository);
    const event = call.query.get('event');
    const branch = call.query.get('branch');
    const runs = repository.automation.runs.filter(
      (run) =>
        run.workflow === path &&
        (event === null || run.event === event) &&
        (branch === null || run.branch === branch),
    );
    return page(
      call,
      runs.map((run) => runJson(call.hub, repository, run)),
      (shown) => ({ total_count: runs.length, workflow_runs: shown }),
    );
  }),
  [`GET ${root}/actions/runs/{run_id}`]: within(['actions:read'], (call, repository) => {
    const run = repository.automation.runs.find(({ id }) => String(id) === call.params['run_id']);
    if (run === undefined) throw notFound();
    return ok(runJson(call.hub, repository, run));
  }),
  [`POST ${root}/dispatches`]: within(['contents:write'], (call, repository) => {
    const { event_type: event = '', client_payload: payload = {} } = call.body as Record<string, never>;
    repository.automation.dispatched.push({ event, payload });
    return empty;
  }),
} satisfies Partial<Record<Operation, Handler>>;
