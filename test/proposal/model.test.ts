/** The decisions against a forge in memory: any history of people's doings, crashes and races. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_POLICY } from '../../src/config/defaults.ts';
import { decide, type Decision, type ProposalInput } from '../../src/proposal/decide.ts';
import { readMarker, tagOfComment } from '../../src/proposal/marker.ts';
import type { ProposalState } from '../../src/proposal/state.ts';
import { BRANCH, Conflict, ModelForge } from './model-forge.ts';

type Run = Pick<ProposalInput, 'outcome' | 'inputs' | 'force' | 'trigger'>;

const POLICY = {
  ...NO_POLICY.pullRequest,
  labels: ['deps'],
  reviewers: { users: ['kim'], teams: [] },
  autoMerge: 'squash' as const,
};

/** What a run over the default branch gives when the lock should say `version`. */
function runFor(forge: ModelForge, version: string, over: Partial<Run> = {}): Run {
  const same = forge.tree(forge.main)['lock'] === version;
  return {
    outcome: {
      pullRequest: same ? null : { title: `Re-lock to ${version}`, body: `Report on ${version}` },
      files: same ? [] : [{ path: 'lock', text: version, executable: false }],
    },
    inputs: `i-${version}`,
    force: false,
    trigger: 'schedule',
    ...over,
  };
}

function decideOn(forge: ModelForge, run: Run) {
  return decide({
    ...run,
    state: forge.read(),
    branch: BRANCH,
    purpose: 'monthly',
    policy: POLICY,
    timeZone: 'UTC',
    now: new Date(forge.now),
    mayWriteWorkflows: true,
    warnings: [],
    held: [],
  });
}

/** @param steps how many actions are done before the process dies. */
function applyRun(forge: ModelForge, run: Run, steps = Infinity): void {
  for (const [at, action] of decideOn(forge, run).actions.entries()) {
    if (at >= steps) return;
    forge.apply(action);
  }
}

const version = fc.constantFrom('1', '2', '3');
const person = fc.oneof(
  fc.record({ do: fc.constant('pushMain' as const), version }),
  fc.record({ do: fc.constant('pushBranch' as const) }),
  fc.record({
    do: fc.constant('merge' as const),
    how: fc.constantFrom('merge' as const, 'squash' as const),
    tidy: fc.boolean(),
  }),
  fc.record({ do: fc.constantFrom('close' as const, 'reopen' as const, 'deleteBranch' as const) }),
  fc.record({
    do: fc.constantFrom('retitle' as const, 'rewrite' as const, 'unlabel' as const, 'nextMonth' as const),
  }),
);
const crashed = fc.record({
  do: fc.constant('crash' as const),
  version,
  force: fc.boolean(),
  steps: fc.integer({ min: 0, max: 8 }),
});
const event = fc.oneof({ weight: 2, arbitrary: person }, { weight: 1, arbitrary: crashed });
type Event = typeof event extends fc.Arbitrary<infer T> ? T : never;

function happen(forge: ModelForge, what: Event): void {
  const last = forge.pulls.at(-1);
  switch (what.do) {
    case 'pushMain':
      return forge.pushMain({ lock: what.version, other: `${forge.commits.size}` });
    case 'pushBranch':
      return forge.pushBranch({ theirs: `${forge.commits.size}` });
    case 'merge':
      return forge.merge(what.how, what.tidy);
    case 'close':
      return forge.close();
    case 'reopen':
      return forge.reopen();
    case 'deleteBranch':
      return forge.setBranch(null);
    case 'retitle':
      if (last !== undefined) last.title = 'A title of mine';
      return;
    case 'rewrite':
      if (last !== undefined) last.body = 'A body of mine';
      return;
    case 'unlabel':
      if (last !== undefined) last.labels = [];
      return;
    case 'nextMonth':
      forge.now = new Date(new Date(forge.now).getTime() + 31 * 24 * 3600 * 1000).toISOString();
      return;
    case 'crash':
      return applyRun(forge, runFor(forge, what.version, { force: what.force }), what.steps);
    default:
      what satisfies never;
  }
}

function checkAlways(forge: ModelForge): void {
  expect(forge.pulls.filter(({ state }) => state === 'open').length).toBeLessThanOrEqual(1);
  for (const { comments } of forge.pulls) {
    const tags = comments.map((body) => tagOfComment(body));
    expect(new Set(tags).size).toBe(tags.length);
  }
}

/** What the forge shows against the verdict. */
function whatIsWrong(
  forge: ModelForge,
  before: ProposalState,
  verdict: Decision['verdict'],
  wanted: string,
): readonly string[] {
  const { branch, pull } = forge.read();
  const marker = readMarker(pull?.body ?? '');
  const foreign = before.branch?.foreign === true;
  const merged = before.pull?.state === 'merged' && before.branch?.sha === before.pull.head;
  const wrong: string[] = [];
  const check = (right: boolean, what: string): void => void (right || wrong.push(what));
  check(!foreign || merged || branch?.sha === before.branch?.sha, 'commits of others are gone');
  if (verdict === 'proposed') {
    check(pull?.state === 'open', 'there is no pull request');
    check(marker === null || marker.finished, 'it is not finished');
    // By its marker it was up to date, so that what a person pushed stays.
    check(branch?.behind === false, 'the branch is behind');
    check((foreign && !merged) || forge.tree(forge.branch!)['lock'] === wanted, 'it proposes something else');
  } else if (verdict === 'nothing') {
    check(forge.tree(forge.main)['lock'] === wanted, 'there was something to propose');
    check(forge.open() === undefined, 'a pull request is open');
  } else {
    check(foreign || pull?.state === 'closed', 'nothing was in the way');
  }
  return wrong;
}

