import { describe, expect, it } from 'vitest';
import { chooseWalls } from '../../src/engine/gate.ts';
import { EnvironmentError } from '../../src/errors.ts';
import type { Reason } from '../../src/model.ts';
import type { RunConfined } from '../../src/run/sandbox/confined.ts';

const bare: RunConfined = () => Promise.reject(new Error('bare'));
const walled: RunConfined = () => Promise.reject(new Error('walled'));
const none: Reason = {
  code: 'sandbox-unavailable',
  message: 'There is no bubblewrap.',
  fix: 'Install it.',
  detail: '',
};

describe('chooseWalls', () => {
  it.each(['require', 'auto'] as const)('%s takes a sandbox that there is', (mode) => {
    expect(chooseWalls(mode, walled, bare)).toEqual({ kind: 'sandbox', run: walled });
  });

  it('require refuses without one, and says what to do', () => {
    expect(() => chooseWalls('require', none, bare)).toThrow(
      new EnvironmentError('sandbox-unavailable', 'There is no bubblewrap.', 'Install it.'),
    );
  });

  it('auto runs without one and says so', () => {
    expect(chooseWalls('auto', none, bare)).toMatchObject({
      kind: 'none',
      run: bare,
      note: expect.stringMatching(/without a sandbox.*There is no bubblewrap\. Install it\.$/u) as string,
    });
  });

  it('none never takes one', () => {
    expect(chooseWalls('none', null, bare)).toMatchObject({ kind: 'none', run: bare });
  });
});
