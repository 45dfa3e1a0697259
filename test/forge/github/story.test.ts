/** Reading, deciding and applying together, as a worker does it, with people and other workers in between. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { mergePolicies } from '../../../src/config/merge-policies.ts';
import { readWrittenPolicy } from '../../../src/config/read-policy.ts';
import type { GitHubApi } from '../../../src/forge/github/api.ts';
import { applyActions } from '../../../src/forge/github/apply.ts';
import type { ApplyResult, Fence } from '../../../src/forge/github/apply-result.ts';
import { ForgeError } from '../../../src/forge/github/forge-error.ts';
import { readState } from '../../../src/forge/github/read-state.ts';
import { decide, type Decision } from '../../../src/proposal/decide.ts';
import { withTag } from '../../../src/proposal/marker.ts';
import { startGitHub, type GitHub } from '../../support/github/github.ts';
import type { Fault } from '../../support/github/server.ts';
import { BRANCH, appAt, baseAt, mine, sentTo, svcAt, type App } from './setup.ts';

let github: GitHub;
let app: App;
beforeEach(async () => {
  github = await startGitHub();
  await github.createRepository('acme', 'svc', { 'requirements.txt': 'flask==3.0.0\n', 'README.md': 'r\n' });
  app = await appAt(github);
});
afterEach(() => github.close());

const view = () => github.repository('acme/svc');
const openPulls = () =>
  view()
    .pulls()
    .filter(({ state }) => state === 'open');

interface Turn {
  readonly text?: string | null;
  readonly inputs?: string;
  readonly force?: boolean;
  readonly policy?: string;
  readonly fence?: Fence;
  readonly api?: GitHubApi;
}

/** One run of a worker, whose outcome is the text of requirements.txt; null: nothing to change. */
async function run(turn: Turn = {}): Promise<ApplyResult & { readonly verdict: Decision['verdict'] }> {
  const { text = 'flask==3.1.0\n', inputs = 'one', force = false, fence = mine, api = app.api } = turn;
  const read = readWrittenPolicy(turn.policy ?? '', 'relock.toml');
  if ('errors' in read) throw new Error(JSON.stringify(read.errors));
  const policy = mergePolicies(null, read.written);
  const state = await readState(api, svcAt(github), BRANCH, await baseAt(github));
  const { verdict, actions } = decide({
    state,
    branch: BRANCH,
    purpose: 'monthly',
    outcome:
      text === null
        ? { pullRequest: null, files: [] }
        : {
            pullRequest: { title: 'Re-lock', body: `# Report of ${inputs}` },
            files: [{ path: 'requirements.txt', text, executable: false }],
          },
    inputs,
    policy: policy.pullRequest,
    timeZone: 'UTC',
    trigger: 'schedule',
    force,
    now: new Date(),
    mayWriteWorkflows: false,
    warnings: [],
    held: [],
  });
  return { verdict, ...(await applyActions(api, svcAt(github), actions, fence)) };
}

