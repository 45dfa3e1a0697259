/**
 * Commits and branches through the Git Data API. Without author and committer, so that GitHub signs in the App's name;
 * never with force, so that a push that comes in between makes ours fail instead of vanish.
 *
 * Objects that no reference leads to are harmless: a run that was killed before the last request has changed nothing.
 */
import type { FileChange } from '../../model.ts';
import type { CommitAction, DeleteBranchAction } from '../../proposal/actions.ts';
import type { GitHubApi, RepositoryRef } from './api.ts';
import { NOT_MINE, type Fence, type Step } from './apply-result.ts';
import { readBaseTree, type BaseTree } from './base-tree.ts';
import { refused } from './failure.ts';
import { readBranchHead } from './read-state.ts';

/** Requests: 5, one for each file, and one more where the branch is there already. */
export async function applyCommit(
  api: GitHubApi,
  repository: RepositoryRef,
  action: CommitAction,
  fence: Fence,
): Promise<Step> {
  const { owner, name: repo } = repository;
  const paths = action.files.map(({ path }) => path);
  const base = await readBaseTree(api, repository, action.base, paths);
  for (const path of paths) {
    const why = base.obstacle(path);
    if (why !== null) {
      return {
        kind: 'stop',
        why: 'held',
        because: `\`${path}\` cannot be written on the base, since ${why}.`,
      };
    }
  }
  const tree = await writeTree(api, repository, base, action.files);
  if (!tree.ok) return { kind: 'stop', why: 'refused', because: `GitHub refuses the files: ${tree.because}` };
  // Not committed again; but the branch must still be there.
  if (tree.sha === action.unlessTree) return confirm(api, repository, action);
  const { message, parents } = action;
  const commit = await api.ask((request) =>
    request('POST /repos/{owner}/{repo}/git/commits', {
      owner,
      repo,
      message,
      tree: tree.sha,
      parents: [...parents],
    }),
  );
  return moveBranch(api, repository, action, commit.sha, fence);
}

async function confirm(api: GitHubApi, repository: RepositoryRef, action: CommitAction): Promise<Step> {
  const head = await readBranchHead(api, repository, action.branch);
  return head === null || head !== action.expect ? moved(action.branch) : { kind: 'done', head };
}

async function writeTree(
  api: GitHubApi,
  { owner, name: repo }: RepositoryRef,
  base: BaseTree,
  files: readonly FileChange[],
): Promise<{ readonly ok: true; readonly sha: string } | { readonly ok: false; readonly because: string }> {
  const entries: { path: string; mode: '100644' | '100755'; type: 'blob'; sha: string | null }[] = [];
  for (const { path, text, executable } of files) {
    const there = base.mode(path);
    const mode = there ?? (executable ? '100755' : '100644');
    if (text === null) {
      // What is not there cannot be taken away: GitHub refuses the whole tree.
      if (there !== null) entries.push({ path, mode, type: 'blob', sha: null });
      continue;
    }
    const blob = await api.ask((request) =>
      request('POST /repos/{owner}/{repo}/git/blobs', { owner, repo, ...contentOf(text) }),
    );
    entries.push({ path, mode, type: 'blob', sha: blob.sha });
  }
  // GitHub refuses an empty list.
  if (entries.length === 0) return { ok: true, sha: base.sha };
  const answer = await api.attempt((request) =>
    request('POST /repos/{owner}/{repo}/git/trees', { owner, repo, base_tree: base.sha, tree: entries }),
  );
  if (answer.ok) return { ok: true, sha: answer.data.sha };
  return { ok: false, because: answer.refusal.message };
}

/** Base64 for what JSON text on the way might not keep: control characters, a byte order mark, halves of pairs. */
function contentOf(text: string): { readonly content: string; readonly encoding: 'utf-8' | 'base64' } {
  const plain = text.isWellFormed() && !/(?![\t\n\r])[\p{Cc}\p{Cn}\uFEFF]/u.test(text);
  return plain
    ? { content: text, encoding: 'utf-8' }
    : { content: Buffer.from(text, 'utf8').toString('base64'), encoding: 'base64' };
}

async function moveBranch(
  api: GitHubApi,
  repository: RepositoryRef,
  { branch, expect }: CommitAction,
  sha: string,
  fence: Fence,
): Promise<Step> {
  const { owner, name: repo } = repository;
  if (!(await fence.stillMine())) return NOT_MINE;
  if (expect !== null && (await readBranchHead(api, repository, branch)) !== expect) {
    // Without force, GitHub itself refuses a branch that has gone on; but not one that was set back.
    return moved(branch);
  }
  const answer =
    expect === null
      ? await api.attempt((request) =>
          request('POST /repos/{owner}/{repo}/git/refs', { owner, repo, ref: `refs/heads/${branch}`, sha }),
        )
      : await api.attempt((request) =>
          request('PATCH /repos/{owner}/{repo}/git/refs/{ref}', {
            owner,
            repo,
            ref: `heads/${branch}`,
            sha,
            force: false,
          }),
        );
  if (answer.ok) return { kind: 'done', head: sha };
  const { status, message } = answer.refusal;
  if (
    /already exists|not a fast.?forward|does not exist/iu.test(message) ||
    status === 404 ||
    status === 409
  ) {
    return moved(branch);
  }
  return {
    kind: 'stop',
    why: 'refused',
    because: `GitHub refuses to move the branch \`${branch}\`: ${message}`,
  };
}

/**
 * GitHub deletes without a condition, so between the look and the deletion a push can be lost that comes within that
 * moment.
 */
export async function deleteBranch(
  api: GitHubApi,
  repository: RepositoryRef,
  { branch, expect }: DeleteBranchAction,
  fence: Fence,
): Promise<Step> {
  const { owner, name: repo } = repository;
  if (!(await fence.stillMine())) return NOT_MINE;
  const head = await readBranchHead(api, repository, branch);
  if (head === null) return { kind: 'done' };
  if (head !== expect) return moved(branch);
  const answer = await api.attempt((request) =>
    request('DELETE /repos/{owner}/{repo}/git/refs/{ref}', { owner, repo, ref: `heads/${branch}` }),
  );
  if (answer.ok || /does not exist/iu.test(answer.refusal.message)) return { kind: 'done' };
  if (answer.refusal.status === 422) {
    const because = `GitHub refuses to delete the branch \`${branch}\`: ${answer.refusal.message}`;
    return { kind: 'stop', why: 'refused', because };
  }
  throw refused(answer.refusal);
}

function moved(branch: string): Step {
  return {
    kind: 'stop',
    why: 'moved',
    because: `The branch \`${branch}\` has been moved by somebody else meanwhile.`,
  };
}
