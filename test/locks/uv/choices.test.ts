import { describe, expect, it } from 'vitest';
import { chooseInterpreter } from '../../../src/locks/uv/interpreter.ts';
import { chooseUv, settleUvVersion } from '../../../src/locks/uv/tool-version.ts';

const PYTHONS = ['3.13.0', '3.12.1', '3.11.7', '3.9.18'].map((version) => ({
  version,
  path: `/py/${version}`,
}));

describe('settleUvVersion', () => {
  it.each([
    ['==0.8.3', '0.8.3'],
    ['0.8.3', '0.8.3'],
    ['>=0.5', null],
    ['>=0.4,<0.9', '0.8.24'],
    ['~=0.7.0', '0.7.22'],
    ['>=0.5.3,<0.5.10', '0.5.3'],
    ['<0.14', null],
    ['no version', null],
  ])('required-version %s runs %s', (value, version) => {
    const required = { value, place: 'pyproject.toml:3' };
    expect(settleUvVersion(chooseUv({}, required), required, '0.13.9')).toEqual({ version });
  });

  it('says so when no version satisfies', () => {
    const required = { value: '<0.2', place: 'pyproject.toml:3' };
    expect(settleUvVersion(chooseUv({}, required), required, '0.13.9')).toMatchObject({
      code: 'tool-install-broken',
      message: expect.stringContaining('pyproject.toml:3 requires uv <0.2'),
    });
  });

  it('policy wins', () => {
    const required = { value: '>=0.9', place: 'x' };
    const choice = chooseUv({ toolVersion: '0.6.1' }, required);
    expect(choice.from).toContain('[[lock]]');
    expect(settleUvVersion(choice, required, '0.13.9')).toEqual({ version: '0.6.1' });
  });
});

describe('chooseInterpreter', () => {
  const range = (value: string): { value: string; place: string }[] => [{ value, place: 'pyproject.toml:4' }];
  it.each<[string | null, string | null, boolean, string | null, string | null]>([
    ['3.12', '>=3.9', false, '/py/3.12.1', null],
    ['3.12.1', '>=3.9', false, '/py/3.12.1', null],
    [null, '>=3.9,<3.12', false, '/py/3.11.7', null],
    // Not there, but any that fits locks the same: the nearest, and nothing is fetched before it is needed.
    ['3.10', '>=3.9,<3.12', false, '/py/3.11.7', null],
    ['3.8', '>=3.8', true, '/py/3.9.18', '3.8'],
    ['3.14.6', '>=3.9', true, '/py/3.13.0', '3.14.6'],
    // The image's Python is outside of the project's range: uv would refuse it.
    ['3.8', '>=3.9,<3.12', true, '/py/3.9.18', null],
    ['3.14', '>=3.14', true, '3.14', null],
    ['3.13', '>=3.14', true, null, null],
    [null, '>=3.14', true, null, null],
    [null, null, false, '/py/3.13.0', null],
  ])('wanted %s in %s, downloads %s: %s', (version, value, pythonDownloads, python, fetch) => {
    const ranges = value === null ? [] : range(value);
    expect(chooseInterpreter({ pythons: PYTHONS, pythonDownloads }, { version, from: '' }, ranges)).toEqual({
      python,
      fetch,
    });
  });

  it('fails by name when none fits and none may be fetched', () => {
    expect(
      chooseInterpreter(
        { pythons: PYTHONS, pythonDownloads: false },
        { version: null, from: '' },
        range('>=3.14'),
      ),
    ).toMatchObject({
      code: 'python-missing',
      message: expect.stringContaining('>=3.14 (pyproject.toml:4) to lock; this machine has 3.13.0, 3.12.1'),
      fix: expect.stringContaining('or let uv fetch it: that takes `python-downloads` in the settings'),
    });
  });
});
