/** The branches of a purpose's proposals. */
import type { GitHubApi, RepositoryRef } from './api.ts';
import { refused } from './failure.ts';

/**
 * @param stem `relock/monthly`.
 * @returns names: the branch itself, and those of single groups (`relock/monthly-…`). One request.
 */
export async function proposalBranches(
  api: GitHubApi,
  { owner, name: repo }: RepositoryRef,
  stem: string,
): Promise<readonly string[]> {
  const answer = await api.attempt((request) =>
    request('GET /repos/{owner}/{repo}/git/matching-refs/{ref}', { owner, repo, ref: `heads/${stem}` }),
  );
  if (!answer.ok) {
    // An empty repository.
    if (answer.refusal.status === 404 || answer.refusal.status === 409) return [];
    throw refused(answer.refusal);
  }
  return answer.data
    .map(({ ref }) => ref.replace(/^refs\/heads\//u, ''))
    .filter((name) => name === stem || name.startsWith(`${stem}-`));
}
