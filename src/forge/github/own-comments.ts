/** The App's own comments on an issue or pull request. */
import type { GitHubApi, RepositoryRef } from './api.ts';
import { isApp } from './identity.ts';

export interface OwnComment {
  readonly id: number;
  readonly body: string;
}

const PAGE = 100;
/** A conversation of a thousand comments is read no further. */
const PAGES = 10;

/** Oldest first. One request for each hundred comments of anybody. */
export async function ownComments(
  api: GitHubApi,
  { owner, name: repo }: RepositoryRef,
  issue: number,
): Promise<readonly OwnComment[]> {
  const own: OwnComment[] = [];
  for (let page = 1; page <= PAGES; page += 1) {
    const comments = await api.ask((request) =>
      request('GET /repos/{owner}/{repo}/issues/{issue_number}/comments', {
        owner,
        repo,
        issue_number: issue,
        per_page: PAGE,
        page,
      }),
    );
    for (const { id, user, body } of comments) {
      if (isApp(user, api.identity)) own.push({ id: Number(id), body: body ?? '' });
    }
    if (comments.length < PAGE) break;
  }
  return own;
}
