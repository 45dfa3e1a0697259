import { describe, expect, it } from 'vitest';
import { NO_POLICY } from '../../src/config/defaults.ts';
import { readMarker, withMarker } from '../../src/proposal/marker.ts';
import {
  decideSecurity,
  worthFixing,
  type SecurityInput,
  type SecurityOutcome,
} from '../../src/proposal/security.ts';
import { aboutOf, blockedTag, securityBranch } from '../../src/proposal/security-names.ts';
import type { BranchState, PullState } from '../../src/proposal/state.ts';
import type { FixAdvisory } from '../../src/report/fix-advisory.ts';
import { advisory } from '../support/fix-results.ts';
import { FILES, kinds } from './decide-set-up.ts';

const FIX: SecurityOutcome = {
  kind: 'fix',
  pullRequest: { title: 'Fix CVE-2026-1 in jinja2: 1 → 2', body: 'Report\n' },
  files: FILES,
};
const ONE = advisory('CVE-2026-1', { ids: ['CVE-2026-1', 'GHSA-1'] });
const TWO = advisory('CVE-2026-2');
const BRANCH: BranchState = {
  name: 'relock/security-jinja2',
  sha: 'head',
  foreign: false,
  behind: false,
  tree: 'tree',
};

function pullFor(advisories: readonly FixAdvisory[], more: Partial<PullState> = {}): PullState {
  return {
    number: 7,
    state: 'open',
    closedByUs: false,
    closedAt: null,
    head: 'head',
    title: 'Fix',
    body: withMarker('Report', {
      inputs: 'i1',
      purpose: 'security',
      month: '2026-11',
      title: '',
      finished: true,
      about: aboutOf(advisories).flat(),
    }),
    labels: [],
    draft: false,
    comments: [],
    ...more,
  };
}
const closed = (advisories: readonly FixAdvisory[], more: Partial<PullState> = {}): PullState =>
  pullFor(advisories, { state: 'closed', closedAt: '2026-01-10T00:00:00Z', ...more });

interface Over extends Partial<Omit<SecurityInput, 'state'>> {
  readonly branch_?: BranchState | null;
  readonly pull?: PullState | null;
}

function ask({ branch_ = null, pull = null, ...over }: Over = {}) {
  return decideSecurity({
    state: { base: { branch: 'main', sha: 'base' }, branch: branch_, pull },
    package: 'jinja2',
    advisories: [ONE],
    security: NO_POLICY.security,
    outcome: FIX,
    inputs: 'i1',
    policy: { ...NO_POLICY.pullRequest, labels: ['deps'] },
    timeZone: 'UTC',
    trigger: 'advisory',
    force: false,
    now: new Date('2026-11-20T00:00:00Z'),
    mayWriteWorkflows: true,
    warnings: [],
    held: [],
    ...over,
  });
}

it.each([
  ['jinja2', /^relock\/security-jinja2$/u],
  ['ruamel-yaml', /^relock\/security-ruamel-yaml$/u],
  ['a..b', /^relock\/security-a-b-[\da-f]{8}$/u],
  ['@{evil}', /^relock\/security-evil-[\da-f]{8}$/u],
  // It would else have the branch of another one.
  ['a-b-0123abcd', /^relock\/security-a-b-0123abcd-[\da-f]{8}$/u],
  ['x'.repeat(200), /^relock\/security-x{40}-[\da-f]{8}$/u],
])('the branch of %s', (name, branch) => {
  expect(securityBranch(name)).toMatch(branch);
  expect(blockedTag(name)).toMatch(/^blocked-[a-z\d-]{1,60}$/u);
});

it('opens one with the labels of both, and says in its marker what it is about', () => {
  const { verdict, actions } = ask();
  expect(verdict).toBe('proposed');
  expect(kinds(actions)).toEqual(['commit', 'create-pull', 'add-labels', 'update-pull']);
  const pull = actions.find((action) => action.kind === 'create-pull');
  expect(pull).toMatchObject({ head: 'relock/security-jinja2', base: 'main', title: FIX.pullRequest.title });
  expect(readMarker(pull?.body ?? '')).toMatchObject({
    purpose: 'security',
    about: aboutOf([ONE]).flat(),
  });
  expect(actions).toContainEqual({ kind: 'add-labels', pull: null, labels: ['deps', 'security'] });
});

it('has nothing to do when it is there', () => {
  expect(ask({ branch_: BRANCH, pull: pullFor([ONE]) })).toMatchObject({ verdict: 'proposed', actions: [] });
});

