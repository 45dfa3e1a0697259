import { describe, expect, it } from 'vitest';
import { parseExplicit, parseUnified } from '../../../src/locks/conda/parse.ts';
import { readExplicitHead } from '../../../src/locks/conda/explicit-file.ts';
import { pipFileVersion } from '../../../src/locks/conda/pip-file.ts';
import { LockSyntaxError } from '../../../src/locks/ecosystem.ts';
import { explicitOf, lockOf, SHA256 } from './fixtures.ts';

const NOTHING = { conda: new Set<string>(), pip: new Set<string>() };

describe('a unified lock', () => {
  const text = lockOf({
    platforms: ['linux-64', 'osx-arm64'],
    entries: [
      { name: '_libgcc_mutex', version: '0.1', build: 'conda_forge' },
      { name: 'python', version: '3.11.9', needs: { _libgcc_mutex: '0.1', __glibc: '>=2.17' } },
      { name: 'numpy', needs: { python: '>=3.11' }, category: 'dev' },
      { name: 'numpy', needs: { python: '>=3.11' }, category: 'docs' },
      { name: 'python', version: '3.11.8', platform: 'osx-arm64' },
      { name: 'ruamel.yaml', needs: { python: '*' } },
      {
        name: 'Flask',
        manager: 'pip',
        needs: { Ruamel_Yaml: '*', numpy: '*', click: '>=8' },
        url: 'https://files.pythonhosted.org/packages/1/flask-1.0-py3-none-any.whl',
      },
      {
        name: 'click',
        manager: 'pip',
        version: '8.1.7',
        url: 'https://x.example.com/p/click-8.1.7-py3-none-any.whl',
      },
      { name: 'bwa', url: 'https://conda.anaconda.org/bioconda/linux-64/bwa-1.0-h1_2.tar.bz2' },
      { name: 'own', url: 'https://user:pw@conda.example.com/t/tk-1/team/linux-64/own-1.0-0.conda' },
    ],
  });
  const { packages } = parseUnified('conda-lock.yml', text, {
    conda: new Set(['python', 'numpy']),
    pip: new Set(['flask']),
  });
  const of = (name: string, platform = 'linux-64') =>
    packages.find((one) => one.name === name && one.conda?.platform === platform);

  it('has an entry for each platform, with build and channel', () => {
    expect(of('python')).toEqual({
      name: 'python',
      version: '3.11.9',
      source: null,
      hashes: ['md5:0123456789abcdef0123456789abcdef', `sha256:${SHA256}`],
      direct: true,
      via: ['numpy', 'ruamel.yaml'],
      groups: ['main'],
      conda: { platform: 'linux-64', manager: 'conda', build: 'h0_0', channel: 'conda-forge' },
    });
    expect(of('python', 'osx-arm64')).toMatchObject({ version: '3.11.8', via: [] });
  });

  it('puts the categories of an entry together', () => {
    expect(packages.filter(({ name }) => name === 'numpy')).toHaveLength(1);
    expect(of('numpy')).toMatchObject({ groups: ['dev', 'docs'], direct: true, via: ['flask'] });
  });

  it('knows what pip brings, and what pip packages want of conda', () => {
    expect(of('flask')).toMatchObject({
      direct: true,
      source: null,
      conda: { manager: 'pip', build: null, channel: null },
    });
    expect(of('click')).toMatchObject({ direct: false, via: ['flask'], source: 'https://x.example.com' });
    expect(of('ruamel.yaml')).toMatchObject({ via: [] });
  });

  it('names unusual channels, without credentials', () => {
    expect(of('bwa')).toMatchObject({ source: 'bioconda', conda: { build: 'h1_2', channel: 'bioconda' } });
    expect(of('own')).toMatchObject({ source: 'https://conda.example.com/team' });
  });

  it('names the address of a package that is asked for by it', () => {
    const direct = text.replace(
      '  category: main\n  optional: false\n- name: click',
      '  source:\n    type: url\n    url: https://x/flask.zip\n  category: main\n  optional: false\n- name: click',
    );
    const read = parseUnified('l', direct, NOTHING).packages.find(({ name }) => name === 'flask');
    expect(read?.source).toBe('https://x/flask.zip');
  });

  it.each([
    ['no lock', 'a: b\n', /no `metadata`/u],
    ['another format', lockOf().replace('version: 1', 'version: 2'), /its format is 2/u],
    ['a package without a name', lockOf().replace('- name: numpy', '- nom: numpy'), /package 2 has no name/u],
  ])('%s is refused', (_what, wrong, message) => {
    expect(() => parseUnified('l.yml', wrong, NOTHING)).toThrow(LockSyntaxError);
    expect(() => parseUnified('l.yml', wrong, NOTHING)).toThrow(message);
  });
});

