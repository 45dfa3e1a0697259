/** The App's own issues, each known by the tag in its marker; made, changed and closed. */
import type { CloseIssueAction, OpenIssueAction, UpdateIssueAction } from '../../proposal/actions.ts';
import { readIssueMarker } from '../../proposal/issue-marker.ts';
import type { IssueState } from '../../proposal/state.ts';
import type { GitHubApi, RepositoryRef } from './api.ts';
import { commentOnce } from './apply-pull.ts';
import { NOT_MINE, type Fence, type Step } from './apply-result.ts';
import { refused, type Refusal } from './failure.ts';
import { isApp } from './identity.ts';

const PAGE = 100;
/** The newest thousand issues and pull requests of the App are looked through. */
const PAGES = 10;

/**
 * The App's issues that have a tag, by it; of two with the same the older one. One request for each hundred issues and
 * pull requests of the App. Empty where issues are turned off, or the App may not read them.
 */
export async function readOwnIssues(
  api: GitHubApi,
  { owner, name: repo }: RepositoryRef,
): Promise<ReadonlyMap<string, IssueState>> {
  const found = new Map<string, IssueState>();
  const creator = `${api.identity.slug}[bot]`;
  for (let page = 1; page <= PAGES; page += 1) {
    const answer = await api.attempt((request) =>
      request('GET /repos/{owner}/{repo}/issues', {
        owner,
        repo,
        creator,
        state: 'all',
        sort: 'created',
        direction: 'desc',
        per_page: PAGE,
        page,
      }),
    );
    if (!answer.ok) {
      if (isOff(answer.refusal)) break;
      throw refused(answer.refusal);
    }
    for (const { number, state, title, body, user, pull_request: pull } of answer.data) {
      const tag =
        pull === undefined && isApp(user, api.identity) ? readIssueMarker(body ?? '')?.tag : undefined;
      if (tag === undefined) continue;
      found.set(tag, { number, state: state === 'open' ? 'open' : 'closed', title, body: body ?? '' });
    }
    if (answer.data.length < PAGE) break;
  }
  return found;
}

/** Two requests; one when it is there already. */
export async function openIssue(
  api: GitHubApi,
  repository: RepositoryRef,
  { tag, title, body, labels }: OpenIssueAction,
  fence: Fence,
): Promise<Step> {
  if ((await readOwnIssues(api, repository)).has(tag)) return { kind: 'done' };
  if (!(await fence.stillMine())) return NOT_MINE;
  const { owner, name: repo } = repository;
  const answer = await api.attempt((request) =>
    request('POST /repos/{owner}/{repo}/issues', { owner, repo, title, body, labels: [...labels] }),
  );
  if (answer.ok) return { kind: 'done' };
  return noted(`No issue could be opened to say what blocks a fix: ${answer.refusal.message}`);
}

/** One request. */
export async function updateIssue(
  api: GitHubApi,
  repository: RepositoryRef,
  { issue, title, body }: UpdateIssueAction,
): Promise<Step> {
  return change(api, repository, issue, { title, body, state: 'open' });
}

/** Three requests; two when the comment is there already. */
export async function closeIssue(
  api: GitHubApi,
  repository: RepositoryRef,
  { issue, body, tag, comment }: CloseIssueAction,
): Promise<Step> {
  const told = await commentOnce(api, repository, issue, { tag, body: comment }, 'Issue');
  if (told.kind === 'stop') return told;
  return change(api, repository, issue, { body, state: 'closed' });
}

/** What GitHub refuses here is a note and no failure: nothing of the proposal hangs on it. */
async function change(
  api: GitHubApi,
  { owner, name: repo }: RepositoryRef,
  issue: number,
  fields: { readonly title?: string; readonly body: string; readonly state: 'open' | 'closed' },
): Promise<Step> {
  const answer = await api.attempt((request) =>
    request('PATCH /repos/{owner}/{repo}/issues/{issue_number}', {
      owner,
      repo,
      issue_number: issue,
      ...fields,
    }),
  );
  if (answer.ok || isOff(answer.refusal)) return { kind: 'done' };
  return noted(`Issue #${issue} could not be changed: ${answer.refusal.message}`);
}

/** 410: issues are turned off, or this one was deleted. */
function isOff({ status }: Refusal): boolean {
  return status === 403 || status === 404 || status === 410;
}

function noted(note: string): Step {
  return { kind: 'done', notes: [note] };
}
