import { describe, expect, it } from 'vitest';
import {
  channelName,
  channelUrls,
  readCondaUrl,
  variablesOf,
  whyNotChannel,
} from '../../../src/locks/conda/channels.ts';

it.each([
  ['conda-forge', ['https://conda.anaconda.org/conda-forge']],
  ['conda-forge/label/dev', ['https://conda.anaconda.org/conda-forge/label/dev']],
  ['defaults', ['main', 'r', 'msys2'].map((name) => `https://repo.anaconda.com/pkgs/${name}`)],
  ['r', ['https://repo.anaconda.com/pkgs/r']],
  ['pkgs/main', ['https://repo.anaconda.com/pkgs/main']],
  ['https://user:pw@conda.example.com/t/tk-1/team/', ['https://conda.example.com/team']],
  ['https://conda.example.com/t/$TOKEN/team', ['https://conda.example.com/team']],
  ['nodefaults', []],
  ['./local', []],
  ['a b', []],
])('%s is at %j', (channel, urls) => {
  expect(channelUrls(channel)).toEqual(urls);
});

it.each([
  ['file:///etc'],
  ['/etc'],
  ['~/x'],
  ['..'],
  ['a/../../b'],
  ['C:\\x'],
  ['ftp://x/y'],
  [''],
  ['a\nb'],
])('%j is no channel to be read', (channel) => {
  expect(whyNotChannel(channel)).not.toBeNull();
});

it.each(['conda-forge', 'https://conda.example.com/x', 'pytorch/label/cuda', './channel'])(
  '%s is one',
  (channel) => {
    expect(whyNotChannel(channel)).toBeNull();
  },
);

it('finds the variables of an address', () => {
  expect(variablesOf('https://$USER:${PW}@x/t/${TOKEN}/y')).toEqual(['USER', 'PW', 'TOKEN']);
  expect(variablesOf('conda-forge')).toEqual([]);
});

describe('the address of a package', () => {
  it.each([
    [
      'https://conda.anaconda.org/conda-forge/noarch/python_abi-3.12-8_cp312.conda',
      { name: 'python_abi', version: '3.12', build: '8_cp312', subdir: 'noarch', channel: 'conda-forge' },
    ],
    [
      'https://repo.anaconda.com/pkgs/main/linux-64/ca-certificates-2024.7.2-h06a4308_0.tar.bz2#0',
      { name: 'ca-certificates', version: '2024.7.2', channel: 'pkgs/main' },
    ],
    ['https://u:p@x.example.com/t/tk/a/b/linux-64/n-1-0.conda', { channel: 'https://x.example.com/a/b' }],
  ])('%s', (url, told) => {
    expect(readCondaUrl(url)).toMatchObject(told);
  });

  it.each(['https://x/a.whl', 'https://x/y/z/a.conda', 'a-1-0.conda', ''])('%j tells nothing', (url) => {
    expect(readCondaUrl(url)).toBeNull();
  });
});

it('keeps the bare address of a host as it is', () => {
  expect(channelName('https://conda.anaconda.org/')).toBe('https://conda.anaconda.org/');
});
