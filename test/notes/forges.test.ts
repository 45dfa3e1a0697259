import { describe, expect, it } from 'vitest';
import { changelogIn, FORGES, repositoryIn } from '../../src/notes/forges.ts';

const url = (address: string, label = 'Source') => [{ label, url: address }];

describe('the repository of a package', () => {
  it.each([
    ['https://github.com/acme/x', 'github.com', 'acme/x'],
    ['http://www.github.com/acme/x.git', 'github.com', 'acme/x'],
    ['git+https://github.com/acme/x', 'github.com', 'acme/x'],
    ['https://github.com/acme/x/issues', 'github.com', 'acme/x'],
    ['https://gitlab.com/group/sub/x/-/issues', 'gitlab.com', 'group/sub/x'],
    ['https://codeberg.org/acme/x', 'codeberg.org', 'acme/x'],
  ])('%s', (address, host, path) => {
    expect(repositoryIn(url(address))).toEqual({ host, path });
  });

  it.each([
    'https://github.com/sponsors/acme',
    'https://github.com/acme',
    'https://github.com.evil.test/acme/x',
    'https://evil.test/github.com/acme/x',
    'ssh://git@github.com/acme/x',
    'https://github.com/acme/..',
    'https://github.com/acme/%2e%2e%2fx',
    'not an address',
  ])('%s is none', (address) => {
    expect(repositoryIn(url(address))).toBeNull();
  });

  it('is what the best label says', () => {
    const urls = [
      ...url('https://github.com/sponsor-tool/y', 'Funding'),
      ...url('https://github.com/acme/docs', 'Homepage'),
      ...url('https://github.com/acme/x', 'Source Code'),
    ];
    expect(repositoryIn(urls)?.path).toBe('acme/x');
  });
});

describe('the changelog file', () => {
  const repository = { host: 'github.com', path: 'acme/x' } as const;

  it.each([
    ['https://github.com/acme/x/blob/main/CHANGES.rst', 'CHANGES.rst'],
    ['https://github.com/Acme/X/blob/v1.2/docs/history.md#1.2', 'docs/history.md'],
    ['https://github.com/acme/x/raw/main/NEWS', 'NEWS'],
  ])('%s', (address, file) => {
    expect(changelogIn(url(address, 'Changelog'), repository)).toEqual({ file });
  });

  it.each([
    'https://github.com/acme/x/releases',
    'https://github.com/acme/other/blob/main/CHANGES.rst',
    'https://github.com/acme/x/blob/main/../secret.md',
    'https://github.com/acme/x/blob/main/%2e%2e/%2e%2e/x.md',
    'https://github.com/acme/x/blob/main/setup.py',
    'https://docs.test/blob/main/CHANGES.rst',
  ])('%s is none', (address) => {
    expect(changelogIn(url(address, 'Changelog'), repository)).toBeNull();
  });
});

it('addresses hold what is foreign as one part of a path', () => {
  expect(FORGES['github.com'].raw('a/b', 'v1?x#y', 'docs/c d.md')).toBe(
    'https://raw.githubusercontent.com/a/b/v1%3Fx%23y/docs/c%20d.md',
  );
  expect(FORGES['gitlab.com'].releases('g/s/x', 2)).toBe(
    'https://gitlab.com/api/v4/projects/g%2Fs%2Fx/releases?per_page=100&page=2',
  );
  expect(FORGES['github.com'].compare('a/b', 'v1', 'pkg/v2')).toBe(
    'https://github.com/a/b/compare/v1...pkg%2Fv2',
  );
});
