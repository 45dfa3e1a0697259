/** One issue of the App in a repository, ever. */
import { tagOfComment, withTag } from '../../proposal/marker.ts';
import type { GitHubApi, RepositoryRef } from './api.ts';

const TAG = 'welcome';

/**
 * Two requests; one when the issue is there, open or closed. Where issues are turned off or the App may not write them,
 * nothing happens.
 */
export async function welcomeOnce(
  api: GitHubApi,
  { owner, name: repo }: RepositoryRef,
  { title, body }: { readonly title: string; readonly body: string },
): Promise<void> {
  const creator = `${api.identity.slug}[bot]`;
  const listed = await api.attempt((request) =>
    request('GET /repos/{owner}/{repo}/issues', {
      owner,
      repo,
      creator,
      state: 'all',
      sort: 'created',
      direction: 'asc',
      per_page: 100,
    }),
  );
  if (!listed.ok || listed.data.some((issue) => tagOfComment(issue.body ?? '') === TAG)) return;
  await api.attempt((request) =>
    request('POST /repos/{owner}/{repo}/issues', { owner, repo, title, body: withTag(body, TAG) }),
  );
}
