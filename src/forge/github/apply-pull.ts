/** Pull requests: made, changed, closed, commented. */
import type { CommentAction, CreatePullAction, UpdatePullAction } from '../../proposal/actions.ts';
import { tagOfComment } from '../../proposal/marker.ts';
import type { GitHubApi, RepositoryRef } from './api.ts';
import { NOT_MINE, type Fence, type Step } from './apply-result.ts';
import { ownComments } from './own-comments.ts';

/** One request. */
export async function createPull(
  api: GitHubApi,
  { owner, name: repo }: RepositoryRef,
  action: CreatePullAction,
  fence: Fence,
): Promise<Step> {
  const { head, base, title, body } = action;
  if (!(await fence.stillMine())) return NOT_MINE;
  const create = (draft: boolean) =>
    api.attempt((request) =>
      request('POST /repos/{owner}/{repo}/pulls', { owner, repo, head, base, title, body, draft }),
    );
  let answer = await create(action.draft);
  const notes: string[] = [];
  // Private repositories of some plans have no drafts.
  if (!answer.ok && action.draft && /draft/iu.test(answer.refusal.message)) {
    notes.push('The pull request is no draft, since GitHub allows none in this repository.');
    answer = await create(false);
  }
  if (answer.ok) {
    const { number, node_id: nodeId } = answer.data;
    return { kind: 'done', pull: { number, nodeId }, notes };
  }
  const { status, message } = answer.refusal;
  // The branch is gone, has a pull request, or has nothing that the base has not.
  if (status === 422 && /already exists|no commits between|\b(?:head|base)\b/iu.test(message)) {
    return { kind: 'stop', why: 'moved', because: `The pull request cannot be made any more: ${message}` };
  }
  return { kind: 'stop', why: 'refused', because: `GitHub refuses the pull request: ${message}` };
}

/** One request. */
export async function updatePull(
  api: GitHubApi,
  { owner, name: repo }: RepositoryRef,
  pull: number,
  change: Pick<UpdatePullAction, 'title' | 'body'> | { readonly state: 'closed' },
): Promise<Step> {
  const fields = 'state' in change ? { state: change.state } : picked(change);
  const answer = await api.attempt((request) =>
    request('PATCH /repos/{owner}/{repo}/pulls/{pull_number}', { owner, repo, pull_number: pull, ...fields }),
  );
  if (answer.ok) return { kind: 'done' };
  const because = `GitHub refuses to change pull request #${pull}: ${answer.refusal.message}`;
  return { kind: 'stop', why: answer.refusal.status === 404 ? 'moved' : 'refused', because };
}

function picked({ title, body }: Pick<UpdatePullAction, 'title' | 'body'>): {
  title?: string;
  body?: string;
} {
  return { ...(title !== undefined && { title }), ...(body !== undefined && { body }) };
}

/** Two requests; one when it is there already. */
export async function commentOnce(
  api: GitHubApi,
  repository: RepositoryRef,
  pull: number,
  { tag, body }: Pick<CommentAction, 'tag' | 'body'>,
  noun = 'Pull request',
): Promise<Step> {
  const own = await ownComments(api, repository, pull);
  if (own.some((comment) => tagOfComment(comment.body) === tag)) return { kind: 'done' };
  const { owner, name: repo } = repository;
  const answer = await api.attempt((request) =>
    request('POST /repos/{owner}/{repo}/issues/{issue_number}/comments', {
      owner,
      repo,
      issue_number: pull,
      body,
    }),
  );
  if (answer.ok) return { kind: 'done' };
  return {
    kind: 'done',
    notes: [`${noun} #${pull} could not be commented on: ${answer.refusal.message}`],
  };
}
