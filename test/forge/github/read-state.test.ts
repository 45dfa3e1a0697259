import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isAppCommit } from '../../../src/forge/github/identity.ts';
import { readState } from '../../../src/forge/github/read-state.ts';
import { withTag } from '../../../src/proposal/marker.ts';
import type { ProposalState } from '../../../src/proposal/state.ts';
import { commitOn, svc } from '../../support-tests/github-setup.ts';
import { startGitHub, type GitHub } from '../../support/github/github.ts';
import { BRANCH, appAt, baseAt, sentTo, svcAt, type App } from './setup.ts';

let github: GitHub;
let app: App;

beforeEach(async () => {
  github = await startGitHub();
  await github.createRepository('acme', 'svc', { 'requirements.txt': 'flask==3.0.0\n' });
  app = await appAt(github);
});
afterEach(() => github.close());

const state = async (): Promise<ProposalState> =>
  readState(app.api, svcAt(github), BRANCH, await baseAt(github));
const open = async (body = 'b'): Promise<number> =>
  (await app.octokit.rest.pulls.create({ ...svc, head: BRANCH, base: 'main', title: 't', body })).data.number;
const tipOf = async (branch: string): Promise<string> =>
  (await github.repository('acme/svc').branches()).get(branch) ?? '';

describe('the branch', () => {
  it('is not there: two requests', async () => {
    expect(await state()).toEqual({ base: await baseAt(github), branch: null, pull: null });
    expect(sentTo(github, true)).toEqual(['GET /git/ref/heads%2Frelock%2Fmonthly', 'GET /pulls']);
  });

  it('is ours, and then behind', async () => {
    const sha = await commitOn(app.octokit, BRANCH);
    const [tip] = await github.repository('acme/svc').commits(BRANCH);
    const branch = { name: BRANCH, sha, foreign: false, behind: false, tree: tip?.tree };
    expect((await state()).branch).toEqual(branch);
    await github.user('walter').push('acme/svc', 'main', { 'other.txt': 'x\n' });
    expect((await state()).branch).toEqual({ ...branch, behind: true });
  });

  it('has no commits of its own', async () => {
    await github.user('alice').push('acme/svc', 'main', { 'other.txt': 'x\n' });
    const [, first] = await github.repository('acme/svc').commits('main');
    await app.octokit.rest.git.createRef({ ...svc, ref: `refs/heads/${BRANCH}`, sha: first?.sha ?? '' });
    expect((await state()).branch).toEqual({
      name: BRANCH,
      sha: first?.sha,
      foreign: false,
      behind: true,
      tree: first?.tree,
    });
  });

  it.each<[string, () => Promise<unknown>]>([
    ['a commit of a person', () => github.user('walter').push('acme/svc', BRANCH, { 'x.txt': 'x' })],
    [
      'a commit of nothing in common',
      async () => {
        const tree = await app.octokit.rest.git.createTree({
          ...svc,
          tree: [{ path: 'a', mode: '100644', type: 'blob', content: 'a' }],
        });
        const root = await app.octokit.rest.git.createCommit({
          ...svc,
          message: 'm',
          tree: tree.data.sha,
          parents: [],
        });
        await app.octokit.rest.git.updateRef({
          ...svc,
          ref: `heads/${BRANCH}`,
          sha: root.data.sha,
          force: true,
        });
      },
    ],
    [
      'a commit in our name that GitHub has not signed',
      async () => {
        const [tip] = await github.repository('acme/svc').commits(BRANCH);
        const { data } = await app.octokit.rest.git.getCommit({ ...svc, commit_sha: tip?.sha ?? '' });
        const { name, email } = data.author;
        const forged = await app.octokit.rest.git.createCommit({
          ...svc,
          message: 'm',
          tree: data.tree.sha,
          parents: [data.sha],
          author: { name, email },
        });
        await app.octokit.rest.git.updateRef({ ...svc, ref: `heads/${BRANCH}`, sha: forged.data.sha });
      },
    ],
  ])('is foreign with %s', async (_, change) => {
    await commitOn(app.octokit, BRANCH);
    await change();
    const { branch } = await state();
    expect(branch).toMatchObject({ sha: await tipOf(BRANCH), foreign: true });
    const [tip] = await github.repository('acme/svc').commits(BRANCH);
    expect(branch?.tree).toBe(tip?.tree);
  });

  const bot = { login: 'relock[bot]', id: 9 };
  const identity = { appId: 1, slug: 'relock', signs: true };
  it.each<[string, object, boolean, boolean]>([
    ['of the App', { author: bot, committer: { login: 'web-flow' }, verified: true }, true, true],
    [
      'of the App, without an account for GitHub',
      { author: bot, committer: null, verified: true },
      true,
      true,
    ],
    ['of the App, with empty accounts', { author: bot, committer: {}, verified: true }, true, true],
    ['that somebody amended', { author: bot, committer: { login: 'walter' }, verified: false }, false, false],
    [
      'that somebody amended and signed',
      { author: bot, committer: { login: 'walter' }, verified: true },
      false,
      false,
    ],
    ['with a forged author and committer', { author: bot, committer: bot, verified: false }, false, true],
    [
      'made on the web',
      { author: { login: 'walter' }, committer: { login: 'web-flow' }, verified: true },
      false,
      false,
    ],
    ['of an unknown author', { author: null, committer: null, verified: true }, false, false],
    [
      'of a person of a like name',
      { author: { login: 'relock' }, committer: null, verified: true },
      false,
      false,
    ],
  ])('knows a commit %s', (_, shown, signing, trusting) => {
    const { verified, ...accounts } = shown as { verified: boolean; author: object; committer: object };
    const commit = { ...accounts, commit: { verification: { verified } } };
    expect(isAppCommit(commit, identity)).toBe(signing);
    expect(isAppCommit(commit, { ...identity, signs: false })).toBe(trusting);
  });
});

