import { describe, expect, it } from 'vitest';
import { readCondaOptions } from '../../../src/locks/conda/options.ts';
import { treeOf } from '../../support/drive-lock.ts';

const TREE = treeOf({ 'env/virtual.yml': '', 'md.yml': '', 'env/names.json': '' });

describe('options of the policy', () => {
  it('are passed on, but for what is passed elsewhere', () => {
    const words =
      '-p linux-64 --channel=conda-forge -e docs --filter-extras --no-dev-dependencies --with-cuda 12.4 ' +
      '--virtual-package-spec virtual.yml --mdy ../md.yml --log-level DEBUG --pypi_to_conda_lookup_file names.json ' +
      '--update numpy';
    const args =
      '--extras docs --filter-categories --no-dev-dependencies --with-cuda 12.4 --metadata-yaml ../md.yml ' +
      '--pypi_to_conda_lookup_file names.json';
    expect(readCondaOptions(TREE, words.split(' '), 'env')).toEqual({
      args: args.split(' '),
      platforms: ['linux-64'],
      channels: ['conda-forge'],
      hasLookup: true,
      virtualPackages: 'virtual.yml',
      inputs: ['env/virtual.yml', 'md.yml', 'env/names.json'],
      notes: ['`options` in .github/relock.toml: `--update` is left out: a re-lock moves every package.'],
    });
  });

  it.each([
    [['--conda', '/bin/sh'], 'option-refused'],
    [['--micromamba'], 'option-refused'],
    [['--pdb'], 'option-refused'],
    [['-f', 'x.yml'], 'option-refused'],
    [['--virtual-package-spec', '../../x.yml'], 'option-refused'],
    [['--virtual-package-spec', '/etc/passwd'], 'option-refused'],
    [['--mdy', 'missing.yml'], 'option-refused'],
    [['--pypi_to_conda_lookup_file', 'https://x/y.json'], 'option-refused'],
    [['-c', 'file:///etc'], 'option-refused'],
    [['-p', '--help'], 'option-refused'],
    [['-e', '$(x)'], 'option-refused'],
    [['--with-cuda', 'x'], 'option-refused'],
    [['--md', 'git_user_email'], 'option-refused'],
    [['numpy'], 'option-refused'],
    [['--wibble'], 'header-not-understood'],
    [['-e'], 'header-not-understood'],
  ])('%j is refused', (words, code) => {
    expect(readCondaOptions(TREE, words, 'env')).toMatchObject({ code });
  });
});
