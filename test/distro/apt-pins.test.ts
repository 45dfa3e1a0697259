import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAptSettings } from '../../src/distro/apt-config.ts';
import { matchesGlob } from '../../src/distro/apt-glob.ts';
import { pinMatchesFile, readPins, type Pin } from '../../src/distro/apt-preferences.ts';

function files(texts: Readonly<Record<string, string>>) {
  return new Map(Object.entries(texts).map(([path, text]) => [path, Buffer.from(text)]));
}

describe('a glob', () => {
  it.each([
    ['*', '', true],
    ['a*c', 'abbbc', true],
    ['a*c', 'abbbd', false],
    ['A?', 'ab', true],
    ['[a-c]x', 'bx', true],
    ['[!a-c]x', 'bx', false],
    ['[', '[', true],
    ['\\*', '*', true],
    ['\\*', 'a', false],
    ['1.*', '1.2-3', true],
  ])('%s on %s: %s', (pattern, text, expected) => {
    expect(matchesGlob(pattern, text)).toBe(expected);
  });

  it('takes no time, whatever it is', () => {
    expect(matchesGlob('*a'.repeat(200), 'a'.repeat(2000) + 'b')).toBe(false);
  });

  it('matches itself without marks', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[a-z0-9.+-]*$/u), (text) => {
        expect(matchesGlob(text, text.toUpperCase())).toBe(true);
      }),
    );
  });
});

describe('preferences', () => {
  it('are read in order, with what cannot be used left out', () => {
    const text = `Explanation: why
Package: a b
Pin: release n=sid
Pin-Priority: 10

# comment
Package: *
Pin: origin "x.example"
Pin-Priority: never

Package: *
Pin: version 1
Pin-Priority: 5

Package: /^x/
Pin: version 1
Pin-Priority: 5

Package: c
Pin: version 1
Pin-Priority: 0
`;
    const { pins, notes } = readPins(
      files({
        'etc/apt/preferences.d/z': text,
        'etc/apt/preferences.d/z.bak': text,
        'etc/apt/preferences': '',
      }),
    );
    expect(
      pins.map(({ package: name, type, data, priority }) => `${name} ${type} ${data} ${priority}`),
    ).toEqual(['a release n=sid 10', 'b release n=sid 10', '* origin "x.example" -32768']);
    expect(notes).toEqual(['etc/apt/preferences.d/z: a pin by regular expression was left out.']);
  });

  const file = {
    site: 'a.example',
    archive: 'stable',
    codename: 'bookworm',
    version: '12',
    origin: 'Debian',
    label: 'Debian-Security',
    component: 'main',
    architecture: 'amd64',
  };
  it.each([
    ['release', 'a=stable', true],
    ['release', 'n=bookworm, l=Debian*', true],
    ['release', 'n=bookworm, l=Ubuntu', false],
    ['release', 'o=debian', true],
    ['release', 'v=12', true],
    ['release', 'v=1*', true],
    ['release', '12', true],
    ['release', 'bookworm', true],
    ['release', 'x=1', false],
    ['release', '*', true],
    ['origin', '"a.example"', true],
    ['origin', 'b.example', false],
  ] as const)('%s %s: %s', (type, data, expected) => {
    const pin: Pin = { package: '*', type, data, priority: 1 };
    expect(pinMatchesFile(pin, file)).toBe(expected);
  });
});

describe('apt.conf', () => {
  it.each([
    ['', { installRecommends: true, includePhased: null, defaultRelease: '' }],
    ['APT::Install-Recommends "0";', { installRecommends: false }],
    [
      'APT { Install-Recommends "false"; Default-Release "sid"; };',
      { installRecommends: false, defaultRelease: 'sid' },
    ],
    ['apt::install-recommends no; // why', { installRecommends: false }],
    ['// APT::Install-Recommends "0";\n# APT::Install-Recommends "0";', { installRecommends: true }],
    ['APT::Get::Always-Include-Phased-Updates true;', { includePhased: true }],
    ['Update-Manager::Never-Include-Phased-Updates "1";', { includePhased: false }],
    ['APT::Architectures { "amd64"; "i386"; };', { architectures: ['amd64', 'i386'] }],
  ])('%s', (text, expected) => {
    expect(readAptSettings(files({ 'etc/apt/apt.conf.d/1': text }))).toMatchObject(expected);
  });

  it('has its last word in apt.conf', () => {
    const texts = {
      'etc/apt/apt.conf.d/1': 'APT::Install-Recommends "0";',
      'etc/apt/apt.conf': 'APT::Install-Recommends "1";',
    };
    expect(readAptSettings(files(texts)).installRecommends).toBe(true);
  });
});
