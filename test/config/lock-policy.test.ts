import { describe, expect, it } from 'vitest';
import { NO_POLICY } from '../../src/config/defaults.ts';
import { isIgnored, policyFor } from '../../src/config/lock-policy.ts';

describe('isIgnored', () => {
  it.each([
    [['vendor/**'], 'vendor/a/requirements.txt', true],
    [['vendor'], 'vendor/a/requirements.txt', true],
    [['vendor/'], 'vendor/requirements.txt', true],
    [['vendor'], 'vendors/requirements.txt', false],
    [['**/old'], 'a/old/poetry.lock', true],
    [['*.lock'], 'poetry.lock', true],
    [['*.lock'], 'a/poetry.lock', false],
    [['.github/**'], '.github/requirements.txt', true],
    [[], 'poetry.lock', false],
  ])('%j on %s: %j', (ignore, path, ignored) => {
    expect(isIgnored({ ...NO_POLICY, ignore }, path)).toBe(ignored);
  });
});

describe('policyFor', () => {
  const policy = {
    ...NO_POLICY,
    locks: [
      { path: '**', python: '3.11', solver: 'uv' as const },
      { path: 'a/*.txt', python: '3.12', enabled: false },
      { path: 'a/dev.txt', enabled: true, inputs: ['a/dev.in'] },
    ],
  };

  it.each([
    ['poetry.lock', { python: '3.11', solver: 'uv' }],
    ['a/base.txt', { python: '3.12', solver: 'uv', enabled: false }],
    ['a/dev.txt', { python: '3.12', solver: 'uv', enabled: true, inputs: ['a/dev.in'] }],
  ])('merges what matches %s, the last one winning key by key', (path, said) => {
    expect(policyFor(policy, path)).toEqual(said);
  });

  it('says nothing without policy', () => {
    expect(policyFor(NO_POLICY, 'poetry.lock')).toEqual({});
  });
});
