import type { Octokit } from '@octokit/rest';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { startGitHub, type GitHub } from '../support/github/github.ts';
import { clientOf, commitOn, refusal, svc } from './github-setup.ts';

let github: GitHub;
let app: Octokit;
const name = 'acme/svc';

/** A branch with one commit by the App, and the pull request for it. */
async function proposal(branch = 'relock/monthly'): Promise<number> {
  await commitOn(app, branch);
  const made = await app.rest.pulls.create({
    ...svc,
    head: branch,
    base: 'main',
    title: 'Re-lock',
    body: 'first',
  });
  return made.data.number;
}

beforeEach(async () => {
  github = await startGitHub({
    checkAnswers: true,
    users: { alice: 'admin', walter: 'write', rita: 'read', mallory: 'none', forker: 'read' },
  });
  const files = { 'requirements.txt': 'flask==3.0.0\n' };
  await github.createRepository('acme', 'svc', files, { allowAutoMerge: true });
  app = clientOf(github, 'installation');
});
afterEach(() => github.close());

describe('pull requests', () => {
  it('makes one per head, only with commits, and finds it by its head', async () => {
    const nothing = app.rest.pulls.create({ ...svc, head: 'main', base: 'main', title: 't' });
    expect(await refusal(nothing)).toEqual([422, 'No commits between acme:main and acme:main']);
    const number = await proposal();
    const again = app.rest.pulls.create({ ...svc, head: 'relock/monthly', base: 'main', title: 't' });
    expect(await refusal(again)).toEqual([422, 'A pull request already exists for acme:relock/monthly.']);
    const found = await app.rest.pulls.list({ ...svc, head: 'acme:relock/monthly', state: 'open' });
    expect(found.data.map((pull) => pull.number)).toEqual([number]);
    expect((await app.rest.pulls.list({ ...svc, head: 'acme:other', state: 'all' })).data).toEqual([]);
    const { data } = await app.rest.pulls.get({ ...svc, pull_number: number });
    expect(data).toMatchObject({
      changed_files: 1,
      commits: 1,
      additions: 1,
      deletions: 1,
      user: { login: 'relock[bot]', type: 'Bot' },
    });
    expect((await app.rest.pulls.listFiles({ ...svc, pull_number: number })).data[0]?.patch).toContain(
      '+flask==3.1.0',
    );
    expect((await app.rest.pulls.listCommits({ ...svc, pull_number: number })).data).toHaveLength(1);
    expect(
      (await app.rest.issues.get({ ...svc, issue_number: number })).data.pull_request?.merged_at,
    ).toBeNull();
    const long = app.rest.pulls.update({ ...svc, pull_number: number, body: 'x'.repeat(65_537) });
    expect(await refusal(long)).toEqual([422, 'body is too long (maximum is 65536 characters)']);
  });

  it('takes title, labels, assignees, reviewers, draft and auto-merge', async () => {
    const number = await proposal();
    await app.rest.pulls.update({ ...svc, pull_number: number, title: 'New', body: 'second' });
    await app.rest.issues.addLabels({ ...svc, issue_number: number, labels: ['dependencies'] });
    await app.rest.issues.addAssignees({ ...svc, issue_number: number, assignees: ['walter', 'mallory'] });
    await app.rest.pulls.requestReviewers({ ...svc, pull_number: number, reviewers: ['alice'] });
    const stranger = app.rest.pulls.requestReviewers({ ...svc, pull_number: number, reviewers: ['mallory'] });
    const only = expect.stringContaining('Reviews may only be requested from collaborators') as string;
    expect(await refusal(stranger)).toEqual([422, only]);
    const { data } = await app.rest.pulls.get({ ...svc, pull_number: number });
    const enable = `mutation ($id: ID!) { enablePullRequestAutoMerge(input: {pullRequestId: $id, mergeMethod: SQUASH}) { clientMutationId } }`;
    await app.graphql(
      'mutation ($id: ID!) { convertPullRequestToDraft(input: {pullRequestId: $id}) { clientMutationId } }',
      { id: data.node_id },
    );
    await app.graphql(enable, { id: data.node_id });
    const [pull] = github.repository(name).pulls();
    expect(pull).toMatchObject({
      title: 'New',
      body: 'second',
      labels: ['dependencies'],
      assignees: ['walter'],
    });
    expect(pull?.pull).toMatchObject({ reviewers: ['alice'], draft: true, autoMerge: { method: 'squash' } });
    github.repository(name).state.allowAutoMerge = false;
    await expect(app.graphql(enable, { id: data.node_id })).rejects.toThrow('Auto merge is not allowed');
  });

  it('follows branches: synchronized, closed with its branch, merged by a person and by a push', async () => {
    const number = await proposal();
    const walter = github.user('walter');
    const pushed = await walter.push(name, 'relock/monthly', { 'by-hand.txt': '' });
    expect(github.repository(name).state.issues.get(number)?.pull?.headSha).toBe(pushed);
    await walter.closePull(name, number);
    await walter.reopenPull(name, number);
    const merged = await walter.mergePull(name, number);
    expect((await app.rest.git.getCommit({ ...svc, commit_sha: merged })).data.parents).toHaveLength(2);
    expect((await app.rest.pulls.get({ ...svc, pull_number: number })).data).toMatchObject({
      state: 'closed',
      merged: true,
      merged_by: { login: 'walter' },
    });
    const second = await proposal('two');
    await walter.push(name, 'main', {}, { message: 'By a push', from: 'two' });
    const third = await walter
      .push(name, 'three', { 'x.txt': '1' })
      .then(() => walter.openPull(name, 'three', 'main', 'x'));
    await walter.deleteBranch(name, 'three');
    const { issues } = github.repository(name).state;
    expect(issues.get(second)).toMatchObject({
      state: 'closed',
      pull: { merged: { by: { login: 'walter' } } },
    });
    expect(issues.get(third)).toMatchObject({ state: 'closed' });
    expect(issues.get(third)?.pull?.merged).toBeUndefined();
    const events = github.deliveries.map(({ event, action }) =>
      action === null ? event : `${event}.${action}`,
    );
    expect(events.slice(0, 10)).toEqual([
      'installation_repositories.added',
      'push',
      'pull_request.opened',
      'push',
      'pull_request.synchronize',
      'pull_request.closed',
      'pull_request.reopened',
      'pull_request.closed',
      'push',
      'push',
    ]);
    expect(github.deliveries[4]?.payload).toMatchObject({ action: 'synchronize', after: pushed });
  });

  it('takes one from a fork, and shows whose head it is', async () => {
    await github.fork(name, 'forker');
    const forker = github.user('forker');
    await forker.push('forker/svc', 'patch', { 'x.txt': '1' });
    const number = await forker.openPull(name, 'forker:patch', 'main', 'From a fork');
    const { data } = await app.rest.pulls.get({ ...svc, pull_number: number });
    expect(data.head).toMatchObject({ label: 'forker:patch', repo: { full_name: 'forker/svc', fork: true } });
    expect(
      (await app.rest.pulls.listFiles({ ...svc, pull_number: number })).data.map(({ filename }) => filename),
    ).toEqual(['x.txt']);
    const theirs = { owner: 'forker', repo: 'svc', ref: 'refs/heads/x', sha: data.head.sha };
    expect(await refusal(app.rest.git.createRef(theirs))).toEqual([
      403,
      'Resource not accessible by integration',
    ]);
  });
});

