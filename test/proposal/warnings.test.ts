import { describe, expect, it } from 'vitest';
import type { ForgeAction } from '../../src/proposal/actions.ts';
import type { PullState } from '../../src/proposal/state.ts';
import { OPEN, ask, kinds } from './decide-set-up.ts';

describe('labels that warn', () => {
  const warned: PullState = { ...OPEN, labels: ['adds vulnerabilities'] };
  const deserved = ['adds vulnerabilities'];
  const labels = (actions: readonly ForgeAction[]) =>
    actions.filter(({ kind }) => kind === 'add-labels' || kind === 'remove-label');

  it.each([
    ['come with a new pull request', { pull: null, branch_: null, warnings: deserved }, ['add-labels']],
    ['come with a refresh', { inputs: 'i2', warnings: deserved }, ['add-labels']],
    ['are put on after a process was killed before it could', { warnings: deserved }, ['add-labels']],
    ['stay', { pull: warned, warnings: deserved }, []],
    ['go when nothing is to be warned of any more', { pull: warned, inputs: 'i2' }, ['remove-label']],
    [
      'are not looked for on what is closed',
      { pull: { ...warned, state: 'closed' as const, closedAt: '2026-11-10T00:00:00Z' } },
      [],
    ],
  ])('%s', (_name, over, kindsOfLabels) => {
    expect(kinds(labels(ask(over).actions))).toEqual(kindsOfLabels);
  });
});
