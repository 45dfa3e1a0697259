/** A proposal's state and inputs, for tests of what is decided. */
import { NO_POLICY } from '../../src/config/defaults.ts';
import type { ForgeAction } from '../../src/proposal/actions.ts';
import { decide, type ProposalInput } from '../../src/proposal/decide.ts';
import { titleDigest, withMarker } from '../../src/proposal/marker.ts';
import type { BranchState, ProposalState, PullState } from '../../src/proposal/state.ts';

export const FILES = [{ path: 'a.txt', text: 'new\n', executable: false }];
export const CHANGE = { pullRequest: { title: 'Re-lock a.txt', body: 'Report\n' }, files: FILES };

export function bodyWith(over: { inputs?: string; finished?: boolean; title?: string } = {}): string {
  const { inputs = 'i1', finished = true, title = 'Re-lock a.txt' } = over;
  return withMarker('Report', {
    inputs,
    purpose: 'monthly',
    month: '2026-11',
    title: titleDigest(title),
    finished,
  });
}

export const BRANCH: BranchState = {
  name: 'relock/monthly',
  sha: 'head',
  foreign: false,
  behind: false,
  tree: 'tree',
};
export const OPEN: PullState = {
  number: 7,
  state: 'open',
  closedByUs: false,
  closedAt: null,
  head: 'head',
  title: 'Re-lock a.txt',
  body: bodyWith(),
  labels: [],
  draft: false,
  comments: [],
};
export const CLOSED: PullState = { ...OPEN, state: 'closed', closedAt: '2026-11-10T00:00:00Z' };

export interface Over extends Partial<Omit<ProposalInput, 'state'>> {
  readonly branch_?: BranchState | null;
  readonly pull?: PullState | null;
}

export function ask({ branch_ = BRANCH, pull = OPEN, ...over }: Over) {
  const state: ProposalState = { base: { branch: 'main', sha: 'base' }, branch: branch_, pull };
  return decide({
    state,
    branch: 'relock/monthly',
    purpose: 'monthly',
    outcome: CHANGE,
    inputs: 'i1',
    policy: NO_POLICY.pullRequest,
    timeZone: 'UTC',
    trigger: 'schedule',
    force: false,
    now: new Date('2026-11-20T00:00:00Z'),
    mayWriteWorkflows: true,
    warnings: [],
    held: [],
    ...over,
  });
}

export const kinds = (actions: readonly ForgeAction[]) => actions.map(({ kind }) => kind);
