/** Check runs, kept per commit; the limits of their fields are in GitHub's description, which judges every request. */
import { notFound } from './access.ts';
import { created, ok, page, within, type Call, type Handler } from './call.ts';
import { resolveCommit } from './git.ts';
import { ApiError, nextId, timestamp, type CheckRun, type Repository } from './model.ts';
import type { Operation } from './operations.ts';
import { checkRunJson } from './represent.ts';

const root = '/repos/{owner}/{repo}';

interface CheckBody {
  readonly name?: string;
  readonly head_sha?: string;
  readonly status?: string;
  readonly conclusion?: string;
  readonly started_at?: string;
  readonly completed_at?: string;
  readonly details_url?: string;
  readonly external_id?: string;
  readonly output?: {
    readonly title?: string;
    readonly summary?: string;
    readonly text?: string;
    readonly annotations?: Record<string, unknown>[];
  };
}

function fill(run: CheckRun, body: CheckBody): void {
  const { output } = body;
  if (body.status === 'completed' && body.conclusion === undefined && run.conclusion === null) {
    throw new ApiError(422, 'Invalid request.\n\nA conclusion is required of a completed check run.');
  }
  run.name = body.name ?? run.name;
  run.status = body.conclusion === undefined ? (body.status ?? run.status) : 'completed';
  run.conclusion = body.conclusion ?? run.conclusion;
  run.startedAt = body.started_at ?? run.startedAt;
  run.completedAt = run.status === 'completed' ? (body.completed_at ?? run.completedAt ?? timestamp()) : null;
  run.detailsUrl = body.details_url ?? run.detailsUrl;
  run.externalId = body.external_id ?? run.externalId;
  if (output) {
    const { title = run.output.title, summary = run.output.summary, text = run.output.text } = output;
    run.output = { title, summary, text };
    run.annotations.push(...(output.annotations ?? []));
  }
}

function runOf(call: Call, repository: Repository): CheckRun {
  const run = repository.checks.find((one) => one.id === Number(call.params['check_run_id']));
  if (run === undefined) throw notFound();
  return run;
}

export const checkRoutes = {
  [`POST ${root}/check-runs`]: within(['checks:write'], async (call, repository) => {
    const body = call.body as CheckBody;
    const headSha = await resolveCommit(repository.git, body.head_sha ?? '');
    if (headSha === undefined) throw new ApiError(422, `No commit found for SHA: ${body.head_sha}`);
    const suite = repository.checks.find((one) => one.headSha === headSha)?.suite ?? nextId(call.hub);
    const run: CheckRun = {
      id: nextId(call.hub),
      headSha,
      suite,
      name: '',
      status: 'queued',
      conclusion: null,
      startedAt: timestamp(),
      completedAt: null,
      detailsUrl: call.hub.url,
      externalId: '',
      output: { title: null, summary: null, text: null },
      annotations: [],
    };
    fill(run, body);
    repository.checks.push(run);
    return created(checkRunJson(call.hub, repository, run));
  }),
  [`GET ${root}/check-runs/{check_run_id}`]: within(['checks:read'], (call, repository) =>
    ok(checkRunJson(call.hub, repository, runOf(call, repository))),
  ),
  [`PATCH ${root}/check-runs/{check_run_id}`]: within(['checks:write'], (call, repository) => {
    const run = runOf(call, repository);
    fill(run, call.body);
    return ok(checkRunJson(call.hub, repository, run));
  }),
  [`GET ${root}/check-runs/{check_run_id}/annotations`]: within(['checks:read'], (call, repository) =>
    page(
      call,
      runOf(call, repository).annotations.map((one) => ({
        start_column: null,
        end_column: null,
        title: null,
        raw_details: null,
        blob_href: call.hub.url,
        ...one,
      })),
    ),
  ),
  [`GET ${root}/commits/{ref}/check-runs`]: within(['checks:read'], async (call, repository) => {
    const { query } = call;
    const sha = await resolveCommit(repository.git, call.params['ref'] ?? '');
    if (sha === undefined) throw new ApiError(422, `No commit found for SHA: ${call.params['ref']}`);
    const found = repository.checks.filter(
      (run) =>
        run.headSha === sha &&
        (query.get('check_name') ?? run.name) === run.name &&
        (query.get('status') ?? run.status) === run.status &&
        (query.get('app_id') ?? String(call.hub.app.id)) === String(call.hub.app.id),
    );
    // "latest" (the default) shows one run per name.
    const latest =
      query.get('filter') === 'all' ? found : [...new Map(found.map((run) => [run.name, run])).values()];
    const shown = latest.reverse().map((run) => checkRunJson(call.hub, repository, run));
    return page(call, shown, (items) => ({ total_count: shown.length, check_runs: items }));
  }),
} satisfies Partial<Record<Operation, Handler>>;
