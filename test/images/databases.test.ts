import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseApk } from '../../src/images/apk.ts';
import { parseDpkg } from '../../src/images/dpkg.ts';
import { parseOsRelease } from '../../src/images/os-release.ts';
import {
  isPythonHeader,
  isPythonMetadata,
  parsePythonDist,
  parsePythonHeader,
  pythonOfEnvironment,
  pythonsOfPackages,
} from '../../src/images/python-dist.ts';

describe('dpkg', () => {
  it('sources, states, continuation lines, line ends', () => {
    const status = [
      'Package: libc6\r\nStatus: install ok installed\r\nArchitecture: amd64\r\nSource: glibc\r\nVersion: 2.36-9+deb12u9\r\n',
      'Package: bash\nStatus: hold ok half-configured\nArchitecture: amd64\nSource: bash (5.2.15-2)\nVersion: 5.2.15-2+b7\nDescription: a shell\n Package: no\n .\n Version: no\n',
      'Package: gone\nStatus: deinstall ok config-files\nVersion: 1\nArchitecture: all\n',
      'Package: bad name\nStatus: install ok installed\nVersion: 1\nArchitecture: all\n',
      'package: tzdata\nSTATUS: install ok installed\nversion:2025b\nArchitecture: all',
    ].join('\n');
    const place = { kind: 'deb', location: 'var/lib/dpkg/status' };
    expect(parseDpkg(status, 'var/lib/dpkg/status')).toEqual({
      packages: [
        {
          ...place,
          name: 'libc6',
          version: '2.36-9+deb12u9',
          arch: 'amd64',
          source: 'glibc',
          sourceVersion: '2.36-9+deb12u9',
        },
        {
          ...place,
          name: 'bash',
          version: '5.2.15-2+b7',
          arch: 'amd64',
          source: 'bash',
          sourceVersion: '5.2.15-2',
        },
        { ...place, name: 'tzdata', version: '2025b', arch: 'all', source: 'tzdata', sourceVersion: '2025b' },
      ],
      odd: 1,
    });
  });
});

describe('apk', () => {
  it('letters in both cases, packages without end', () => {
    const text =
      'C:Q1x=\nP:busybox\nV:1.37.0-r12\nA:x86_64\no:busybox\np:cmd:sh=1\nv:no\na:0:0:755\nF:bin\nR:busybox\n\n\nP:ssl_client\nV:1.37.0-r12\nA:x86_64\no:busybox\n\nP:novers\n\nP:last\nV:1-r0';
    const read = parseApk(text, 'lib/apk/db/installed');
    expect(read.packages.map((each) => [each.name, each.version, each.arch, each.source])).toEqual([
      ['busybox', '1.37.0-r12', 'x86_64', 'busybox'],
      ['ssl_client', '1.37.0-r12', 'x86_64', 'busybox'],
      ['last', '1-r0', '', 'last'],
    ]);
    expect(read.odd).toBe(1);
  });
});

it.each([
  [
    'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\nVERSION_ID="12"\nVERSION_CODENAME=bookworm\n',
    { id: 'debian', version: '12', name: 'Debian GNU/Linux 12 (bookworm)', codename: 'bookworm' },
  ],
  [
    "NAME='Alpine Linux'\r\nID=alpine\r\nVERSION_ID=3.22.1\r\n# x\r\n",
    { id: 'alpine', version: '3.22.1', name: 'Alpine Linux', codename: '' },
  ],
  [
    'ID="rhel"\nNAME="a \\"b\\" \\$c"\nVERSION_ID="9.4"',
    { id: 'rhel', version: '9.4', name: 'a "b" $c', codename: '' },
  ],
  ['ID=wolfi\nNAME="x\u202Ey\u0007"', { id: 'wolfi', version: '', name: 'xy', codename: '' }],
  ['NAME=nothing', null],
  ['ID="<b>"', null],
])('os-release %#', (text, expected) => {
  expect(parseOsRelease(text)).toEqual(expected);
});