describe('a proposal', () => {
  it('is made once, refreshed by a commit of two parents, and left to a person who works on it', async () => {
    const first = await run();
    expect(first).toMatchObject({ verdict: 'proposed', stopped: null, pull: 1 });
    expect(openPulls()).toMatchObject([{ title: 'Re-lock', user: { login: 'relock[bot]' } }]);
    expect(await view().file(BRANCH, 'requirements.txt')).toBe('flask==3.1.0\n');

    github.clearRequests();
    expect(await run()).toMatchObject({ verdict: 'proposed', done: [] });
    expect(sentTo(github)).toEqual([]);
    expect(github.requests()).toHaveLength(4);

    const main = await github.user('alice').push('acme/svc', 'main', { 'README.md': 'new\n' });
    const second = await run();
    expect(second.stopped).toBeNull();
    const [refresh] = await view().commits(BRANCH);
    expect(refresh).toMatchObject({ sha: second.head, parents: [first.head, main] });
    expect(await view().file(BRANCH, 'README.md')).toBe('new\n');
    expect(openPulls()).toHaveLength(1);

    const theirs = await github.user('walter').push('acme/svc', BRANCH, { 'README.md': 'by hand\n' });
    for (const inputs of ['two', 'three']) {
      expect(await run({ inputs, text: 'flask==3.2.0\n' })).toMatchObject({
        verdict: 'left-alone',
        stopped: null,
      });
    }
    expect((await view().branches()).get(BRANCH)).toBe(theirs);
    expect(openPulls()[0]?.comments).toHaveLength(1);

    await github.user('walter').push('acme/svc', BRANCH, {}, { from: refresh?.sha ?? '', force: true });
    await github.user('walter').deleteBranch('acme/svc', BRANCH);
    expect(openPulls()).toEqual([]);
    expect(await run({ inputs: 'four' })).toMatchObject({ verdict: 'left-alone' });
    expect(await run({ inputs: 'four', force: true })).toMatchObject({
      verdict: 'proposed',
      stopped: null,
      pull: 2,
    });
    const number = openPulls()[0]?.number ?? 0;
    await github.user('alice').mergePull('acme/svc', number);
    expect(await run({ inputs: 'five', text: null })).toMatchObject({ verdict: 'nothing' });
  });

  it('is closed when nothing is left to change, and made again later', async () => {
    await run();
    expect(await run({ text: null, inputs: 'two' })).toMatchObject({ verdict: 'nothing', stopped: null });
    expect(view().pulls()).toMatchObject([{ state: 'closed', closed: { by: { login: 'relock[bot]' } } }]);
    expect([...(await view().branches()).keys()]).toEqual(['main']);
    expect(await run({ inputs: 'three' })).toMatchObject({ verdict: 'proposed', stopped: null, pull: 2 });
  });

  it('gets no new commit when other inputs give the same files', async () => {
    await run();
    github.clearRequests();
    expect(await run({ inputs: 'two' })).toMatchObject({ verdict: 'proposed', stopped: null });
    expect(sentTo(github).filter((line) => /commits|refs/u.test(line))).toEqual([]);
    expect(openPulls()[0]?.body).toContain('Report of two');
  });

  const policy = [
    '[pull-request]',
    'labels = ["deps"]',
    'assignees = ["walter", "nobody-here"]',
    'reviewers = ["alice", "stranger", "team:backend"]',
    'auto-merge = "squash"',
  ].join('\n');

  it('gets labels, people and auto-merge once; who cannot be asked is a note', async () => {
    view().state.allowAutoMerge = true;
    const { notes, stopped } = await run({ policy });
    expect(stopped).toBeNull();
    expect(notes).toHaveLength(2);
    expect(notes[0]).toBe('Not assigned, since they have no access to the repository: `nobody-here`.');
    expect(notes[1]).toContain('No review could be asked of `stranger`: Reviews may only be requested from');
    const [issue] = openPulls();
    expect(issue).toMatchObject({ labels: ['deps'], assignees: ['walter'] });
    expect(issue?.pull).toMatchObject({
      reviewers: ['alice'],
      teams: ['backend'],
      autoMerge: { method: 'squash' },
    });
    expect(await run({ policy })).toMatchObject({ done: [] });
  });

  it('goes on when auto-merge is not allowed', async () => {
    expect(await run({ policy: '[pull-request]\nauto-merge = "merge"' })).toMatchObject({
      stopped: null,
      notes: ['Auto-merge could not be enabled: Pull request Auto merge is not allowed for this repository'],
    });
  });

  it('stops in a repository that is archived meanwhile', async () => {
    const fence = { stillMine: () => Promise.resolve((view().state.archived = true)) };
    const { stopped } = await run({ fence });
    expect(stopped).toEqual({ at: null, why: 'archived', because: 'The repository is archived.' });
  });
});