describe('issues, comments, checks', () => {
  it('keeps issues, edits comments, counts one reaction per person', async () => {
    const { data: issue } = await app.rest.issues.create({ ...svc, title: 'Config', labels: ['relock'] });
    const { data: comment } = await app.rest.issues.createComment({
      ...svc,
      issue_number: issue.number,
      body: 'one',
    });
    await app.rest.issues.updateComment({ ...svc, comment_id: comment.id, body: 'two' });
    const react = () =>
      app.rest.reactions.createForIssueComment({ ...svc, comment_id: comment.id, content: 'eyes' });
    expect([(await react()).status, (await react()).status]).toEqual([201, 200]);
    const reactions = await app.rest.reactions.listForIssueComment({ ...svc, comment_id: comment.id });
    expect(reactions.data.map(({ content, user }) => [content, user?.login])).toEqual([
      ['eyes', 'relock[bot]'],
    ]);
    await app.rest.reactions.deleteForIssueComment({
      ...svc,
      comment_id: comment.id,
      reaction_id: reactions.data[0]?.id ?? 0,
    });
    await app.rest.issues.update({
      ...svc,
      issue_number: issue.number,
      state: 'closed',
      state_reason: 'completed',
    });
    expect((await app.rest.issues.listForRepo({ ...svc, state: 'all', labels: 'relock' })).data).toHaveLength(
      1,
    );
    expect((await app.rest.issues.listForRepo(svc)).data).toHaveLength(0);
    expect(
      (await app.rest.issues.listComments({ ...svc, issue_number: issue.number })).data.map(
        ({ body }) => body,
      ),
    ).toEqual(['two']);
    await app.rest.issues.createLabel({ ...svc, name: 'security', color: 'ff0000' });
    expect((await app.rest.issues.listLabelsForRepo(svc)).data.map((label) => label.name)).toEqual([
      'relock',
      'security',
    ]);
  });

  it('lets people do what their role allows', async () => {
    await github.createRepository('acme', 'open', { a: 'b' }, { private: false });
    const mallory = github.user('mallory');
    await expect(mallory.openIssue(name, 'hidden')).rejects.toThrow('404');
    const number = await mallory.openIssue('acme/open', 'seen');
    await mallory.comment('acme/open', number, '/rebuild');
    expect((await mallory.request('POST', '/repos/acme/open/git/blobs', { content: 'x' })).status).toBe(404);
    await expect(mallory.push('acme/open', 'main', { x: 'y' })).rejects.toThrow('not found');
    await expect(github.user('rita').push(name, 'main', { x: 'y' })).rejects.toThrow('not found');
    const foreign = await github.user('alice').openIssue('acme/open', 'of alice');
    expect(
      (await mallory.request('PATCH', `/repos/acme/open/issues/${foreign}`, { state: 'closed' })).status,
    ).toBe(403);
    expect(
      (await mallory.request('PATCH', `/repos/acme/open/issues/${number}`, { state: 'closed' })).status,
    ).toBe(200);
    const { data } = await app.rest.repos.getCollaboratorPermissionLevel({
      owner: 'acme',
      repo: 'open',
      username: 'mallory',
    });
    expect(data.permission).toBe('read'); // everybody reads what is public
    github.repository('acme/open').state.archived = true;
    const late = app.rest.issues.createComment({
      owner: 'acme',
      repo: 'open',
      issue_number: number,
      body: 'x',
    });
    expect(await refusal(late)).toEqual([403, 'Repository was archived so is read-only.']);
  });

  it('keeps check runs per commit within the limits of their fields', async () => {
    const { data: main } = await app.rest.repos.getBranch({ ...svc, branch: 'main' });
    const head_sha = main.commit.sha;
    const output = { title: 'Relock', summary: 's', text: 'x'.repeat(65_535) };
    const { data: run } = await app.rest.checks.create({
      ...svc,
      name: 'relock',
      head_sha,
      status: 'in_progress',
      output,
    });
    await app.rest.checks.update({
      ...svc,
      check_run_id: run.id,
      conclusion: 'neutral',
      output: { title: 'Done', summary: 'ok' },
    });
    const listed = await app.rest.checks.listForRef({ ...svc, ref: 'main', check_name: 'relock' });
    expect(listed.data.check_runs).toMatchObject([
      { status: 'completed', conclusion: 'neutral', output: { title: 'Done' } },
    ]);
    const long = app.rest.checks.create({
      ...svc,
      name: 'relock',
      head_sha,
      output: { ...output, text: 'x'.repeat(65_536) },
    });
    expect((await refusal(long))[1]).toContain('Only 65535 characters are allowed; 65536 were supplied.');
    expect(github.takeViolations()).toHaveLength(1);
    expect(
      (await github.user('alice').request('POST', `/repos/${name}/check-runs`, { name: 'n', head_sha }))
        .status,
    ).toBe(403);
  });
});
