import { describe, expect, it } from 'vitest';
import { NO_POLICY } from '../../../src/config/defaults.ts';
import type { LockPolicy } from '../../../src/config/policy.ts';
import { condaEcosystem } from '../../../src/locks/conda/ecosystem.ts';
import { treeOf } from '../../support/drive-lock.ts';
import { detectorOf } from '../../support/one-lock.ts';
import { ENVIRONMENT, explicitOf, HASH, lockOf } from './fixtures.ts';

const { detect, only } = detectorOf(condaEcosystem);

function policyOf(...locks: readonly LockPolicy[]) {
  return { ...NO_POLICY, locks };
}

describe('a unified lock', () => {
  it.each([
    'conda-lock.yml',
    'dev.conda-lock.yml',
    'env/conda-lock.yaml',
    'foo.lock.yaml',
    'environments/anything.yml',
  ])('is known by what is in it: %s', (path) => {
    const folder = path.includes('/') ? path.slice(0, path.lastIndexOf('/') + 1) : '';
    const { target } = only({ [path]: lockOf(), [`${folder}environment.yml`]: ENVIRONMENT });
    expect(target).toMatchObject({ path, kind: 'conda-lock', writes: [path], python: { version: null } });
  });

  it('is made for all its platforms from all its sources, where it lies', () => {
    const { target } = only({
      'env/conda-lock.yml': lockOf({
        platforms: ['linux-64', 'osx-arm64'],
        sources: ['../environment.yml', 'dev.yml'],
      }),
      'environment.yml': ENVIRONMENT,
      'env/dev.yml': ENVIRONMENT.replace('conda-forge', 'bioconda'),
    });
    expect(target.command).toEqual(
      'conda-lock lock -f ../environment.yml -f dev.yml -p linux-64 -p osx-arm64 --lockfile conda-lock.yml'.split(
        ' ',
      ),
    );
    expect(target).toMatchObject({
      cwd: 'env',
      manifests: ['environment.yml', 'env/dev.yml'],
      inputs: ['environment.yml', 'env/dev.yml'],
      remotes: [
        { url: 'https://conda.anaconda.org/conda-forge', purpose: 'channel', namedIn: 'environment.yml:3' },
        { url: 'https://conda.anaconda.org/bioconda', purpose: 'channel', namedIn: 'env/dev.yml:3' },
      ],
      notes: [],
    });
  });

  it('finds a source that another machine wrote down by its whole path', () => {
    const { target } = only({
      'a/conda-lock.yml': lockOf({ sources: ['/home/runner/work/x/x/b/environment.yml'] }),
      'b/environment.yml': ENVIRONMENT,
    });
    expect(target.manifests).toEqual(['b/environment.yml']);
  });

  it('keeps channels that no source names, and virtual packages', () => {
    const { target } = only({
      'conda-lock.yml': lockOf({ channels: ['bioconda', 'conda-forge'] }),
      'environment.yml': 'dependencies: [python]\n',
      'virtual-packages.yml': 'subdirs: {}\n',
    });
    expect(target.command.join(' ')).toContain(
      '-c bioconda -c conda-forge --virtual-package-spec virtual-packages.yml',
    );
    expect(target.inputs).toContain('virtual-packages.yml');
    expect(target.remotes.map(({ url }) => url)).toEqual([
      'https://conda.anaconda.org/bioconda',
      'https://conda.anaconda.org/conda-forge',
    ]);
  });

  it('may fetch the list of names when pip packages are asked for, and can do without', () => {
    const { target } = only({
      'conda-lock.yml': lockOf(),
      'environment.yml': `${ENVIRONMENT}  - pip:\n    - flask\n`,
    });
    expect(target.remotes.at(-1)).toMatchObject({ purpose: 'url', optional: true });
  });

  it('keeps its platforms, and says when the sources name others', () => {
    const { target } = only({
      'conda-lock.yml': lockOf(),
      'environment.yml': `platforms: [linux-64, win-64]\n${ENVIRONMENT}`,
    });
    expect(target.command.join(' ')).toContain('-p linux-64 --lockfile');
    expect(target.notes).toEqual([expect.stringContaining('its sources name win-64 too')]);
  });

  it('follows the policy: version, inputs, options', () => {
    const policy = policyOf({
      path: 'conda-lock.yml',
      toolVersion: '2.5.7',
      inputs: ['env/a.yml'],
      options: ['-p', 'win-64', '-c', 'bioconda', '-e', 'docs', '--with-cuda', '12.4'],
    });
    const { target } = only({ 'conda-lock.yml': lockOf(), 'env/a.yml': ENVIRONMENT }, policy);
    expect(target.tool).toMatchObject({ name: 'conda-lock', version: '2.5.7' });
    expect(target.command).toEqual(
      'conda-lock lock -f env/a.yml -p win-64 -c bioconda --extras docs --with-cuda 12.4 --lockfile conda-lock.yml'.split(
        ' ',
      ),
    );
  });

  it('tells that credentials in channels are not for lockers', () => {
    const channel = 'https://conda.example.com/t/$TOKEN/team';
    const { target } = only({
      'conda-lock.yml': lockOf(),
      'environment.yml': ENVIRONMENT.replace('conda-forge', channel),
    });
    expect(target.remotes[0]?.url).toBe('https://conda.example.com/team');
    expect(target.notes).toEqual([expect.stringContaining('`TOKEN`')]);
  });

  it.each([
    ['no source', { 'conda-lock.yml': lockOf() }, 'missing-input'],
    ['a source outside', { 'conda-lock.yml': lockOf({ sources: ['../../x.yml'] }) }, 'missing-input'],
    [
      'no sources',
      { 'conda-lock.yml': lockOf({ sources: [] }), 'environment.yml': ENVIRONMENT },
      'missing-input',
    ],
    ['a broken source', { 'conda-lock.yml': lockOf(), 'environment.yml': 'a: [' }, 'manifest-unreadable'],
    [
      'a conflict',
      { 'conda-lock.yml': `<<<<<<< a\n${lockOf()}`, 'environment.yml': ENVIRONMENT },
      'lock-unreadable',
    ],
    ['its name alone', { 'conda-lock.yml': 'a: b\n' }, 'lock-unreadable'],
    [
      'a broken list',
      { 'conda-lock.yml': `${lockOf()}- [\n`, 'environment.yml': ENVIRONMENT },
      'lock-unreadable',
    ],
    [
      'a platform that is an option',
      { 'conda-lock.yml': lockOf({ platforms: ['--help'] }), 'environment.yml': ENVIRONMENT },
      'lock-unreadable',
    ],
  ])('is left alone with %s', (_what, files, code) => {
    const { locks, skips } = detect(files);
    expect(locks).toEqual([]);
    expect(skips).toMatchObject([{ path: 'conda-lock.yml', kind: 'conda-lock', reason: { code } }]);
  });

  it('is made anew although conda-lock itself could not read it back', () => {
    const metadata = `  inputs_metadata:\n    environment.yml:\n      sha256: ${HASH}\n  git_metadata:\n    git_sha: ${HASH}\n`;
    const { target } = only({ 'conda-lock.yml': lockOf({ metadata }), 'environment.yml': ENVIRONMENT });
    expect(target.command.join(' ')).toContain('--md input_sha --lockfile');
    expect(target.notes).toEqual([expect.stringContaining('records the commit and author')]);
  });
});

