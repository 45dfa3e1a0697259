/** What GitHub shows of one proposal. Two requests when there is nothing; four with a branch and an open pull request. */
import { tagOfComment } from '../../proposal/marker.ts';
import type { BranchState, ProposalState, PullState } from '../../proposal/state.ts';
import type { GitHubApi, RepositoryRef } from './api.ts';
import { refused } from './failure.ts';
import { isApp, isAppCommit, type ShownCommit } from './identity.ts';
import { ownComments } from './own-comments.ts';

const PAGE = 100;
/** A branch with more commits of its own has been used for something else. */
const MOST_COMMITS = 500;

/**
 * @param branch of the proposal, in the repository itself.
 * @param base the branch that it is for, and the commit that is taken as its head.
 * @throws {ForgeError}
 */
export async function readState(
  api: GitHubApi,
  repository: RepositoryRef,
  branch: string,
  base: ProposalState['base'],
): Promise<ProposalState> {
  return {
    base,
    branch: await readBranch(api, repository, branch, base.sha),
    pull: await readPull(api, repository, branch, base.branch),
  };
}

/** Commit of a branch; null when there is none. One request. */
export async function readBranchHead(
  api: GitHubApi,
  { owner, name: repo }: RepositoryRef,
  branch: string,
): Promise<string | null> {
  const answer = await api.attempt((request) =>
    request('GET /repos/{owner}/{repo}/git/ref/{ref}', { owner, repo, ref: `heads/${branch}` }),
  );
  if (answer.ok) return answer.data.object.sha;
  if (answer.refusal.status === 404) return null;
  throw refused(answer.refusal);
}

async function readBranch(
  api: GitHubApi,
  repository: RepositoryRef,
  name: string,
  base: string,
): Promise<BranchState | null> {
  const sha = await readBranchHead(api, repository, name);
  if (sha === null) return null;
  const { owner, name: repo } = repository;
  const own = new Map<
    string,
    ShownCommit & { readonly commit: { readonly tree: { readonly sha: string } } }
  >();
  let behind = false;
  let total = 0;
  for (let page = 1; ; page += 1) {
    const answer = await api.attempt((request) =>
      request('GET /repos/{owner}/{repo}/compare/{basehead}', {
        owner,
        repo,
        basehead: `${base}...${sha}`,
        per_page: PAGE,
        page,
      }),
    );
    // No commit in common.
    if (!answer.ok && answer.refusal.status === 404) return unrelated(api, repository, name, sha);
    if (!answer.ok) throw refused(answer.refusal);
    const { data } = answer;
    const before = own.size;
    for (const { sha, author, committer, commit } of data.commits) {
      own.set(sha, { author: author ?? null, committer: committer ?? null, commit });
    }
    total = data.total_commits;
    behind = data.behind_by > 0;
    if (total === 0) {
      return { name, sha, foreign: false, behind, tree: data.merge_base_commit.commit.tree.sha };
    }
    if (own.size >= total || own.size >= MOST_COMMITS || own.size === before) break;
  }
  // What was not read is not taken for ours.
  const foreign = own.size < total || ![...own.values()].every((commit) => isAppCommit(commit, api.identity));
  const tree = own.get(sha)?.commit.tree.sha ?? (await readTreeOf(api, repository, sha));
  return { name, sha, foreign, behind, tree };
}

async function unrelated(
  api: GitHubApi,
  repository: RepositoryRef,
  name: string,
  sha: string,
): Promise<BranchState> {
  return { name, sha, foreign: true, behind: true, tree: await readTreeOf(api, repository, sha) };
}

/** Tree of a commit. One request. */
export function readTreeOf(
  api: GitHubApi,
  { owner, name: repo }: RepositoryRef,
  commit: string,
): Promise<string> {
  return api
    .ask((request) =>
      request('GET /repos/{owner}/{repo}/git/commits/{commit_sha}', { owner, repo, commit_sha: commit }),
    )
    .then(({ tree }) => tree.sha);
}

async function readPull(
  api: GitHubApi,
  repository: RepositoryRef,
  branch: string,
  base: string,
): Promise<PullState | null> {
  const { owner, name: repo } = repository;
  const head = `${owner}:${branch}`;
  const listed = await api.ask((request) =>
    request('GET /repos/{owner}/{repo}/pulls', { owner, repo, head, base, state: 'all', per_page: 10 }),
  );
  // A fork of the same owner may have a branch of that name, too.
  const pulls = listed.filter(
    (pull) => Number(pull.head.repo?.id) === repository.id && pull.head.ref === branch,
  );
  const pull = pulls.find(({ state }) => state === 'open') ?? pulls[0];
  if (pull === undefined) return null;
  const merged = pull.merged_at !== null;
  const closed = pull.state === 'closed' && !merged;
  return {
    number: pull.number,
    state: merged ? 'merged' : pull.state === 'open' ? 'open' : 'closed',
    closedByUs: closed && (await closedByApp(api, repository, pull.number)),
    closedAt: pull.closed_at,
    head: pull.head.sha,
    title: pull.title,
    body: pull.body ?? '',
    labels: pull.labels.map(({ name }) => name),
    draft: pull.draft === true,
    comments: (await ownComments(api, repository, pull.number)).flatMap(
      ({ body }) => tagOfComment(body) ?? [],
    ),
  };
}

async function closedByApp(
  api: GitHubApi,
  { owner, name: repo }: RepositoryRef,
  pull: number,
): Promise<boolean> {
  const issue = await api.ask((request) =>
    request('GET /repos/{owner}/{repo}/issues/{issue_number}', { owner, repo, issue_number: pull }),
  );
  return isApp(issue.closed_by, api.identity);
}
