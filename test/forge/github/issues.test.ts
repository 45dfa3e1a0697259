/** The issue on what blocks a fix, on a stand-in for GitHub. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { applyActions } from '../../../src/forge/github/apply.ts';
import { readOwnIssues } from '../../../src/forge/github/issues.ts';
import { withIssueMarker } from '../../../src/proposal/issue-marker.ts';
import { decideNotice, type NoticeInput } from '../../../src/proposal/security-notice.ts';
import { blockedTag } from '../../../src/proposal/security-names.ts';
import { advisory } from '../../support/fix-results.ts';
import { startGitHub, type GitHub } from '../../support/github/github.ts';
import { appAt, mine, sentTo, svcAt, type App } from './setup.ts';

let github: GitHub;
let app: App;
beforeEach(async () => {
  github = await startGitHub();
  await github.createRepository('acme', 'svc', { 'README.md': 'r\n' });
  app = await appAt(github);
});
afterEach(() => github.close());

const TAG = blockedTag('jinja2');
const issues = () => [...github.repository('acme/svc').state.issues.values()];
const FREED = { kind: 'freed', because: 'The advisory was withdrawn.' } as const;
const blocked = (body: string): NoticeInput['now'] => ({
  kind: 'blocked',
  notice: { title: 'jinja2 cannot be fixed', body },
  advisories: [advisory('CVE-2026-1')],
});

const decided = async (now: NoticeInput['now']) => {
  const known = await readOwnIssues(app.api, svcAt(github));
  return decideNotice({ package: 'jinja2', issue: known.get(TAG) ?? null, now, labels: ['security'] });
};
const run = async (now: NoticeInput['now'], fence = mine) =>
  applyActions(app.api, svcAt(github), await decided(now), fence);

it('is one issue, edited in place, closed with a word, and opened again', async () => {
  expect(await run(blocked('flask holds it'))).toMatchObject({ stopped: null, notes: [] });
  expect(issues()).toMatchObject([
    { state: 'open', title: 'jinja2 cannot be fixed', labels: ['security'], user: { login: 'relock[bot]' } },
  ]);
  github.clearRequests();
  await run(blocked('flask holds it'));
  expect(sentTo(github, true)).toEqual(['GET /issues']);

  await run(blocked('celery holds it'));
  expect(issues()).toMatchObject([{ body: expect.stringContaining('celery holds it'), comments: [] }]);

  github.clearRequests();
  await run(FREED);
  await run(FREED);
  expect(sentTo(github)).toEqual(['POST /issues/1/comments', 'PATCH /issues/1']);
  expect(issues()).toMatchObject([
    { state: 'closed', comments: [{ body: expect.stringContaining('The advisory was withdrawn.') }] },
  ]);

  await run(blocked('flask holds it'));
  expect(issues()).toMatchObject([{ number: 1, state: 'open' }]);
});

it('is opened once, also by two workers at a time', async () => {
  const actions = await decided(blocked('x'));
  for (const api of [app.api, app.again()]) {
    expect(await applyActions(api, svcAt(github), actions, mine)).toMatchObject({ stopped: null });
  }
  expect(issues()).toHaveLength(1);
});

it('is not opened by one who has lost the job meanwhile', async () => {
  let asked = 0;
  const fence = { stillMine: () => Promise.resolve((asked += 1) === 1) };
  expect(await run(blocked('x'), fence)).toMatchObject({ stopped: { why: 'not-mine' } });
  expect(issues()).toEqual([]);
});

it.each([403, 404, 410])('where GitHub answers %i to it, is a note and no failure', async (status) => {
  github.fail({ kind: 'error', method: 'POST', path: /\/issues$/u, status });
  expect(await run(blocked('x'))).toMatchObject({
    stopped: null,
    notes: [expect.stringContaining('No issue could be opened to say what blocks a fix')],
  });
});

it.each([403, 404, 410])('is not there where GitHub answers %i to those who look', async (status) => {
  github.fail({ kind: 'error', method: 'GET', path: /\/issues(?:\?|$)/u, status });
  expect(await readOwnIssues(app.api, svcAt(github))).toEqual(new Map());
});

describe('is not taken for', () => {
  const body = withIssueMarker('Text', { tag: TAG, about: [], ended: false });
  it("a person's issue with its marker", async () => {
    await github.user('alice').openIssue('acme/svc', 't', body);
    expect(await readOwnIssues(app.api, svcAt(github))).toEqual(new Map());
  });

  it('another package', async () => {
    await run(blocked('x'));
    const known = await readOwnIssues(app.api, svcAt(github));
    expect([...known.keys()]).toEqual(['blocked-jinja2']);
  });
});
