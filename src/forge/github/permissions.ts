/** What the App may do where it is installed, and what a person may. */
import type { GitHubApi, RepositoryRef } from './api.ts';
import { refused } from './failure.ts';

/** Name to access, as GitHub gives it with an installation and with each token: `{contents: 'write', …}`. */
export type Permissions = Readonly<Record<string, string | undefined>>;

/**
 * Whether the App may write workflow files. That is the permission "Workflows"; with "Contents" alone, GitHub refuses
 * the whole commit.
 */
export function mayWriteWorkflows(permissions: Permissions): boolean {
  return permissions['workflows'] === 'write';
}

/** Of an Octokit that authenticates as an installation. */
interface Authenticated {
  readonly auth: (options: { readonly type: 'installation' }) => Promise<unknown>;
}

/**
 * The permissions that the installation's token came with. Costs a request only while there is no token yet. The token
 * itself is not given out. GitHub says permissions of a repository, too, but not those of an App.
 */
export async function readPermissions({ auth }: Authenticated): Promise<Permissions> {
  const answer = await auth({ type: 'installation' });
  if (typeof answer !== 'object' || answer === null || !('permissions' in answer)) return {};
  return (answer.permissions ?? {}) as Permissions;
}

/**
 * Whether a person may push to a repository, by any way that GitHub knows (a team, the organisation, a role).
 * @returns false for an account that does not exist.
 */
export async function mayPush(api: GitHubApi, repository: RepositoryRef, login: string): Promise<boolean> {
  const { owner, name: repo } = repository;
  const answer = await api.attempt((request) =>
    request('GET /repos/{owner}/{repo}/collaborators/{username}/permission', {
      owner,
      repo,
      username: login,
    }),
  );
  if (answer.ok) return answer.data.permission === 'write' || answer.data.permission === 'admin';
  if (answer.refusal.status === 404) return false;
  throw refused(answer.refusal);
}
