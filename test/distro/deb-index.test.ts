import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRelease } from '../../src/distro/apt-release.ts';
import { createDebIndexReader } from '../../src/distro/deb-index.ts';
import { nativeArchitecture, parseInstalledDebs } from '../../src/distro/deb-installed.ts';
import { isInRange, parseRelations } from '../../src/distro/deb-relation.ts';

function read(text: string, cuts: readonly number[] = []) {
  const reader = createDebIndexReader();
  const bytes = Buffer.from(text);
  let at = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    const end = Math.min(Math.max(cut, at), bytes.length);
    reader.write(bytes.subarray(at, end));
    at = end;
  }
  reader.write(bytes.subarray(at));
  return reader.end();
}

const TEXT = `Package: a
Version: 1:2-3
Architecture: amd64
Maintainer: Jörg <j@example.org>
Depends: b (>= 1),
 c | d
Description: something
 .
 Package: not-a-package
Multi-Arch: same
Phased-Update-Percentage: 30
Source: src (2-3)

Package: b
Version: 1
Architecture: all


Package: a
Version: 2
Architecture: i386
Essential: yes
`;

describe('a Packages index', () => {
  it('has what a decision needs, by name', () => {
    const index = read(TEXT);
    expect(index.size).toBe(3);
    expect(index.find('not-a-package')).toEqual([]);
    expect(index.find('constructor')).toEqual([]);
    expect(index.find('a')).toMatchObject([
      {
        version: '1:2-3',
        arch: 'amd64',
        source: 'src',
        sourceVersion: '2-3',
        multiArch: 'same',
        phased: 30,
        depends: 'b (>= 1),\nc | d',
        essential: false,
      },
      { version: '2', arch: 'i386', essential: true, phased: null },
    ]);
  });

  it('is the same however its bytes come', () => {
    const whole = read(TEXT);
    fc.assert(
      fc.property(fc.array(fc.nat(TEXT.length)), fc.boolean(), (cuts, windows) => {
        const text = windows ? TEXT.replaceAll('\n', '\r\n') : TEXT;
        const cut = read(text, cuts);
        for (const name of ['a', 'b']) expect(cut.find(name)).toEqual(whole.find(name));
      }),
    );
  });

  it('refuses what is past its limits', () => {
    const small = createDebIndexReader({ packages: 2, keptBytes: 1000 });
    expect(() => {
      small.write(Buffer.from(TEXT));
      small.end();
    }).toThrow('too many packages');
    const endless = createDebIndexReader();
    const line = Buffer.from('x'.repeat(1024 * 1024));
    expect(() => {
      for (let count = 0; count < 10; count += 1) endless.write(line);
    }).toThrow('without end');
  });
});

describe('relations', () => {
  it.each([
    ['a', [[['a', null, null, '']]]],
    [
      'a (>= 1), b | c:any (<<2)',
      [
        [['a', null, '>=', '1']],
        [
          ['b', null, null, ''],
          ['c', 'any', '<<', '2'],
        ],
      ],
    ],
    ['a (< 1), b(> 2), c (1)', [[['a', null, '<=', '1']], [['b', null, '>=', '2']], [['c', null, '=', '1']]]],
    ['', []],
    ['a (>= 1', []],
    [' , a,', [[['a', null, null, '']]]],
  ])('%s', (text, expected) => {
    const found = parseRelations(text).map((clause) =>
      clause.map(({ name, arch, operator, version }) => [name, arch, operator, version]),
    );
    expect(found).toEqual(expected);
  });

  it.each([
    ['', '', true],
    ['', '(>= 1)', false],
    ['1~rc', '(<< 1)', true],
    ['1', '(<= 1)', true],
    ['1', '(>> 1)', false],
    ['0:1', '(= 1)', true],
  ])('%s is in %s: %s', (version, range, expected) => {
    const [[target] = []] = parseRelations(`a ${range}`);
    expect(target !== undefined && isInRange(version, target)).toBe(expected);
  });
});

it('reads holds and states of installed packages', () => {
  const states = [
    'install ok installed',
    'hold ok installed',
    'deinstall ok config-files',
    'install ok half-configured',
    'install reinstreq half-installed',
  ];
  const text = states
    .map(
      (state, index) =>
        `Package: p${index}\nStatus: ${state}\nVersion: 1\nArchitecture: ${index === 1 ? 'all' : 'arm64'}\n`,
    )
    .join('\n');
  const { packages, odd } = parseInstalledDebs(
    `${text}\nPackage: odd\nStatus: install ok installed\nVersion: 1\n`,
  );
  expect(packages.map(({ name, hold, configured }) => [name, hold, configured])).toEqual([
    ['p0', false, true],
    ['p1', true, true],
    ['p3', false, false],
  ]);
  expect(odd).toBe(1);
  expect(nativeArchitecture(packages)).toBe('arm64');
});

describe('a Release file', () => {
  const text = `Origin: Debian
Suite: stable
Codename: bookworm
Date: Mon, 23 Nov 2026 11:22:37 UTC
Valid-Until: Mon, 30 Nov 2026 11:22:37 UTC
Acquire-By-Hash: yes
NotAutomatic: yes
Architectures: all amd64
SHA256:
 ${'a'.repeat(64)} 12 main/binary-amd64/Packages
 nonsense
`;
  it('is read', () => {
    expect(parseRelease(text)).toMatchObject({
      suite: 'stable',
      date: Date.UTC(2026, 10, 23, 11, 22, 37),
      validUntil: Date.UTC(2026, 10, 30, 11, 22, 37),
      byHash: true,
      notAutomatic: true,
      butAutomaticUpgrades: false,
      hasIndexForAll: true,
      files: new Map([['main/binary-amd64/Packages', { sha256: 'a'.repeat(64), size: 12 }]]),
    });
  });

  it.each(['', 'Suite: a\n', '<html>'])('that is none: %j', (none) => {
    expect(parseRelease(none)).toBe(null);
  });
});