describe('an explicit lock', () => {
  const head = { form: 'explicit', platform: 'linux-64' } as const;

  it('tells name, version and build by the file', () => {
    const text = `${explicitOf(['scikit-learn-1.5.0-py311h1_0'])}# pip click @ https://x/click-8.1.7-py3-none-any.whl#sha256=${SHA256}\n# pip own @ git+https://x/own@abc\n`;
    expect(parseExplicit('l', text, head, { ...NOTHING, conda: new Set(['scikit-learn']) }).packages).toEqual(
      [
        {
          name: 'scikit-learn',
          version: '1.5.0',
          source: null,
          hashes: ['md5:0123456789abcdef0123456789abcdef'],
          direct: true,
          via: [],
          groups: [],
          conda: { platform: 'linux-64', manager: 'conda', build: 'py311h1_0', channel: 'conda-forge' },
        },
        expect.objectContaining({
          name: 'click',
          version: '8.1.7',
          source: 'https://x',
          hashes: [`sha256:${SHA256}`],
        }),
        expect.objectContaining({ name: 'own', version: null, source: 'git+https://x/own@abc' }),
      ],
    );
  });

  it.each([
    ['a word', `${explicitOf()}numpy\n`, /l:7: `numpy` is no address/u],
    ['no mark', '# Generated by conda-lock.\n', /no line `@EXPLICIT`/u],
    ['an address before the mark', 'https://x/linux-64/a-1-0.conda\n@EXPLICIT\n', /l:1/u],
  ])('%s is refused', (_what, wrong, message) => {
    expect(() => parseExplicit('l', wrong, head, NOTHING)).toThrow(message);
  });

  it.each([
    ['made by conda-lock', explicitOf(), { form: 'explicit', by: 'conda-lock', platform: 'linux-64' }],
    [
      'made by conda',
      '# This file may be used to create an environment\n@EXPLICIT\nhttps://x\n',
      { form: 'explicit', by: null },
    ],
    [
      'an environment',
      '# Generated by conda-lock.\n# platform: win-64\n\ndependencies:\n',
      { form: 'env', platform: 'win-64' },
    ],
    ['a source', 'dependencies:\n  - python\n', null],
    ['a comment', '# @EXPLICIT\n', null],
  ])('is known by its head: %s', (_what, text, head) => {
    const read = readExplicitHead(text);
    expect([read]).toMatchObject([head]);
  });
});

it('reads the environment file that conda-lock writes', () => {
  const text = `# Generated by conda-lock.\n# platform: linux-64\n# input_hash: ${SHA256}\n\nchannels:\n  - conda-forge\ndependencies:\n  - python=3.11.9=h1_0\n  - pip:\n      - click == 8.1.7 --hash=sha256:${SHA256}\n`;
  const { packages } = parseExplicit('l', text, { form: 'env', platform: 'linux-64' }, NOTHING);
  expect(packages).toMatchObject([
    { name: 'python', version: '3.11.9', conda: { build: 'h1_0', channel: null } },
    { name: 'click', version: '8.1.7', hashes: [`sha256:${SHA256}`] },
  ]);
});

it.each([
  ['https://x/a_b-1.0.post1-py3-none-any.whl#sha256=0', '1.0.post1'],
  ['https://x/a-b-2.0.tar.gz?x', '2.0'],
  ['https://x/main.zip', null],
  ['https://x/repo-main.zip', null],
  ['git+https://x/y', null],
])('%s is of version %j', (url, version) => {
  expect(pipFileVersion(url)).toBe(version);
});
