import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aptFileWanted } from '../../src/distro/apt-files.ts';
import { readAptSources } from '../../src/distro/apt-sources.ts';

function read(texts: Readonly<Record<string, string>>, architectures = ['amd64']) {
  const files = new Map(Object.entries(texts).map(([path, text]) => [path, Buffer.from(text)]));
  return readAptSources(files, architectures);
}

function short(texts: Readonly<Record<string, string>>, architectures?: string[]): readonly string[] {
  return read(texts, architectures).sources.map(
    ({ url, suite, components, architecture, trusted, signedBy, checkValidUntil }) =>
      [
        url,
        suite,
        components.join(','),
        architecture,
        ...(trusted ? ['trusted'] : []),
        ...(checkValidUntil ? [] : ['old']),
        ...signedBy,
      ].join(' '),
  );
}

const LIST = 'etc/apt/sources.list';

describe('a line of sources.list', () => {
  it.each([
    [
      'deb http://a.example/debian bookworm main contrib',
      ['http://a.example/debian bookworm main,contrib amd64'],
    ],
    ['  deb  https://a.example/x/  sid  main # why', ['https://a.example/x sid main amd64']],
    ['deb-src http://a.example bookworm main', []],
    ['# deb http://a.example bookworm main', []],
    ['deb [arch=amd64,i386] http://a.example b main', ['http://a.example b main amd64']],
    ['deb [arch=arm64] http://a.example b main', []],
    [
      'deb [ signed-by=/usr/share/keyrings/a.gpg trusted=yes check-valid-until=no ] http://a.example b main',
      ['http://a.example b main amd64 trusted old /usr/share/keyrings/a.gpg'],
    ],
    ['deb http://a.example ./', ['http://a.example ./  amd64']],
    ['deb http://a.example $(ARCH)/', ['http://a.example amd64/  amd64']],
  ])('%s', (line, expected) => {
    expect(short({ [LIST]: `${line}\n` })).toEqual(expected);
  });

  it.each([
    ['deb cdrom:[Debian_12]/ bookworm main', 'only packages from http and https'],
    ['deb file:/srv/repo ./', 'only packages from http and https'],
    ['deb http://me:hunter2@a.example b main', '//…@a.example'],
    ['deb http://a.example ../../etc/ ', 'the suite ../../etc/ was left out'],
    ['deb http://a.example bookworm', 'the suite bookworm was left out'],
    ['deb http://a.example', 'a line was left out'],
  ])('leaves out %s and says so', (line, note) => {
    const { sources, notes } = read({ [LIST]: line });
    expect(sources).toEqual([]);
    expect(notes.join()).toContain(note);
    expect(notes.join()).not.toContain('hunter2');
  });
});

describe('a .sources file', () => {
  const path = 'etc/apt/sources.list.d/debian.sources';

  it('has every URI, suite and architecture', () => {
    const text = `# comment
Types: deb deb-src
URIs: http://a.example/debian http://b.example/debian
Suites: bookworm bookworm-updates
# between
Components: main
 contrib
Signed-By: /usr/share/keyrings/a.pgp

Types: deb
URIs: http://a.example/security
Suites: bookworm-security
Components: main
Enabled: no

Types: deb-src
URIs: http://a.example/src
Suites: s
Components: main
`;
    expect(short({ [path]: text })).toEqual(
      ['a', 'b'].flatMap((host) =>
        ['bookworm', 'bookworm-updates'].map(
          (suite) => `http://${host}.example/debian ${suite} main,contrib amd64 /usr/share/keyrings/a.pgp`,
        ),
      ),
    );
  });

  it('has a key written into it', () => {
    const text = `Types: deb
URIs: http://a.example
Suites: x
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mDMEY865UxYJ
 -----END PGP PUBLIC KEY BLOCK-----
`;
    expect(read({ [path]: text }).sources[0]?.signedBy).toEqual([
      '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDMEY865UxYJ\n-----END PGP PUBLIC KEY BLOCK-----',
    ]);
  });

  it('counts once what two files name', () => {
    const line = 'deb http://a.example b main';
    const found = short({ [LIST]: line, 'etc/apt/sources.list.d/a.list': `${line} contrib` });
    expect(found).toEqual(['http://a.example b main,contrib amd64']);
  });

  it('is passed over where apt would not read it', () => {
    const line = 'deb http://a.example b main';
    expect(
      short({ 'etc/apt/sources.list.d/a.list.save': line, 'etc/apt/sources.list.d/a b.list': line }),
    ).toEqual([]);
  });
});

it('bounds what a hostile image names', () => {
  const many = Array.from({ length: 90 }, (_, index) => `s${index}`).join(' ');
  const text = `Types: deb\nURIs: ${many.replaceAll('s', 'http://h')}\nSuites: ${many}\nComponents: main\n`;
  const { sources, notes } = read({ 'etc/apt/sources.list.d/a.sources': text });
  expect(sources.length).toBe(400);
  expect(notes.join()).toContain('More than 400');
});

it('never fails on any text', () => {
  fc.assert(
    fc.property(
      fc.string({ unit: fc.constantFrom('deb ', '[', ']', 'http://a ', '\n', ':', 'Types', ' ', '$(ARCH)') }),
      (text) => {
        const { sources } = read({ [LIST]: text, 'etc/apt/sources.list.d/a.sources': text });
        expect(sources.every(({ url }) => url.startsWith('http://a'))).toBe(true);
      },
    ),
  );
});

describe('the files of an image that are wanted', () => {
  it.each([
    ['etc/apt/sources.list', true],
    ['etc/apt/sources.list.d/debian.sources', true],
    ['etc/apt/preferences.d/pin', true],
    ['etc/apt/apt.conf.d/99x', true],
    ['etc/apt/trusted.gpg', true],
    ['etc/apt/trusted.gpg.d/a.asc', true],
    ['etc/apt/keyrings/a.gpg', true],
    ['usr/share/keyrings/a.pgp', true],
    ['etc/machine-id', true],
    ['var/lib/dpkg/arch', true],
    ['etc/apt/auth.conf.d/secret.conf', false],
    ['etc/apt/auth.conf', false],
    ['usr/share/keyrings/sub/a.gpg', false],
    ['etc/passwd', false],
  ])('%s: %s', (path, wanted) => {
    expect(aptFileWanted(path) !== null).toBe(wanted);
  });
});
