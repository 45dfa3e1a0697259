/** What the tests of the GitHub forge share: the App at a stand-in, and its repository `acme/svc`. */
import { createAppAuth } from '@octokit/auth-app';
import { Octokit } from '@octokit/rest';
import { createGitHubApi, type GitHubApi, type RepositoryRef } from '../../../src/forge/github/api.ts';
import { readIdentity, type AppIdentity } from '../../../src/forge/github/identity.ts';
import { createConditional, createGate } from '../../../src/forge/github/memo.ts';
import type { ProposalState } from '../../../src/proposal/state.ts';
import type { GitHub } from '../../support/github/github.ts';

export const silent = { debug() {}, info() {}, warn() {}, error() {} };
export const BRANCH = 'relock/monthly';

export interface App {
  readonly octokit: Octokit;
  readonly identity: AppIdentity;
  readonly api: GitHubApi;
  /** Another worker: the same App, with a memory of its own. */
  again(): GitHubApi;
}

/** With its token already, unless told. */
export async function appAt(github: GitHub, { warm = true } = {}): Promise<App> {
  const { apiUrl: baseUrl, appId, privateKey, installationId } = github;
  const client = (more: object): Octokit =>
    new Octokit({ baseUrl, log: silent, authStrategy: createAppAuth, auth: { appId, privateKey, ...more } });
  const identity = await readIdentity(client({}).request, true);
  const octokit = client({ installationId });
  const again = (): GitHubApi =>
    createGitHubApi(octokit, {
      identity,
      conditional: createConditional(),
      gate: createGate(),
      now: () => new Date(),
      signal: null,
    });
  const api = again();
  if (warm) await octokit.auth({ type: 'installation' });
  github.clearRequests();
  return { octokit, identity, api, again };
}

export function svcAt(github: GitHub): RepositoryRef {
  return { id: github.repository('acme/svc').state.id, owner: 'acme', name: 'svc' };
}

/** The default branch as it is now. */
export async function baseAt(github: GitHub): Promise<ProposalState['base']> {
  const sha = (await github.repository('acme/svc').branches()).get('main') ?? '';
  return { branch: 'main', sha };
}

/** What the App has sent: `POST /repos/…`; reading is left out unless asked for. */
export function sentTo(github: GitHub, reads = false): readonly string[] {
  return github
    .requests()
    .filter(({ method, path }) => (reads || method !== 'GET') && !path.endsWith('/access_tokens'))
    .map(({ method, path }) => `${method} ${path.replace(/^\/repos\/acme\/svc/u, '').replace(/\?.*/u, '')}`);
}

export const mine = { stillMine: () => Promise.resolve(true) };
