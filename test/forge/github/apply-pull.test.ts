import { Octokit } from '@octokit/rest';
import nock from 'nock';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createGitHubApi, type GitHubApi } from '../../../src/forge/github/api.ts';
import { applyActions } from '../../../src/forge/github/apply.ts';
import { createConditional, createGate } from '../../../src/forge/github/memo.ts';
import { readState } from '../../../src/forge/github/read-state.ts';
import type { ForgeAction } from '../../../src/proposal/actions.ts';
import { mine, silent } from './setup.ts';

const ROOT = 'https://github.example.com';
const svc = { id: 1, owner: 'acme', name: 'svc' };
const api = (): GitHubApi =>
  createGitHubApi(new Octokit({ baseUrl: ROOT, auth: 'x', log: silent }), {
    identity: { appId: 1, slug: 'relock', signs: true },
    conditional: createConditional(),
    gate: createGate(),
    now: () => new Date(),
    signal: null,
  });

beforeEach(() => nock.disableNetConnect());
afterEach(() => {
  const unused = nock.pendingMocks();
  nock.cleanAll();
  nock.enableNetConnect();
  if (unused.length > 0) throw new Error(`Not asked for: ${unused.join(', ')}`);
});

describe('a pull request', () => {
  const create: ForgeAction = {
    kind: 'create-pull',
    head: 'b',
    base: 'main',
    title: 't',
    body: 'x',
    draft: true,
  };
  const invalid = (more: object): object => ({
    message: 'Validation Failed',
    errors: [{ resource: 'PullRequest', ...more }],
  });

  it('is no draft where there are none', async () => {
    const message = 'Draft pull requests are not supported in this repository.';
    nock(ROOT)
      .post('/repos/acme/svc/pulls', (body) => body.draft === true)
      .reply(422, { message });
    nock(ROOT)
      .post('/repos/acme/svc/pulls', (body) => body.draft === false)
      .reply(201, { number: 5, node_id: 'PR_5' });
    expect(await applyActions(api(), svc, [create], mine)).toMatchObject({
      pull: 5,
      stopped: null,
      notes: ['The pull request is no draft, since GitHub allows none in this repository.'],
    });
  });

  it.each<[string, number, object, string]>([
    [
      'there is one',
      422,
      invalid({ code: 'custom', message: 'A pull request already exists for acme:b.' }),
      'moved',
    ],
    ['nothing differs', 422, invalid({ code: 'custom', message: 'No commits between main and b' }), 'moved'],
    ['the branch is gone', 422, invalid({ field: 'head', code: 'invalid' }), 'moved'],
    [
      'it is too long',
      422,
      invalid({ field: 'body', code: 'custom', message: 'body is too long' }),
      'refused',
    ],
    ['it is not allowed', 403, { message: 'Resource not accessible by integration' }, 'refused'],
  ])('is not made when %s', async (_, status, data, why) => {
    nock(ROOT).post('/repos/acme/svc/pulls').reply(status, data);
    const { stopped, done } = await applyActions(api(), svc, [{ ...create, draft: false }], mine);
    expect({ why: stopped?.why, at: stopped?.at?.kind, done }).toEqual({ why, at: 'create-pull', done: [] });
  });

  it('gets no second auto-merge, and no comment where it is locked', async () => {
    nock(ROOT)
      .get('/repos/acme/svc/pulls/5')
      .reply(200, { node_id: 'PR_5', auto_merge: { merge_method: 'squash' } });
    nock(ROOT).get('/repos/acme/svc/issues/5/comments?per_page=100&page=1').reply(200, []);
    nock(ROOT).post('/repos/acme/svc/issues/5/comments').reply(403, { message: 'Unable to create comment' });
    const actions: ForgeAction[] = [
      { kind: 'enable-auto-merge', pull: 5, method: 'squash' },
      { kind: 'comment', pull: 5, tag: 'failed', body: 'x' },
    ];
    const result = await applyActions(api(), svc, actions, mine);
    expect(result).toMatchObject({ done: actions, stopped: null });
    expect(result.notes).toEqual(['Pull request #5 could not be commented on: Unable to create comment']);
  });
});

describe('the pull requests of a branch', () => {
  const pull = (number: number, repo: object | null, ref = 'b'): object => ({
    number,
    state: 'closed',
    merged_at: '2026-11-02T10:00:00Z',
    closed_at: '2026-11-02T10:00:00Z',
    head: { repo, ref, sha: 'h' },
    title: 't',
    body: null,
    labels: [],
  });

  it('are not those of another repository of the same owner', async () => {
    nock(ROOT).get('/repos/acme/svc/git/ref/heads%2Fb').reply(404, { message: 'Not Found' });
    nock(ROOT)
      .get('/repos/acme/svc/pulls?head=acme%3Ab&base=main&state=all&per_page=10')
      .reply(200, [
        pull(9, { id: 2 }),
        pull(8, null),
        pull(7, { id: 1 }, 'B'),
        pull(6, { id: 1 }),
        pull(5, { id: 1 }),
      ]);
    nock(ROOT).get('/repos/acme/svc/issues/6/comments?per_page=100&page=1').reply(200, []);
    const { pull: found } = await readState(api(), svc, 'b', { branch: 'main', sha: 'base' });
    expect(found).toMatchObject({ number: 6, state: 'merged', body: '', draft: false });
  });
});

describe('a branch of many commits', () => {
  const author = { login: 'relock[bot]' };
  const page = (from: number, count: number): object[] =>
    Array.from({ length: count }, (_, index) => ({
      sha: String(from + index),
      author,
      committer: { login: 'web-flow' },
      commit: { tree: { sha: `tree${from + index}` }, verification: { verified: true } },
    }));
  const compare = (number: number, commits: object[], total: number): nock.Scope =>
    nock(ROOT)
      .get(`/repos/acme/svc/compare/base...149?per_page=100&page=${number}`)
      .reply(200, { total_commits: total, behind_by: 0, commits });

  beforeEach(() => {
    nock(ROOT)
      .get('/repos/acme/svc/git/ref/heads%2Fb')
      .reply(200, { object: { sha: '149' } });
    nock(ROOT).get('/repos/acme/svc/pulls').query(true).reply(200, []);
  });

  it('is read to the end', async () => {
    compare(1, page(0, 100), 150);
    compare(2, page(100, 50), 150);
    const { branch } = await readState(api(), svc, 'b', { branch: 'main', sha: 'base' });
    expect(branch).toMatchObject({ foreign: false, tree: 'tree149' });
  });

  it('is foreign when GitHub does not show all', async () => {
    compare(1, page(0, 100), 150);
    compare(2, [], 150);
    nock(ROOT)
      .get('/repos/acme/svc/git/commits/149')
      .reply(200, { tree: { sha: 'last' } });
    const { branch } = await readState(api(), svc, 'b', { branch: 'main', sha: 'base' });
    expect(branch).toMatchObject({ foreign: true, tree: 'last' });
  });
});