describe('workers', () => {
  it.each([0, 1, 2])('that lose the job after %i looks write no more', async (turns) => {
    let left = turns;
    const fence = { stillMine: () => Promise.resolve(left-- > 0) };
    const result = await run({ fence });
    expect(result.stopped).toMatchObject({ why: 'not-mine' });
    const made = { branch: (await view().branches()).has(BRANCH), pulls: openPulls().length };
    expect(made).toEqual({ branch: turns === 2, pulls: 0 });
    expect(sentTo(github).length > 0).toBe(turns > 0);
    expect(await run()).toMatchObject({ stopped: null, pull: 1 });
    expect(await view().commits(BRANCH)).toHaveLength(2);
  });

  it('that race make one branch and one pull request, on the first run and on a refresh', async () => {
    const race = async (turn: Turn): Promise<void> => {
      const both = await Promise.all([
        run({ ...turn, api: app.again() }),
        run({ ...turn, api: app.again() }),
      ]);
      const ends = new Set(both.map(({ stopped }) => stopped?.why ?? 'done'));
      expect(ends.has('done')).toBe(true);
      expect([...ends].filter((why) => why !== 'done' && why !== 'moved')).toEqual([]);
    };
    await race({});
    expect(openPulls()).toHaveLength(1);
    expect(await view().commits(BRANCH)).toHaveLength(2);
    await github.user('alice').push('acme/svc', 'main', { 'README.md': 'new\n' });
    await race({ inputs: 'two', text: 'flask==3.2.0\n' });
    expect(openPulls()).toHaveLength(1);
    expect(await view().file(BRANCH, 'requirements.txt')).toBe('flask==3.2.0\n');
    expect(await run({ inputs: 'two', text: 'flask==3.2.0\n' })).toMatchObject({ done: [] });
  });

  const faults: readonly Fault[] = [
    { kind: 'reset-after', method: 'POST', path: /git\/commits/u },
    { kind: 'reset-after', method: 'POST', path: /git\/refs/u },
    { kind: 'reset-after', method: 'POST', path: /pulls$/u },
    { kind: 'reset-after', method: 'POST', path: /labels/u },
    { kind: 'reset', method: 'POST', path: /pulls$/u },
    { kind: 'error', status: 502, method: 'PATCH', path: /pulls/u },
    { kind: 'secondary-limit', method: 'POST', path: /pulls$/u, retryAfter: 5 },
  ];
  it.each(faults)('that fail half-way are taken up: $kind $method $path', async (fault) => {
    const policy = '[pull-request]\nlabels = ["deps"]';
    github.fail(fault);
    await expect(run({ policy })).rejects.toSatisfy((error) => error instanceof ForgeError && error.passing);
    expect(github.pendingFaults()).toBe(0);
    expect(await run({ policy, api: app.again() })).toMatchObject({ verdict: 'proposed', stopped: null });
    expect(openPulls()).toMatchObject([{ labels: ['deps'] }]);
    expect(await view().commits(BRANCH)).toHaveLength(2);
    expect(await run({ policy, api: app.again() })).toMatchObject({ done: [] });
  });

  it('that decided on the same comment write it once', async () => {
    await run();
    const comment = { kind: 'comment', pull: 1, tag: 'foreign', body: withTag('x', 'foreign') } as const;
    for (const api of [app.api, app.again()]) {
      expect(await applyActions(api, svcAt(github), [comment], mine)).toMatchObject({ stopped: null });
    }
    expect(openPulls()[0]?.comments).toHaveLength(1);
  });

  it('that lose the answer to a comment write no second one', async () => {
    await run();
    await github.user('walter').push('acme/svc', BRANCH, { 'x.txt': 'x' });
    github.fail({ kind: 'reset-after', method: 'POST', path: /comments/u });
    await expect(run({ inputs: 'two' })).rejects.toMatchObject({ code: 'unreachable' });
    expect(await run({ inputs: 'two' })).toMatchObject({ verdict: 'left-alone' });
    expect(openPulls()[0]?.comments).toHaveLength(1);
  });
});
