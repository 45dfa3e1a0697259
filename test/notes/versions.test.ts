import { assert, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isBetween, readTag } from '../../src/notes/versions.ts';

const NAMES = { package: 'my-pkg', repository: 'mono' };

describe('a tag', () => {
  it.each([
    ['v1.2.3', '1.2.3', 'plain', 'v'],
    ['1.2.3', '1.2.3', 'plain', ''],
    ['V1.2', '1.2', 'plain', 'V'],
    ['release-1.2.3', '1.2.3', 'plain', 'release-'],
    ['release/v1.2.3', '1.2.3', 'plain', 'release/v'],
    ['rel_2_0_1', '2.0.1', 'plain', 'rel_'],
    ['my_pkg-1.2.3', '1.2.3', 'own', 'my_pkg-'],
    ['my-pkg==1.2.3', '1.2.3', 'own', 'my-pkg=='],
    ['my-pkg/v1.2.3', '1.2.3', 'own', 'my-pkg/v'],
    ['packages/my-pkg@1.2.3', '1.2.3', 'own', 'packages/my-pkg@'],
    ['mono-1.2.3', '1.2.3', 'repository', 'mono-'],
    ['v2.0.0rc1', '2.0.0rc1', 'plain', 'v'],
    ['v2.0.0-beta.1', '2.0.0-beta.1', 'plain', 'v'],
    ['24.1', '24.1', 'plain', ''],
  ])('%s is %s, %s', (tag, version, kind, prefix) => {
    expect(readTag(tag, NAMES)).toEqual({ version, kind, prefix });
  });

  it.each(['other-1.2.3', 'nightly', 'v1.2.x', 'my-pkg-core-1.2.3', 'docs-2024', ''])('%j is none', (tag) => {
    expect(readTag(tag, NAMES)).toBeNull();
  });

  it('is read whatever it holds', () => {
    assert(property(string(), (tag) => void readTag(tag, NAMES)));
  });
});

describe('between 1.0 and 2.0', () => {
  it.each([
    ['1.0', false],
    ['1.0.0', false],
    ['1.0.post1', true],
    ['1.5', true],
    ['2.0', true],
    ['2.0.0', true],
    ['2.0.1', false],
    ['1.9rc1', false],
    ['no', false],
  ])('%s: %s', (version, expected) => {
    expect(isBetween(version, { from: '1.0', to: '2.0' })).toBe(expected);
  });

  it('pre-releases count when a pre-release was moved to', () => {
    expect(isBetween('2.0rc1', { from: '1.0', to: '2.0rc2' })).toBe(true);
  });
});
