import { describe, expect, it } from 'vitest';
import { NO_POLICY } from '../../src/config/defaults.ts';
import { readMarker, titleDigest } from '../../src/proposal/marker.ts';
import type { PullState } from '../../src/proposal/state.ts';
import { FILES, CHANGE, bodyWith, BRANCH, OPEN, CLOSED, ask, kinds, type Over } from './decide-set-up.ts';

const NOTHING = { pullRequest: null, files: [] };
const FAILED = { pullRequest: { title: 'Re-lock: 1 lock could not be made', body: 'Bad\n' }, files: [] };
const MERGED: PullState = { ...CLOSED, state: 'merged' };

describe('each row of the state machine', () => {
  const foreign = { ...BRANCH, foreign: true };
  const moved = { ...BRANCH, behind: true };
  const pushed = { ...BRANCH, sha: 'later' };
  it.each([
    // Nothing there yet.
    ['first proposal', { branch_: null, pull: null }, 'proposed', ['commit', 'create-pull']],
    ['nothing to propose', { branch_: null, pull: null, outcome: NOTHING }, 'nothing', []],
    ['everything failed', { branch_: null, pull: null, outcome: FAILED }, 'failed', []],
    ['a push finds no pull request', { branch_: null, pull: null, trigger: 'push' }, 'nothing', []],
    [
      '… unless a person asked too',
      { branch_: null, pull: null, trigger: 'push', force: true },
      'proposed',
      ['commit', 'create-pull'],
    ],
    ['killed after the commit', { pull: null }, 'proposed', ['commit', 'create-pull']],
    ['… and nothing is left to change', { pull: null, outcome: NOTHING }, 'nothing', ['delete-branch']],
    ["somebody else's branch of that name", { branch_: foreign, pull: null }, 'left-alone', []],
    // Open.
    ['same inputs', {}, 'proposed', []],
    ['same inputs, whatever the run gave', { outcome: NOTHING }, 'proposed', []],
    ['same inputs, by a push', { trigger: 'push' }, 'proposed', []],
    ['same inputs, foreign branch', { branch_: foreign }, 'proposed', []],
    ['same inputs, asked for by a person', { force: true, trigger: 'comment' }, 'proposed', ['commit']],
    ['other inputs', { inputs: 'i2' }, 'proposed', ['update-pull', 'commit', 'update-pull']],
    ['the base moved', { branch_: moved }, 'proposed', ['commit']],
    [
      'the base moved, by a push',
      { branch_: moved, trigger: 'push', inputs: 'i2' },
      'proposed',
      ['update-pull', 'commit', 'update-pull'],
    ],
    ['its branch is gone for now', { branch_: null }, 'proposed', ['commit']],
    [
      'nothing is left',
      { inputs: 'i2', outcome: NOTHING },
      'nothing',
      ['close-pull', 'comment', 'delete-branch'],
    ],
    [
      'nothing is left, base moved',
      { branch_: moved, outcome: NOTHING },
      'nothing',
      ['close-pull', 'comment', 'delete-branch'],
    ],
    [
      'nothing is left, branch foreign',
      { branch_: { ...foreign, behind: true }, outcome: NOTHING },
      'left-alone',
      ['comment'],
    ],
    ['all failed', { inputs: 'i2', outcome: FAILED }, 'failed', ['comment']],
    [
      'all failed again',
      { inputs: 'i2', outcome: FAILED, pull: { ...OPEN, comments: ['failed'] } },
      'failed',
      [],
    ],
    ['commits of others', { inputs: 'i2', branch_: foreign }, 'left-alone', ['comment']],
    [
      'commits of others, told already',
      { inputs: 'i2', branch_: foreign, pull: { ...OPEN, comments: ['foreign'] } },
      'left-alone',
      [],
    ],
    ['commits of others, asked for', { force: true, branch_: foreign }, 'left-alone', ['comment']],
    ['marker taken out', { pull: { ...OPEN, body: 'Mine' } }, 'proposed', ['commit']],
    [
      'marker of another purpose',
      { pull: { ...OPEN, body: bodyWith().replace('monthly', 'advisory') } },
      'proposed',
      ['commit'],
    ],
    // Merged.
    ['merged, branch left over', { pull: MERGED }, 'proposed', ['delete-branch', 'commit', 'create-pull']],
    [
      'merged, branch left over with commits of others',
      { pull: MERGED, branch_: foreign },
      'proposed',
      ['delete-branch', 'commit', 'create-pull'],
    ],
    ['merged, branch deleted', { pull: MERGED, branch_: null }, 'proposed', ['commit', 'create-pull']],
    [
      'merged, killed after the next commit',
      { pull: MERGED, branch_: pushed },
      'proposed',
      ['commit', 'create-pull'],
    ],
    [
      'merged, then pushed to by others',
      { pull: MERGED, branch_: { ...pushed, foreign: true } },
      'left-alone',
      ['comment'],
    ],
    ['merged, nothing to propose', { pull: MERGED, outcome: NOTHING }, 'nothing', []],
    ['merged, and the push of it', { pull: MERGED, trigger: 'push' }, 'nothing', []],
    // Closed.
    ['closed by a person this month', { pull: CLOSED }, 'left-alone', []],
    ['… with the branch deleted', { pull: CLOSED, branch_: null }, 'left-alone', []],
    ['… asked for', { pull: CLOSED, force: true }, 'proposed', ['delete-branch', 'commit', 'create-pull']],
    [
      '… asked for, branch foreign',
      { pull: CLOSED, force: true, branch_: foreign },
      'left-alone',
      ['comment'],
    ],
    [
      '… asked for, killed after the commit',
      { pull: CLOSED, force: true, branch_: pushed },
      'proposed',
      ['commit', 'create-pull'],
    ],
    ['… and nothing is left', { pull: CLOSED, outcome: NOTHING }, 'nothing', []],
    [
      'closed last month',
      { pull: { ...CLOSED, closedAt: '2026-10-31T23:59:59Z' } },
      'proposed',
      ['delete-branch', 'commit', 'create-pull'],
    ],
    ['closed, nobody knows when', { pull: { ...CLOSED, closedAt: null } }, 'left-alone', []],
    [
      'closed by us this month',
      { pull: { ...CLOSED, closedByUs: true }, branch_: null },
      'proposed',
      ['commit', 'create-pull'],
    ],
    [
      'closed by us, killed before the rest',
      { pull: { ...CLOSED, closedByUs: true }, outcome: NOTHING },
      'nothing',
      ['comment', 'delete-branch'],
    ],
    [
      'closed by us, killed before the branch',
      { pull: { ...CLOSED, closedByUs: true, comments: ['nothing-left'] }, outcome: NOTHING },
      'nothing',
      ['delete-branch'],
    ],
  ] satisfies [string, Over, string, string[]][])('%s', (_what, over, verdict, actions) => {
    const decision = ask(over);
    expect([decision.verdict, kinds(decision.actions)]).toEqual([verdict, actions]);
    expect(decision.because).not.toBe('');
  });
});