describe('the pull request', () => {
  beforeEach(() => commitOn(app.octokit, BRANCH));

  it('is open: four requests in all', async () => {
    const number = await open('body');
    await app.octokit.rest.issues.addLabels({ ...svc, issue_number: number, labels: ['deps'] });
    await app.octokit.rest.issues.createComment({
      ...svc,
      issue_number: number,
      body: withTag('x', 'foreign'),
    });
    await github.user('walter').comment('acme/svc', number, withTag('x', 'failed'));
    github.clearRequests();
    expect((await state()).pull).toEqual({
      number,
      state: 'open',
      closedByUs: false,
      closedAt: null,
      head: await tipOf(BRANCH),
      title: 't',
      body: 'body',
      labels: ['deps'],
      draft: false,
      comments: ['foreign'],
    });
    expect(github.requests()).toHaveLength(4);
  });

  it('was closed by a person, or by us', async () => {
    const number = await open();
    const head = await tipOf(BRANCH);
    await github.user('walter').closePull('acme/svc', number);
    const closed = (await state()).pull;
    expect(closed).toMatchObject({ state: 'closed', closedByUs: false, head });
    expect(Number.isNaN(Date.parse(closed?.closedAt ?? ''))).toBe(false);
    const next = await open();
    await app.octokit.rest.pulls.update({ ...svc, pull_number: next, state: 'closed' });
    expect((await state()).pull).toMatchObject({ number: next, state: 'closed', closedByUs: true });
    await github.user('walter').reopenPull('acme/svc', number);
    expect((await state()).pull).toMatchObject({ number, state: 'open', closedByUs: false });
  });

  it('was merged, and its branch taken away', async () => {
    const number = await open();
    const head = await tipOf(BRANCH);
    await github.user('alice').mergePull('acme/svc', number, 'squash');
    expect(await state()).toMatchObject({
      pull: { number, state: 'merged', closedByUs: false, head },
      branch: { foreign: false, behind: true },
    });
    await github.user('alice').deleteBranch('acme/svc', BRANCH);
    expect(await state()).toMatchObject({ branch: null, pull: { state: 'merged', head } });
  });

  it('is not one to another branch, nor one of a fork', async () => {
    await github.user('alice').push('acme/svc', 'release', {}, { from: 'main' });
    await github.user('walter').openPull('acme/svc', BRANCH, 'release', 'backport');
    await github.fork('acme/svc', 'rita');
    await github.user('rita').push('rita/svc', BRANCH, { 'y.txt': 'y' });
    await github.user('rita').openPull('acme/svc', `rita:${BRANCH}`, 'main', 'mine');
    expect((await state()).pull).toBeNull();
  });
});
