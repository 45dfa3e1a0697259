/** What the tests of the stand-in share: an App's client, and refusals as values. */
import { createAppAuth } from '@octokit/auth-app';
import { Octokit } from '@octokit/rest';
import type { GitHub } from '../support/github/github.ts';

export const svc = { owner: 'acme', repo: 'svc' } as const;

/** A client with a token of somebody's, as the App itself, or as its installation. */
export function clientOf(
  github: GitHub,
  as: 'app' | 'installation' | { readonly token: string } | object,
): Octokit {
  const { apiUrl: baseUrl, appId, privateKey, installationId } = github;
  const log = { debug() {}, info() {}, warn() {}, error() {} };
  if (typeof as === 'object' && 'token' in as) return new Octokit({ baseUrl, log, auth: as.token });
  const more = as === 'installation' ? { installationId } : typeof as === 'object' ? as : {};
  return new Octokit({ baseUrl, log, authStrategy: createAppAuth, auth: { appId, privateKey, ...more } });
}

/** A new branch whose one commit, by the App, changes requirements.txt; gives the commit. */
export async function commitOn(app: Octokit, branch: string, content = 'flask==3.1.0\n'): Promise<string> {
  const { git } = app.rest;
  const { data: main } = await app.rest.repos.getBranch({ ...svc, branch: 'main' });
  const blob = await git.createBlob({ ...svc, content });
  const entry = { path: 'requirements.txt', mode: '100644', type: 'blob', sha: blob.data.sha } as const;
  const tree = await git.createTree({ ...svc, base_tree: main.commit.commit.tree.sha, tree: [entry] });
  const parents = [main.commit.sha];
  const commit = await git.createCommit({ ...svc, message: 'Re-lock', tree: tree.data.sha, parents });
  await git.createRef({ ...svc, ref: `refs/heads/${branch}`, sha: commit.data.sha });
  return commit.data.sha;
}

/** A refusal as a value: its status and GitHub's words. */
export function refusal(promise: Promise<unknown>): Promise<readonly [number, string]> {
  return promise.then(
    () => [0, 'no refusal'] as const,
    (error: {
      status: number;
      response?: { data: { message: string; errors?: { message?: string }[] } };
    }) => {
      const { message = 'no answer', errors } = error.response?.data ?? {};
      return [error.status, errors?.[0]?.message ?? message] as const;
    },
  );
}