describe('the commit', () => {
  const commitOf = (over: Over) => ask(over).actions.find(({ kind }) => kind === 'commit');

  it.each([
    ['new', { branch_: null, pull: null }, ['base'], null, null],
    ['after one that is left over', { pull: MERGED }, ['base'], null, null],
    ['refresh', { inputs: 'i2' }, ['head', 'base'], 'head', 'tree'],
    [
      'refresh after the base moved',
      { branch_: { ...BRANCH, behind: true } },
      ['head', 'base'],
      'head',
      null,
    ],
    [
      'on a branch that is the base',
      { pull: null, branch_: { ...BRANCH, sha: 'base' } },
      ['base'],
      'base',
      'tree',
    ],
  ] satisfies [string, Over, string[], string | null, string | null][])(
    '%s',
    (_what, over, parents, expected, tree) => {
      expect(commitOf(over)).toEqual({
        kind: 'commit',
        branch: 'relock/monthly',
        base: 'base',
        parents,
        expect: expected,
        files: FILES,
        message: 'Re-lock a.txt',
        unlessTree: tree,
      });
    },
  );

  it('leaves out workflow files without the permission, and the body says so', () => {
    const workflow = { path: '.github/workflows/ci.yml', text: 'x', executable: false };
    const outcome = { ...CHANGE, files: [...FILES, workflow] };
    const over = { branch_: null, pull: null, outcome, mayWriteWorkflows: false };
    expect(commitOf(over)).toMatchObject({ files: FILES });
    const [, create] = ask(over).actions;
    expect(create).toMatchObject({
      body: expect.stringContaining('the App lacks the permission "Workflows" here'),
    });
    expect(commitOf({ ...over, mayWriteWorkflows: true })).toMatchObject({ files: outcome.files });
  });

  it('is not made when all of it would be left out', () => {
    const outcome = {
      ...CHANGE,
      files: [{ path: '.github/workflows/ci.yml', text: 'x', executable: false }],
    };
    const decision = ask({ branch_: null, pull: null, outcome, mayWriteWorkflows: false });
    expect(decision).toMatchObject({ verdict: 'nothing', actions: [] });
    expect(decision.because).toContain('Workflows');
  });
});