describe('after any history', () => {
  const history = fc.array(event, { maxLength: 12 });

  it('a run, asked again, has nothing left to do', () => {
    fc.assert(
      fc.property(history, version, fc.boolean(), (events, wanted, force) => {
        const forge = new ModelForge({ lock: '1' });
        for (const one of events) happen(forge, one);
        applyRun(forge, runFor(forge, wanted, { force }));
        checkAlways(forge);
        forge.events.length = 0;
        const again = decideOn(forge, runFor(forge, wanted));
        const open = forge.open();
        // Whoever takes the marker out takes away how to tell: the commit is asked for, and comes out as no change.
        const ours = open === undefined || readMarker(open.body) !== null;
        expect(ours ? again.actions : []).toEqual([]);
        for (const action of again.actions) forge.apply(action);
        expect(forge.events).toEqual([]);
      }),
      { numRuns: 1500 },
    );
  });

  it('a run shows what is needed, or says why not; commits of others never vanish', () => {
    fc.assert(
      fc.property(history, version, fc.boolean(), (events, wanted, force) => {
        const forge = new ModelForge({ lock: '1' });
        for (const one of events) happen(forge, one);
        const before = forge.read();
        const run = runFor(forge, wanted, { force });
        const { verdict } = decideOn(forge, run);
        applyRun(forge, run);
        expect(whatIsWrong(forge, before, verdict, wanted)).toEqual([]);
      }),
      { numRuns: 1500 },
    );
  });

  it('killed at any action and run again, it ends as if it had not been', () => {
    fc.assert(
      fc.property(
        history,
        version,
        fc.integer({ min: 0, max: 9 }),
        fc.boolean(),
        (events, wanted, steps, force) => {
          const ends = [Infinity, steps].map((until) => {
            const forge = new ModelForge({ lock: '1' });
            for (const one of events) happen(forge, one);
            applyRun(forge, runFor(forge, wanted, { force }), until);
            applyRun(forge, runFor(forge, wanted, { force }));
            checkAlways(forge);
            return {
              pulls: forge.pulls.map(({ head: _head, ...pull }) => pull),
              tree: forge.read().branch?.tree,
            };
          });
          expect(ends[1]).toEqual(ends[0]);
        },
      ),
      { numRuns: 1500 },
    );
  });
});

/** A worker that looks, acts step by step, and looks again when something came in between. */
function* worker(forge: ModelForge, run: () => Run): Generator<void> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const { actions } = decideOn(forge, run());
    yield;
    try {
      for (const action of actions) {
        forge.apply(action);
        yield;
      }
      return;
    } catch (error) {
      if (!(error instanceof Conflict)) throw error;
    }
  }
  throw new Error('never came to an end');
}

it('two workers, each acting on what it saw, make one pull request and one comment', () => {
  const history = fc.array(event, { maxLength: 8 });
  const turns = fc.array(fc.boolean(), { minLength: 10, maxLength: 60 });
  fc.assert(
    fc.property(history, version, fc.boolean(), turns, (events, wanted, force, order) => {
      const forge = new ModelForge({ lock: '1' });
      for (const one of events) happen(forge, one);
      const before = forge.pulls.length;
      const run = (): Run => runFor(forge, wanted, { force });
      const workers = [worker(forge, run), worker(forge, run)] as const;
      for (const second of order) {
        workers[second ? 1 : 0].next();
        checkAlways(forge);
      }
      for (const one of workers) for (const _step of one) checkAlways(forge);
      expect(forge.pulls.length - before).toBeLessThanOrEqual(1);
      forge.events.length = 0;
      applyRun(forge, runFor(forge, wanted));
      expect(forge.events).toEqual([]);
    }),
    { numRuns: 1500 },
  );
});

it('a push that comes in between makes a run fail and is not lost', () => {
  const forge = new ModelForge({ lock: '1' });
  applyRun(forge, runFor(forge, '2'));
  const { actions } = decideOn(forge, runFor(forge, '3'));
  forge.pushBranch({ theirs: 'x' });
  expect(() => actions.forEach((action) => forge.apply(action))).toThrow(Conflict);
  expect(forge.tree(forge.branch!)).toEqual({ lock: '2', theirs: 'x' });
  applyRun(forge, runFor(forge, '3'));
  expect(forge.open()?.comments).toHaveLength(1);
  expect(forge.tree(forge.branch!)).toEqual({ lock: '2', theirs: 'x' });
});

it('killed between commit and body, it does not take the old marker for the new commit', () => {
  const forge = new ModelForge({ lock: '1' });
  applyRun(forge, runFor(forge, '3'));
  applyRun(forge, runFor(forge, '2'), 2);
  expect(forge.tree(forge.branch!)).toEqual({ lock: '2' });
  applyRun(forge, runFor(forge, '3'));
  expect(forge.tree(forge.branch!)).toEqual({ lock: '3' });
  expect(forge.open()?.title).toBe('Re-lock to 3');
});