describe('explicit locks beside a unified one', () => {
  const FILES = { 'conda-lock.yml': lockOf(), 'environment.yml': ENVIRONMENT };

  it('are rendered from it', () => {
    const { target } = only({
      ...FILES,
      'conda-linux-64.lock': explicitOf(),
      'conda-linux-64.lock.yml': `# Generated by conda-lock.\n# platform: linux-64\n# input_hash: ${HASH}\n\nchannels:\n  - conda-forge\ndependencies:\n  - python=3.11.9=h1_0\n`,
    });
    expect(target.writes).toEqual(['conda-lock.yml', 'conda-linux-64.lock', 'conda-linux-64.lock.yml']);
    expect(target.notes).toEqual([
      'conda-linux-64.lock is rendered from it.',
      'conda-linux-64.lock.yml is rendered from it.',
    ]);
  });

  it('are told when they were of something else', () => {
    const { target } = only({ ...FILES, 'conda-linux-64.lock': explicitOf(undefined, 'a'.repeat(64)) });
    expect(target.notes).toEqual([expect.stringContaining('made from something else before')]);
  });

  it('are found in another folder by their hash, and not without', () => {
    const { target } = only({ ...FILES, 'docker/linux.lock': explicitOf() });
    expect(target.writes).toEqual(['conda-lock.yml', 'docker/linux.lock']);
    const { skips } = detect({ ...FILES, 'docker/linux.lock': explicitOf(undefined, 'a'.repeat(64)) });
    expect(skips).toMatchObject([{ path: 'docker/linux.lock', reason: { code: 'missing-input' } }]);
  });

  it('stay as they are when the policy says so', () => {
    const policy = policyOf({ path: '*.lock', enabled: false });
    const { locks } = detect({ ...FILES, 'conda-linux-64.lock': explicitOf() }, policy);
    expect(locks.find(({ target }) => target.path === 'conda-lock.yml')?.target.writes).toEqual([
      'conda-lock.yml',
    ]);
  });

  it('are left alone with it', () => {
    const { locks, skips } = detect({ 'conda-lock.yml': lockOf(), 'conda-linux-64.lock': explicitOf() });
    expect(locks).toEqual([]);
    expect(skips.map(({ path }) => path)).toEqual(['conda-lock.yml', 'conda-linux-64.lock']);
  });

  it('of a platform that it does not have stand alone', () => {
    const { locks } = detect({ ...FILES, 'conda-win-64.lock': explicitOf(undefined, HASH, 'win-64') });
    expect(locks.map(({ target }) => target.kind)).toEqual(['conda-lock', 'conda-explicit']);
  });
});

