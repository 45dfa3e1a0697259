import { describe, expect, it } from 'vitest';
import { versionOfFile } from '../../src/pypi/file-name.ts';
import { IndexError } from '../../src/pypi/index-error.ts';
import type { IndexFile, SimpleClient } from '../../src/pypi/simple-client.ts';
import { admitsPython, createToolReleases } from '../../src/pypi/tool-releases.ts';

function file(filename: string, more: Partial<IndexFile> = {}): IndexFile {
  return {
    filename,
    url: `https://x/${filename}`,
    hashes: {},
    requiresPython: null,
    uploadTime: null,
    yanked: false,
    hasMetadata: false,
    ...more,
  };
}

const files = [
  file('pip_tools-6.4.0-py3-none-any.whl', { requiresPython: '>=3.6', uploadTime: '2021-10-12T00:00:00Z' }),
  file('pip-tools-6.4.0.tar.gz', { requiresPython: '>=3.6', uploadTime: '2021-10-12T00:05:00Z' }),
  file('pip_tools-6.4.0-cp39-cp39-win32.whl', {
    requiresPython: '>=3.6',
    uploadTime: '2022-12-01T00:00:00Z',
  }),
  file('pip_tools-7.5.2-py3-none-any.whl', { requiresPython: '>=3.8', uploadTime: '2025-11-01T00:00:00Z' }),
  file('pip_tools-7.10.0-py3-none-any.whl', { requiresPython: '>=3.9', uploadTime: '2026-10-07T00:00:00Z' }),
  file('pip_tools-7.11.0-py3-none-any.whl', {
    requiresPython: '>=3.9',
    uploadTime: '2026-11-07T00:00:00Z',
    yanked: '',
  }),
  file('pip_tools-8.0b1-py3-none-any.whl', { requiresPython: '>=3.9', uploadTime: '2026-11-08T00:00:00Z' }),
  file('pip_tools-5.0-py3-none-any.whl'),
  file('other_tools-9.0-py3-none-any.whl'),
  file('pip_tools-9.0.exe'),
];
const client: SimpleClient = {
  project: (name) => Promise.resolve(name === 'pip-tools' ? { name, files } : null),
  metadata: () => Promise.resolve(null),
};

describe('newest', () => {
  it.each([
    ['any Python', null, null, '7.10.0'],
    ['a Python', '3.8', null, '7.5.2'],
    ['a patch of it', '3.8.18', null, '7.5.2'],
    ['an old Python', '3.6', null, '6.4.0'],
    ['a Python that only a file without a word admits', '2.7', null, '5.0'],
    ['a cut-off', null, '2026-10-07T00:00:00Z', '7.5.2'],
    ['a cut-off a second later', null, '2026-10-07T00:00:01Z', '7.10.0'],
    ['a cut-off, where one file is older', '3.9', '2021-10-12T00:01:00Z', '6.4.0'],
    ['a cut-off before all', null, '2020-01-01T00:00:00Z', null],
  ])('with %s', async (_, python, cutoff, version) => {
    expect(await createToolReleases(client, { cutoff }).newest('pip-tools', python)).toBe(version);
  });

  it('is null for what the index does not have, and when it cannot be asked', async () => {
    expect(await createToolReleases(client, { cutoff: null }).newest('poetry', null)).toBeNull();
    const project = () => Promise.reject(new IndexError('index-unreachable', 'https://x', null, 'down'));
    const down = createToolReleases({ ...client, project }, { cutoff: null });
    expect(await down.newest('poetry', null)).toBeNull();
    expect(await down.uploadTime('poetry', '1.0')).toBeNull();
  });
});

describe('one release', () => {
  const releases = createToolReleases(client, { cutoff: null });

  it('has the time of its release, not of a file that came a year later', async () => {
    expect(await releases.uploadTime('pip-tools', '6.4')).toBe('2021-10-12T00:05:00Z');
    expect(await releases.uploadTime('pip-tools', '5.0')).toBeNull();
    expect(await releases.uploadTime('pip-tools', '1.0')).toBeNull();
    expect(await releases.uploadTime('pip-tools', 'not a version')).toBeNull();
  });

  it('has its Requires-Python', async () => {
    expect(await releases.requiresPython('pip-tools', '7.5.2')).toBe('>=3.8');
    expect(await releases.requiresPython('pip-tools', '5.0')).toBeNull();
  });
});

describe('admitsPython', () => {
  it.each([
    [null, '3.9', true],
    ['', '3.9', true],
    ['>=3.10', null, true],
    ['>=3.9,<4.0', '3.9', true],
    ['>=3.9.1', '3.9', true],
    ['>=3.9.1', '3.9.0', false],
    ['<3.12,>=3.8', '3.12', false],
    ['>=2.7, !=3.0.*, !=3.1.*', '3.1', false],
    ['>=3.6.*', '3.9', true],
    ['>=3.10.*', '3.9', false],
    ['>=3.9,', '3.9', true],
    ['>=3.10,', '3.9', false],
    ['nonsense', '3.9', true],
    ['>=3.9', 'nonsense', true],
  ])('%s admits %s: %s', (requires, python, admits) => {
    expect(admitsPython(requires, python)).toBe(admits);
  });
});

describe('versionOfFile', () => {
  it.each([
    ['six-1.16.0-py2.py3-none-any.whl', 'six', '1.16.0'],
    ['ruamel.yaml-0.17.4-cp39-cp39-linux_x86_64.whl', 'ruamel-yaml', '0.17.4'],
    ['x-1.0+cu118-1-py3-none-any.whl', 'x', '1.0+cu118'],
    ['python-dateutil-2.8.2.tar.gz', 'python-dateutil', '2.8.2'],
    ['backports.zoneinfo-0.2.1.zip', 'backports-zoneinfo', '0.2.1'],
    ['a-1-2.0.tar.gz', 'a-1', '2.0'],
    ['six-1.16.0.exe', 'six', null],
    ['six-1.16.0-py3.egg', 'six', null],
    ['seven-1.16.0.tar.gz', 'six', null],
    ['six-latest.tar.gz', 'six', null],
    [`${'-'.repeat(100_000)}.tar.gz`, 'six', null],
  ])('%s', (filename, project, version) => {
    expect(versionOfFile(filename, project)).toBe(version);
  });
});
