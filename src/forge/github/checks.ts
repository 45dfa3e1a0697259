/** Check runs: what a pull request's body has no room for, and what is wrong with a configuration. */
import { createHash } from 'node:crypto';
import type { GitHubApi, RepositoryRef } from './api.ts';
import type { Refusal } from './failure.ts';
import { pagesOf } from './pages.ts';

export interface CheckReport {
  /** Of the check run; further pages are called `name (2)`. One name, one report for each commit. */
  readonly name: string;
  /** Commit that it stands at. */
  readonly head: string;
  readonly conclusion: 'success' | 'neutral' | 'failure' | 'action_required';
  readonly title: string;
  /** Markdown, shown on every page; cut at 65,535 bytes. */
  readonly summary: string;
  /** Markdown of any length; empty: none. */
  readonly text: string;
}

/** GitHub's limit of each field of a check run, in characters; kept in bytes, which are never fewer. */
const FIELD = 65_535;
const TITLE = 250;
/** What is beyond is not shown: a commit has room for a thousand check runs, and a reader for less. */
const PAGES = 20;

interface CheckRun {
  readonly name: string;
  readonly conclusion: CheckReport['conclusion'] | 'skipped';
  readonly external_id: string;
  readonly output: { readonly title: string; readonly summary: string; readonly text?: string };
}

/**
 * Makes the check runs of a report, or brings those that are there up to date. One request when they are so already,
 * and one more for each page that is not.
 * @returns notes: why it is not shown, where GitHub does not allow it.
 */
export async function publishChecks(
  api: GitHubApi,
  repository: RepositoryRef,
  report: CheckReport,
): Promise<readonly string[]> {
  const { owner, name: repo } = repository;
  const listed = await api.attempt((request) =>
    request('GET /repos/{owner}/{repo}/commits/{ref}/check-runs', {
      owner,
      repo,
      ref: report.head,
      app_id: api.identity.appId,
      per_page: 100,
    }),
  );
  if (!listed.ok) return [noteOf(listed.refusal)];
  const known = new Map(listed.data.check_runs.map((run) => [run.name, run]));
  const runs = runsOf(report);
  const wanted = new Set(runs.map(({ name }) => name));
  const stale = [...known.keys()].filter((name) => name.startsWith(`${report.name} (`) && !wanted.has(name));
  for (const run of [...runs, ...stale.map(emptied)]) {
    const there = known.get(run.name);
    if (there?.external_id === run.external_id && there.status === 'completed') continue;
    const answer = await put(
      api,
      repository,
      run,
      there === undefined ? { head: report.head } : { id: Number(there.id) },
    );
    if (!answer.ok) return [noteOf(answer.refusal)];
  }
  return [];
}

function put(
  api: GitHubApi,
  { owner, name: repo }: RepositoryRef,
  run: CheckRun,
  place: { readonly head: string } | { readonly id: number },
) {
  const fields = { owner, repo, ...run, status: 'completed' } as const;
  return 'id' in place
    ? api.attempt((request) =>
        request('PATCH /repos/{owner}/{repo}/check-runs/{check_run_id}', {
          ...fields,
          check_run_id: place.id,
        }),
      )
    : api.attempt((request) =>
        request('POST /repos/{owner}/{repo}/check-runs', { ...fields, head_sha: place.head }),
      );
}

function runsOf({ name, conclusion, title, summary, text }: CheckReport): readonly CheckRun[] {
  const all = text.trim() === '' ? [''] : pagesOf(text, FIELD);
  const pages = all.slice(0, PAGES);
  const total = pages.length;
  return pages.map((page, index) => {
    const number =
      total === 1 ? '' : ` (page ${index + 1} of ${total}${all.length > total ? '; the rest is cut' : ''})`;
    const output = {
      title: `${title.slice(0, TITLE - number.length)}${number}`,
      summary: pagesOf(summary, FIELD)[0] ?? '',
      ...(page !== '' && { text: page }),
    };
    return withId({ name: index === 0 ? name : `${name} (${index + 1})`, conclusion, output });
  });
}

/** A check run cannot be deleted. */
function emptied(name: string): CheckRun {
  const output = { title: 'Not needed any more', summary: 'The report has become shorter.', text: ' ' };
  return withId({ name, conclusion: 'skipped', output });
}

/** The id is the digest of what is shown, so that the same is not written again. */
function withId(run: Omit<CheckRun, 'external_id'>): CheckRun {
  const digest = createHash('sha256')
    .update(JSON.stringify([run.conclusion, run.output]))
    .digest('hex');
  return { ...run, external_id: digest.slice(0, 40) };
}

function noteOf({ status, message }: Refusal): string {
  return status === 403
    ? 'The full report is not shown as a check run, since the App lacks the permission "Checks" here.'
    : `The full report is not shown as a check run: ${message}`;
}