describe('Python', () => {
  it.each<[string, string | null, string | null]>([
    [
      'usr/lib/python3/dist-packages/foo.bar-1.0.dist-info/METADATA',
      'Metadata-Version: 2.1\nName: Foo.Bar\nVersion: 1.0.post1\n\nName: no',
      'foo-bar 1.0.post1 usr/lib/python3/dist-packages',
    ],
    ['venv/foo_bar-1.0.dist-info/METADATA', null, 'foo-bar 1.0 venv'],
    ['foo-2.dist-info/METADATA', '', 'foo 2 .'],
    [
      'usr/lib/python3/dist-packages/blinker-1.5.egg-info',
      'Name: blinker\r\nVersion: 1.5\r\n',
      'blinker 1.5 usr/lib/python3/dist-packages',
    ],
    ['src/app.egg-info/PKG-INFO', 'Name: app\nVersion: 0.1\n', 'app 0.1 src'],
    ['src/app.egg-info/PKG-INFO', null, null],
    ['x/setuptools/_vendor/wheel-0.43.0.dist-info/METADATA', 'Name: wheel\nVersion: 0.43.0\n', null],
    ['root/.cache/uv/archive-v0/abc/x-1.dist-info/METADATA', 'Name: x\nVersion: 1\n', null],
    ['opt/conda/pkgs/x-1-py_0/site-packages/x-1.dist-info/METADATA', 'Name: x\nVersion: 1\n', null],
    ['x-1.dist-info/METADATA', 'Name: x\nVersion: 1 or 2\n', null],
  ])('%s', (path, text, expected) => {
    expect(isPythonMetadata(path)).toBe(true);
    const one = parsePythonDist(path, text);
    expect(one === null ? null : `${one.name} ${one.version} ${one.location}`).toBe(expected);
  });

  it.each(['x.dist-info/RECORD', 'METADATA', 'x/METADATA', 'x.egg-info/requires.txt'])(
    '%s is none',
    (path) => {
      expect(isPythonMetadata(path)).toBe(false);
    },
  );

  it('interpreters by header, environment and package', () => {
    const path = 'opt/python/include/python3.13t/patchlevel.h';
    expect(isPythonHeader(path)).toBe(true);
    expect(isPythonHeader('usr/include/linux/patchlevel.h')).toBe(false);
    expect(parsePythonHeader(path, '/* */\n#define PY_VERSION \t"3.13.0rc2+"\n')).toEqual({
      version: '3.13.0rc2+',
      location: 'opt/python',
    });
    expect(parsePythonHeader(path, '#define PY_VERSION "<b>"')).toBeNull();
    expect(pythonOfEnvironment(['PYTHON_VERSION=3.9', 'PYTHON_VERSION=3.12.1', 'PATH=/'])).toEqual({
      version: '3.12.1',
      location: 'PYTHON_VERSION',
    });
    expect(pythonOfEnvironment(['PYTHON_VERSION=latest'])).toBeNull();
    const one = (kind: 'deb' | 'apk' | 'rpm' | 'python', name: string, version: string) => ({
      kind,
      name,
      version,
      arch: '',
      source: name,
      sourceVersion: version,
      location: '',
    });
    expect(
      pythonsOfPackages([
        one('deb', 'python3.11-minimal', '3.11.2-6+deb12u6'),
        one('deb', 'python3.11', '3.11.2-6'),
        one('deb', 'python3.14-minimal', '3.14.0~rc2-1'),
        one('deb', 'python3-minimal', '3.11.2-1+b1'),
        one('apk', 'python3', '3.12.8-r1'),
        one('rpm', 'python39', '3.9.25-2.module+el8'),
        one('rpm', 'python3-pip', '21.3'),
        one('python', 'python3', '3.1.1'),
      ]).map((each) => `${each.location} ${each.version}`),
    ).toEqual([
      'python3.11-minimal 3.11.2',
      'python3.14-minimal 3.14.0rc2',
      'python3 3.12.8',
      'python39 3.9.25',
    ]);
  });
});

it('any text at all gives packages with plain names, in good time', () => {
  const line = fc.constantFrom(
    'Package: a',
    'P:a',
    'V:1',
    'Version: 1',
    'ID=x',
    'Name: a',
    '',
    ' x',
    ':',
    '\r',
    'Status: a b',
    'Source: (',
    '\u0000',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(line).map((lines) => lines.join('\n')),
        fc.string(),
      ),
      (text) => {
        const packages = [...parseDpkg(text, 'x').packages, ...parseApk(text, 'x').packages];
        for (const each of packages) expect(`${each.name}${each.version}`).toMatch(/^[\x21-\x7e]+$/u);
        parseOsRelease(text);
        parsePythonDist('a-1.dist-info/METADATA', text);
      },
    ),
  );
  const start = performance.now();
  for (const unit of [' ', 'a', 'Package: a\n', '\n', ':', '(', '\t\r']) {
    const text = unit.repeat(2_000_000 / unit.length);
    parseDpkg(text, 'x');
    parseDpkg(`Package: a\nSource: ${text}`, 'x');
    parseApk(text, 'x');
    parseOsRelease(text);
  }
  expect(performance.now() - start).toBeLessThan(5000);
});
