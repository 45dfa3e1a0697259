/** What is shown to people beside the pull request: check runs, reactions, answers; and who may ask. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { publishChecks, type CheckReport } from '../../../src/forge/github/checks.ts';
import { react, reply } from '../../../src/forge/github/comments.ts';
import { mayPush, mayWriteWorkflows, readPermissions } from '../../../src/forge/github/permissions.ts';
import { startGitHub, type GitHub } from '../../support/github/github.ts';
import { appAt, baseAt, sentTo, svcAt, type App } from './setup.ts';

let github: GitHub;
let app: App;
beforeEach(async () => {
  github = await startGitHub();
  await github.createRepository('acme', 'svc', { 'requirements.txt': 'flask==3.0.0\n' });
  app = await appAt(github);
});
afterEach(() => github.close());

describe('check runs', () => {
  const publish = async (more: Partial<CheckReport> = {}): Promise<readonly string[]> =>
    publishChecks(app.api, svcAt(github), {
      name: 'Relock',
      head: (await baseAt(github)).sha,
      conclusion: 'success',
      title: 'All is new',
      summary: 'Three locks.',
      text: '',
      ...more,
    });
  const shown = () => github.repository('acme/svc').checkRuns();
  const long = Array.from({ length: 4000 }, (_, line) => `Line ${line}: é${'x'.repeat(30)}`).join('\n\n');

  it('carry a long report in pages that hold all of it', async () => {
    expect(await publish({ text: long })).toEqual([]);
    expect(shown().map(({ name, output }) => [name, output.title])).toEqual([
      ['Relock', 'All is new (page 1 of 3)'],
      ['Relock (2)', 'All is new (page 2 of 3)'],
      ['Relock (3)', 'All is new (page 3 of 3)'],
    ]);
    expect(
      shown()
        .map(({ output }) => output.text)
        .join('\n\n'),
    ).toBe(long);
    for (const { output } of shown())
      expect(Buffer.byteLength(output.text ?? '')).toBeLessThanOrEqual(65_535);
  });

  it('are written once for the same report, changed for another, and emptied when it is shorter', async () => {
    await publish({ text: long });
    github.clearRequests();
    await publish({ text: long });
    expect(sentTo(github)).toEqual([]);
    await publish({ text: 'short', conclusion: 'neutral' });
    expect(sentTo(github)).toHaveLength(3);
    expect(shown().map(({ conclusion, output }) => [conclusion, output.text])).toEqual([
      ['neutral', 'short'],
      ['skipped', ' '],
      ['skipped', ' '],
    ]);
    github.clearRequests();
    await publish({ text: 'short', conclusion: 'neutral' });
    expect(sentTo(github)).toEqual([]);
  });

  it('are taken up after a lost answer, and stand at each head anew', async () => {
    github.fail({ kind: 'reset-after', method: 'POST', path: /check-runs/u });
    await expect(publish({ text: long })).rejects.toMatchObject({ code: 'unreachable' });
    await publish({ text: long });
    expect(shown()).toHaveLength(3);
    await github.user('alice').push('acme/svc', 'main', { 'a.txt': 'a' });
    await publish({ text: 'short' });
    expect(shown()).toHaveLength(4);
    const [last] = shown().slice(-1);
    expect(last).toMatchObject({ name: 'Relock', output: { title: 'All is new', text: 'short' } });
  });

  it('stop at twenty pages, and say so', async () => {
    await publish({ text: 'x'.repeat(25 * 65_535), title: 't'.repeat(400), summary: 's'.repeat(70_000) });
    expect(shown()).toHaveLength(20);
    expect(shown()[0]?.output.title).toMatch(/^t{200,} \(page 1 of 20; the rest is cut\)$/u);
  });

  it('are a note without the permission', async () => {
    github.setPermissions(github.installationId, { contents: 'write', metadata: 'read' });
    const other = await appAt(github);
    const report = {
      name: 'R',
      head: (await baseAt(github)).sha,
      conclusion: 'success',
      title: 't',
    } as const;
    expect(await publishChecks(other.api, svcAt(github), { ...report, summary: 's', text: '' })).toEqual([
      'The full report is not shown as a check run, since the App lacks the permission "Checks" here.',
    ]);
  });
});

describe('answers', () => {
  async function asked(): Promise<{ readonly issue: number; readonly comment: number }> {
    const issue = await github.user('walter').openIssue('acme/svc', 'please');
    return { issue, comment: await github.user('walter').comment('acme/svc', issue, '/rebuild') };
  }
  const commentsAt = (issue: number) => github.repository('acme/svc').state.issues.get(issue)?.comments ?? [];

  it('are one comment that is edited in place, also by one who does not know of it', async () => {
    const { issue, comment } = await asked();
    const id = await reply(app.api, svcAt(github), { issue, comment, reply: null, body: 'Working …' });
    expect(await reply(app.api, svcAt(github), { issue, comment, reply: id, body: 'Nearly …' })).toBe(id);
    expect(await reply(app.again(), svcAt(github), { issue, comment, reply: null, body: 'Done.' })).toBe(id);
    expect(commentsAt(issue)).toHaveLength(2);
    expect(commentsAt(issue)[1]?.body).toBe(`Done.\n\n<!-- relock-answer: ${comment} -->\n`);
    github.clearRequests();
    expect(await reply(app.again(), svcAt(github), { issue, comment, reply: null, body: 'Done.' })).toBe(id);
    expect(sentTo(github)).toEqual([]);
  });

  it('are written anew where somebody has deleted them, and not into what only looks like ours', async () => {
    const { issue, comment } = await asked();
    const body = `mine\n\n<!-- relock-answer: ${comment} -->\n`;
    await github.user('rita').comment('acme/svc', issue, body);
    const id = await reply(app.api, svcAt(github), { issue, comment, reply: 999, body: 'x'.repeat(70_000) });
    expect(commentsAt(issue).map((one) => one.user.login)).toEqual(['walter', 'rita', 'relock[bot]']);
    expect(commentsAt(issue)[2]).toMatchObject({ id });
    expect(commentsAt(issue)[1]?.body).toBe(body);
  });

  it('begin with a reaction, which may be given twice', async () => {
    const { issue, comment } = await asked();
    for (const content of ['eyes', 'eyes', 'rocket'] as const) {
      expect(await react(app.api, svcAt(github), comment, content)).toBe(true);
    }
    expect(commentsAt(issue)[0]?.reactions.map(({ content }) => content)).toEqual(['eyes', 'rocket']);
    expect(await react(app.api, svcAt(github), 999, 'confused')).toBe(false);
  });
});

describe('permissions', () => {
  it.each([
    ['alice', true],
    ['walter', true],
    ['rita', false],
    ['mallory', false],
    ['nobody-here', false],
  ])('of %s to push: %s', async (login, may) => {
    expect(await mayPush(app.api, svcAt(github), login)).toBe(may);
  });

  it('of the App come with its token, which is not given out', async () => {
    expect(mayWriteWorkflows(await readPermissions(app.octokit))).toBe(false);
    const permissions = { contents: 'write', metadata: 'read', workflows: 'write' } as const;
    github.setPermissions(github.installationId, permissions);
    const other = await appAt(github);
    const read = await readPermissions(other.octokit);
    expect(read).toEqual(permissions);
    expect(mayWriteWorkflows(read)).toBe(true);
    expect(github.requests()).toEqual([]);
  });
});