describe('an open one is closed with a word', () => {
  const withdrawn = { ...ONE, withdrawn: true };
  it.each<[string, Over, string]>([
    ['withdrawn', { advisories: [withdrawn] }, 'The advisory `CVE-2026-1` on `jinja2` was withdrawn.'],
    [
      'all withdrawn',
      { advisories: [withdrawn, { ...TWO, withdrawn: true }] },
      'The 2 advisories on `jinja2` were withdrawn.',
    ],
    [
      'folded into the monthly one',
      { outcome: { kind: 'clean' }, trigger: 'push' },
      'The default branch has no affected version of `jinja2` any more.',
    ],
    [
      'rated down',
      { security: { ...NO_POLICY.security, severity: 'critical' }, advisories: [low(ONE)] },
      'The advisory `CVE-2026-1` on `jinja2` is less severe than `critical`, the floor of the policy.',
    ],
    [
      'switched off',
      { security: { ...NO_POLICY.security, enabled: false } },
      'The policy has security fixes switched off.',
    ],
    [
      'blocked by what was pushed',
      { outcome: { kind: 'blocked' } },
      'Nothing can be changed that would fix `jinja2` as things are; an issue says what stands in the way.',
    ],
    ['forgotten', { advisories: [] }, 'No advisory on `jinja2` is known any more.'],
  ])('%s', (_, over, because) => {
    // The inputs are those of the pull request: what it is made from does not matter any more.
    const decision = ask({ branch_: BRANCH, pull: pullFor([ONE]), ...over });
    expect(decision).toMatchObject({ verdict: 'nothing', because });
    expect(kinds(decision.actions)).toEqual(['close-pull', 'comment', 'delete-branch']);
    expect(decision.actions[1]).toMatchObject({ body: expect.stringContaining(because) });
    // And nothing is opened for it.
    expect(ask(over)).toMatchObject({ verdict: 'nothing', actions: [] });
  });
});

function low(one: FixAdvisory): FixAdvisory {
  return { ...one, severity: { level: 'low', score: 2, source: '', vector: null } };
}

describe('one that a person closed', () => {
  it.each<[string, Over, string]>([
    ['stays closed, also in another month', { pull: closed([ONE]) }, 'left-alone'],
    [
      'stays closed when the advisory has other names now',
      { pull: closed([ONE]), advisories: [{ ...ONE, id: 'CVE-2026-7', ids: ['CVE-2026-7', 'GHSA-1'] }] },
      'left-alone',
    ],
    ['does not for another advisory', { pull: closed([ONE]), advisories: [ONE, TWO] }, 'proposed'],
    [
      'does not for another advisory in the same month',
      { pull: closed([ONE], { closedAt: '2026-11-19T00:00:00Z' }), advisories: [TWO] },
      'proposed',
    ],
    ['stays closed for fewer', { pull: closed([ONE, TWO]) }, 'left-alone'],
    ['is made anew when somebody asks', { pull: closed([ONE]), force: true }, 'proposed'],
    ['does not stay closed when we closed it', { pull: closed([ONE], { closedByUs: true }) }, 'proposed'],
    [
      'without its marker stays closed for the month',
      { pull: closed([ONE], { body: 'mine', closedAt: '2026-11-19T00:00:00Z' }) },
      'left-alone',
    ],
    ['without its marker not for longer', { pull: closed([ONE], { body: 'mine' }) }, 'proposed'],
    [
      'that was merged, and is needed again, comes again',
      { pull: closed([ONE], { state: 'merged' }) },
      'proposed',
    ],
  ])('%s', (_, over, verdict) => {
    const decision = ask(over);
    expect(decision.verdict).toBe(verdict);
    expect(decision.actions.length > 0).toBe(verdict === 'proposed');
  });

  it('says so', () => {
    expect(ask({ pull: closed([ONE]) }).because).toBe(
      'Pull request #7 was closed by a person, so nothing is proposed for the same again.',
    );
  });

  it('is known for as many advisories as there may be', () => {
    const many = Array.from({ length: 300 }, (_, at) => advisory(`CVE-2026-${at}`));
    expect(ask({ pull: closed(many), advisories: many }).verdict).toBe('left-alone');
  });
});

it('leaves an open one as it is when the lockers failed, and opens none', () => {
  const inputs = 'i2';
  const outcome = { kind: 'failed' } as const;
  expect(kinds(ask({ branch_: BRANCH, pull: pullFor([ONE]), outcome, inputs }).actions)).toEqual(['comment']);
  expect(ask({ outcome })).toMatchObject({ verdict: 'failed', actions: [] });
});

it('a push opens none', () => {
  expect(ask({ trigger: 'push' })).toMatchObject({ verdict: 'nothing', actions: [] });
});

describe('what is worth fixing', () => {
  const unrated = { level: 'unknown', score: null, source: '', vector: null } as const;
  it.each<[string, Partial<FixAdvisory>, 'low' | 'medium' | 'critical', boolean]>([
    ['critical', {}, 'critical', true],
    ['low', low(ONE), 'medium', false],
    ['low', low(ONE), 'low', true],
    ['not rated', { severity: unrated }, 'low', true],
    ['not rated', { severity: unrated }, 'medium', false],
    ['malicious', { ...low(ONE), malicious: true }, 'critical', true],
    ['withdrawn', { withdrawn: true }, 'low', false],
  ])('%s %j with floor %s: %j', (_, more, severity, worth) => {
    const found = worthFixing('jinja2', [{ ...ONE, ...more }], { ...NO_POLICY.security, severity });
    expect(found.advisories).toHaveLength(worth ? 1 : 0);
    expect(found.none === null).toBe(worth);
  });
});
