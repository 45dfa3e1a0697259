/**
 * What a pull request is finished with: labels, people, auto-merge. The proposal stands without them, so what GitHub
 * refuses here is a note and no failure.
 */
import type { GitHubApi, RepositoryRef } from './api.ts';
import type { Step } from './apply-result.ts';
import { code } from '../../report/markdown.ts';

/** One request. GitHub makes the labels that the repository has not. */
export async function addLabels(
  api: GitHubApi,
  { owner, name: repo }: RepositoryRef,
  pull: number,
  labels: readonly string[],
): Promise<Step> {
  const answer = await api.attempt((request) =>
    request('POST /repos/{owner}/{repo}/issues/{issue_number}/labels', {
      owner,
      repo,
      issue_number: pull,
      labels: [...labels],
    }),
  );
  return answer.ok ? { kind: 'done' } : noted(`The labels could not be added: ${answer.refusal.message}`);
}

/** One request. */
export async function removeLabel(
  api: GitHubApi,
  { owner, name: repo }: RepositoryRef,
  pull: number,
  label: string,
): Promise<Step> {
  const answer = await api.attempt((request) =>
    request('DELETE /repos/{owner}/{repo}/issues/{issue_number}/labels/{name}', {
      owner,
      repo,
      issue_number: pull,
      name: label,
    }),
  );
  if (answer.ok || answer.refusal.status === 404) return { kind: 'done' };
  return noted(`The label ${named(label)} could not be removed: ${answer.refusal.message}`);
}

/** One request. */
export async function assign(
  api: GitHubApi,
  { owner, name: repo }: RepositoryRef,
  pull: number,
  users: readonly string[],
): Promise<Step> {
  const answer = await api.attempt((request) =>
    request('POST /repos/{owner}/{repo}/issues/{issue_number}/assignees', {
      owner,
      repo,
      issue_number: pull,
      assignees: [...users],
    }),
  );
  if (!answer.ok) return noted(`Nobody could be assigned: ${answer.refusal.message}`);
  // GitHub leaves out without a word whom it cannot assign.
  const assigned = new Set(answer.data.assignees?.map(({ login }) => login.toLowerCase()));
  const missing = users.filter((login) => !assigned.has(login.toLowerCase()));
  if (missing.length === 0) return { kind: 'done' };
  return noted(
    `Not assigned, since they have no access to the repository: ${missing.map(named).join(', ')}.`,
  );
}

/** One request; when GitHub refuses it, since one of them cannot be asked, one for each. */
export async function requestReviewers(
  api: GitHubApi,
  { owner, name: repo }: RepositoryRef,
  pull: number,
  { users, teams }: { readonly users: readonly string[]; readonly teams: readonly string[] },
): Promise<Step> {
  const ask = (reviewers: readonly string[], team_reviewers: readonly string[]) =>
    api.attempt((request) =>
      request('POST /repos/{owner}/{repo}/pulls/{pull_number}/requested_reviewers', {
        owner,
        repo,
        pull_number: pull,
        ...(reviewers.length > 0 && { reviewers: [...reviewers] }),
        ...(team_reviewers.length > 0 && { team_reviewers: [...team_reviewers] }),
      }),
    );
  const all = await ask(users, teams);
  if (all.ok) return { kind: 'done' };
  const notes: string[] = [];
  const alone = users.length + teams.length === 1;
  for (const login of users) {
    const answer = alone ? all : await ask([login], []);
    if (!answer.ok) notes.push(`No review could be asked of ${named(login)}: ${answer.refusal.message}`);
  }
  for (const slug of teams) {
    const answer = alone ? all : await ask([], [slug]);
    if (!answer.ok)
      notes.push(`No review could be asked of the team ${named(slug)}: ${answer.refusal.message}`);
  }
  return { kind: 'done', notes };
}

const ENABLE = `mutation ($id: ID!, $mergeMethod: PullRequestMergeMethod!) {
  enablePullRequestAutoMerge(input: {pullRequestId: $id, mergeMethod: $mergeMethod}) {
    clientMutationId
  }
}`;

/**
 * One request of GraphQL, since REST has none for this; one before it when the id is not known.
 * @param nodeId of a pull request that was just made, else null.
 */
export async function enableAutoMerge(
  api: GitHubApi,
  { owner, name: repo }: RepositoryRef,
  pull: number,
  nodeId: string | null,
  method: 'merge' | 'squash' | 'rebase',
): Promise<Step> {
  let id = nodeId;
  if (id === null) {
    const found = await api.ask((request) =>
      request('GET /repos/{owner}/{repo}/pulls/{pull_number}', { owner, repo, pull_number: pull }),
    );
    if (found.auto_merge !== null) return { kind: 'done' };
    id = found.node_id;
  }
  const answer = await api.mutate(ENABLE, { id, mergeMethod: method.toUpperCase() });
  return answer.ok ? { kind: 'done' } : noted(`Auto-merge could not be enabled: ${answer.refusal.message}`);
}

function noted(note: string): Step {
  return { kind: 'done', notes: [note] };
}

/** Without calling anybody. */
function named(name: string): string {
  return code(name, 100);
}