describe('title and body', () => {
  const updateOf = (over: Over) => ask(over).actions.findLast(({ kind }) => kind === 'update-pull');

  it('say what is there now, with a marker', () => {
    const update = updateOf({ inputs: 'i2', now: new Date('2026-12-01T00:00:00Z') });
    expect(update).toMatchObject({ pull: 7, title: 'Re-lock a.txt' });
    const body = update?.kind === 'update-pull' ? (update.body ?? '') : '';
    expect(readMarker(body)).toEqual({
      inputs: 'i2',
      purpose: 'monthly',
      month: '2026-12',
      title: titleDigest('Re-lock a.txt'),
      finished: true,
    });
  });

  it("keep a person's title, now and later", () => {
    const pull = { ...OPEN, title: 'My own title' };
    const update = updateOf({ inputs: 'i2', pull });
    expect(update).not.toHaveProperty('title');
    const body = update?.kind === 'update-pull' ? (update.body ?? '') : '';
    expect(updateOf({ inputs: 'i3', pull: { ...pull, body } })).not.toHaveProperty('title');
  });

  it('of the month in the time zone', () => {
    const now = new Date('2026-11-30T15:05:00Z');
    const pull = { ...CLOSED, closedAt: '2026-11-30T14:00:00Z' };
    expect(ask({ pull, now, timeZone: 'UTC' }).verdict).toBe('left-alone');
    expect(ask({ pull, now, timeZone: 'Asia/Tokyo' }).verdict).toBe('proposed');
  });

  it('are not written again over changed line ends', () => {
    const pull = { ...OPEN, body: bodyWith().replaceAll('\n', '\r\n') };
    expect(kinds(ask({ pull, force: true }).actions)).toEqual(['commit']);
  });
});

describe('what a new pull request gets', () => {
  const policy = {
    ...NO_POLICY.pullRequest,
    labels: ['deps', 'Deps', 'python'],
    assignees: ['sam'],
    reviewers: { users: ['kim'], teams: ['core'] },
    autoMerge: 'squash' as const,
    commitPrefix: 'chore(deps)',
  };
  const extras = [
    { kind: 'add-labels', labels: ['Deps', 'python'] },
    { kind: 'assign', users: ['sam'] },
    { kind: 'request-reviewers', users: ['kim'], teams: ['core'] },
    { kind: 'enable-auto-merge', method: 'squash' },
  ];

  it('follows its creation, and the marker says finished at the end only', () => {
    const { actions } = ask({ branch_: null, pull: null, policy });
    const [commit, create, ...rest] = actions;
    expect(commit).toMatchObject({ message: 'chore(deps): Re-lock a.txt' });
    expect(create).toMatchObject({ title: 'chore(deps): Re-lock a.txt', draft: false });
    expect(create?.kind === 'create-pull' && readMarker(create.body)?.finished).toBe(false);
    expect(rest.slice(0, 4)).toEqual(extras.map((extra) => ({ ...extra, pull: null })));
    const last = rest[4];
    expect(last?.kind === 'update-pull' && readMarker(last.body ?? '')?.finished).toBe(true);
  });

  it.each([
    [
      'on unchanged inputs',
      'i1',
      ['add-labels', 'assign', 'request-reviewers', 'enable-auto-merge', 'update-pull'],
    ],
    [
      'on others',
      'i2',
      [
        'update-pull',
        'commit',
        'add-labels',
        'assign',
        'request-reviewers',
        'enable-auto-merge',
        'update-pull',
      ],
    ],
  ])('is taken up after a crash, %s', (_what, inputs, expected) => {
    const pull = { ...OPEN, body: bodyWith({ finished: false }), labels: ['python'] };
    const { actions } = ask({ pull, policy, inputs });
    expect(kinds(actions)).toEqual(expected);
    expect(actions.find(({ kind }) => kind === 'add-labels')).toMatchObject({ labels: ['Deps'] });
    const last = actions.at(-1);
    expect(last?.kind === 'update-pull' && readMarker(last.body ?? '')?.finished).toBe(true);
  });

  it('is not asked for again once people could take it away', () => {
    expect(kinds(ask({ inputs: 'i2', policy }).actions)).toEqual(['update-pull', 'commit', 'update-pull']);
  });

  it('leaves auto-merge out of a draft', () => {
    const { actions } = ask({ branch_: null, pull: null, policy: { ...policy, draft: true } });
    expect(actions[1]).toMatchObject({ draft: true });
    expect(kinds(actions)).not.toContain('enable-auto-merge');
  });
});

it('tells in the comments how to go on, without a command of its own', () => {
  const foreign = ask({ inputs: 'i2', branch_: { ...BRANCH, foreign: true } }).actions[0];
  expect(foreign).toMatchObject({ kind: 'comment', tag: 'foreign', pull: 7 });
  const text = foreign?.kind === 'comment' ? foreign.body : '';
  expect(text).toContain('take those commits off it, or delete it. Then comment `/rebuild`');
  expect(text).toContain('<!-- relock-comment: foreign -->');
});