describe('an explicit lock alone', () => {
  it('is made from the environment file beside it', () => {
    const { target } = only({ 'a/conda-linux-64.lock': explicitOf(), 'a/environment.yml': ENVIRONMENT });
    expect(target).toMatchObject({
      kind: 'conda-explicit',
      cwd: 'a',
      manifests: ['a/environment.yml'],
      command:
        'conda-lock lock -f environment.yml -p linux-64 -k explicit --filename-template conda-linux-64.lock'.split(
          ' ',
        ),
      notes: [expect.stringContaining('a/environment.yml lies beside it, and was taken')],
    });
  });

  it('is made from the one of several that fits', () => {
    const { target } = only({
      'conda-linux-64.lock': explicitOf(),
      'environment.yml': ENVIRONMENT,
      'environment-dev.yml': `${ENVIRONMENT}  - pytest\n`,
    });
    expect(target.manifests).toEqual(['environment.yml']);
  });

  it.each([
    ['nothing beside it', {}, 'missing-input'],
    [
      'two that fit',
      { 'environment.yml': ENVIRONMENT, 'env.yml': 'dependencies: [python]\n' },
      'ambiguous-manifest',
    ],
    ['a project that is none of conda', { 'pyproject.toml': '[project]\nname = "x"\n' }, 'missing-input'],
  ])('is left alone with %s', (_what, files, code) => {
    const { skips } = detect({ 'conda-linux-64.lock': explicitOf(), ...files });
    expect(skips).toMatchObject([
      { kind: 'conda-explicit', reason: { code, fix: expect.stringContaining('`inputs`') } },
    ]);
  });

  it('is made from what the policy names', () => {
    const policy = policyOf({ path: '**', inputs: ['a.yml', 'base/environment.yml'] });
    const files = {
      'conda-linux-64.lock': explicitOf(),
      'a.yml': ENVIRONMENT,
      'base/environment.yml': ENVIRONMENT,
    };
    expect(only(files, policy).target.manifests).toEqual(['a.yml', 'base/environment.yml']);
  });

  it.each([
    [
      'conda',
      '# This file may be used to create an environment using:\n@EXPLICIT\nhttps://x/linux-64/a-1-0.conda\n',
      'unsupported-kind',
    ],
    [
      'nobody who says for what',
      explicitOf()
        .replace(/# platform.*\n/u, '')
        .replaceAll('linux-64', 'noarch'),
      'lock-unreadable',
    ],
    ['a hand that broke it', `${explicitOf()}x\n`, 'lock-unreadable'],
  ])('is left alone when made by %s', (_who, text, code) => {
    const { skips } = detect({ 'spec.txt': text, 'environment.yml': ENVIRONMENT });
    expect(skips).toMatchObject([{ path: 'spec.txt', reason: { code } }]);
  });

  it('is left alone with a name that conda-lock cannot write', () => {
    const { skips } = detect({ 'conda-{x}.lock': explicitOf(), 'environment.yml': ENVIRONMENT });
    expect(skips).toMatchObject([{ reason: { code: 'unsupported-kind' } }]);
  });
});

it('says why a link is left alone', () => {
  const path = 'conda-lock.yml';
  const tree = { paths: [path], files: new Map([[path, { kind: 'symlink' as const }]]) };
  expect(condaEcosystem.detect(tree, NO_POLICY).skips).toMatchObject([{ path, reason: { code: 'symlink' } }]);
});

it('passes over what is of other tools', () => {
  const tree = treeOf({
    'pnpm-lock.yaml': 'lockfileVersion: 9\n',
    'k8s/x.yml': 'metadata:\n  name: x\n',
    'environment.yml': ENVIRONMENT,
    'requirements.txt': 'a==1 # @EXPLICIT\n',
  });
  expect(condaEcosystem.detect(tree, NO_POLICY)).toEqual({ locks: [], skips: [] });
});
