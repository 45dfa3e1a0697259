import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { muslNote, needsGlibc, systemOfReference, whyAbandoned } from '../../src/images/abandoned.ts';
import { releasesOf } from '../../src/images/distro-info.ts';
import { lifecycleNotes, readLifecycles } from '../../src/images/lifecycles.ts';
import { parseReference } from '../../src/images/reference.ts';

const LIFECYCLES = readLifecycles(
  await readFile(new URL('../../config/lifecycles.json', import.meta.url), 'utf8'),
);

function notes(id: string, version: string, now: string, name = ''): readonly string[] {
  return lifecycleNotes(LIFECYCLES, { id, version, name }, [], new Date(now)).map(
    ({ kind, text }) => `${kind}: ${text}`,
  );
}

describe('systems', () => {
  it.each([
    ['debian', '13', '2026-11-24', []],
    ['debian', '12', '2026-01-01', []],
    [
      'debian',
      '12',
      '2026-01-12',
      [
        'ending: Support of Debian 12 (bookworm) ends in 180 days, on 2026-07-11; then there is Debian LTS until 2028-06-30.',
      ],
    ],
    [
      'debian',
      '12',
      '2026-07-11T23:59:59Z',
      [
        'ending: Support of Debian 12 (bookworm) ends today, on 2026-07-11; then there is Debian LTS until 2028-06-30.',
      ],
    ],
    [
      'debian',
      '12',
      '2026-07-10T12:00:00Z',
      [
        'ending: Support of Debian 12 (bookworm) ends tomorrow, on 2026-07-11; then there is Debian LTS until 2028-06-30.',
      ],
    ],
    [
      'debian',
      '12',
      '2026-07-12',
      [
        'extended: Debian 12 (bookworm) is past the end of its regular support, 2026-07-11; only Debian LTS mends it, until 2028-06-30.',
      ],
    ],
    [
      'debian',
      '10',
      '2026-11-24',
      [
        'ended: Debian 10 (buster) is past the end of its support, 2022-09-10, and of Debian LTS, 2024-06-30.',
      ],
    ],
    [
      'ubuntu',
      '22.10',
      '2026-11-24',
      ['ended: Ubuntu 22.10 (kinetic) is past the end of its support, 2023-07-20.'],
    ],
    [
      'ubuntu',
      '20.04',
      '2026-11-24',
      [
        'extended: Ubuntu 20.04 (focal) is past the end of its regular support, 2025-05-29; only Ubuntu Pro mends it, until 2030-04-23.',
      ],
    ],
    [
      'alpine',
      '3.19.9',
      '2026-11-24',
      ['ended: Alpine Linux 3.19 is past the end of its support, 2025-11-01.'],
    ],
    [
      'alpine',
      '3.22.1',
      '2026-11-24',
      ['ending: Support of Alpine Linux 3.22 ends in 158 days, on 2027-05-01.'],
    ],
    ['alpine', '3.99.0', '2026-11-24', []],
    ['alpine', '', '2026-11-24', []],
    ['rhel', '9.6', '2026-11-24', []],
    [
      'rhel',
      '7.9',
      '2026-11-24',
      [
        'extended: Red Hat Enterprise Linux 7 is past the end of its regular support, 2024-06-30; only Extended Life Cycle Support mends it, until 2028-06-30.',
      ],
    ],
    ['rocky', '8.10', '2026-11-24', []],
    ['amzn', '2', '2026-11-24', ['ended: Amazon Linux 2 is past the end of its support, 2026-06-30.']],
    ['amzn', '2023', '2026-11-24', []],
    [
      'centos',
      '7',
      '2026-11-24',
      [
        "discontinued: CentOS Linux 7 is discontinued since 2024-06-30 and gets no fixes: AlmaLinux, Rocky Linux and Red Hat's UBI take its place.",
      ],
    ],
    ['wolfi', '20230201', '2026-11-24', []],
  ])('%s %s on %s', (id, version, now, said) => {
    expect(notes(id, version, now)).toEqual(said);
  });

  it('tells CentOS Stream from CentOS Linux', () => {
    expect(notes('centos', '9', '2026-11-24', 'CentOS Stream 9')).toEqual([]);
    expect(notes('centos', '8', '2026-11-24', 'CentOS Stream 8')).toEqual([
      'ended: CentOS Stream 8 is past the end of its support, 2024-05-31.',
    ]);
  });
});

it.each([
  [['3.9.18'], ['ended: Python 3.9 is past the end of its support, 2025-10-31.']],
  [['3.10', '3.10.4'], ['ended: Python 3.10 is past the end of its support, 2026-10-31.']],
  [['3.13.1', '2.7'], ['ended: Python 2.7 is past the end of its support, 2020-01-01.']],
  [['3.14.0', '3', '', '4.1'], []],
])('Python %j', (pythons, said) => {
  const found = lifecycleNotes(LIFECYCLES, null, pythons, new Date('2026-11-24'));
  expect(found.map(({ kind, text }) => `${kind}: ${text}`)).toEqual(said);
});

describe('systemOfReference', () => {
  it.each([
    ['python:3.9-slim-buster', 'debian 10'],
    ['python:3.12-alpine3.20', 'alpine 3.20'],
    ['python:3.12-alpine', null],
    ['python:3.12', null],
    ['debian:12.5-slim', 'debian 12.5'],
    ['debian:bookworm-20240101-slim', 'debian 12'],
    ['ubuntu:22.04', 'ubuntu 22.04'],
    ['ubuntu:noble', 'ubuntu 24.04'],
    ['nvidia/cuda:12.1.0-runtime-ubuntu22.04', 'ubuntu 22.04'],
    ['centos:7', 'centos 7'],
    ['rockylinux:9', 'rocky 9'],
    ['amazonlinux:2', 'amzn 2'],
    ['registry.access.redhat.com/ubi8/python-39', 'rhel 8'],
    ['redhat/ubi9-minimal:9.4', 'rhel 9'],
  ])('%s is %s', (text, system) => {
    const reference = parseReference(text);
    const found = reference === null ? null : systemOfReference(LIFECYCLES, reference);
    expect(found === null ? null : `${found.id} ${found.version}`).toBe(system);
  });
});

describe('whyAbandoned', () => {
  it.each([
    ['python:3.9-slim-bookworm', null, 'Python 3.9 is past the end of its support, 2025-10-31.'],
    ['python:3.12-slim-buster', null, 'Debian 10 (buster) is past'],
    ['centos:7', null, 'CentOS Linux 7 is discontinued'],
    ['node:20.1.0-slim', '20.1.3-slim', '`20.1.3-slim` has taken its place.'],
    ['node:20.1.0-slim', null, null],
    ['python:3.12-slim-bookworm', null, null],
    ['python:3.12-slim-trixie', null, null],
    ['a', null, null],
  ])('%s with newer %s: %s', (text, patch, why) => {
    const reference = parseReference(text);
    if (reference === null) throw new Error(text);
    const said = whyAbandoned(LIFECYCLES, reference, { patch, minor: null }, new Date('2026-11-24'));
    expect(said === null).toBe(why === null);
    expect(said ?? '').toContain(why ?? '');
  });
});

describe('musl', () => {
  it.each([
    [['a-1-cp312-cp312-manylinux_2_28_x86_64.whl', 'a-1.tar.gz'], true],
    [['a-1-cp312-cp312-manylinux_2_17_x86_64.manylinux2014_x86_64.whl'], true],
    [['a-1-cp312-cp312-manylinux_2_28_x86_64.whl', 'a-1-cp312-cp312-musllinux_1_2_x86_64.whl'], false],
    [['a-1-cp312-cp312-manylinux_2_28_x86_64.whl', 'a-1-py3-none-any.whl'], false],
    [['a-1.tar.gz'], false],
    [['a-1-cp312-cp312-macosx_11_0_arm64.whl'], false],
    [[], false],
  ])('%j needs glibc: %s', (files, needs) => {
    expect(needsGlibc(files)).toBe(needs);
  });

  it('is said of Alpine alone', () => {
    const alpine = { id: 'alpine', version: '3.22', name: 'Alpine Linux' };
    expect(muslNote(alpine, ['a', 'b'])).toBe(
      'Alpine has musl, for which there are no wheels of `a`, `b`: each build compiles them.',
    );
    expect(muslNote(alpine, ['a', 'b', 'c', 'd', 'e', 'f', 'g'])).toContain('`e` and 2 more:');
    expect(muslNote(alpine, [])).toBeNull();
    expect(muslNote({ ...alpine, id: 'debian' }, ['a'])).toBeNull();
    expect(muslNote(null, ['a'])).toBeNull();
  });
});

describe('the data', () => {
  it('says for each part where it is from, and when', () => {
    for (const part of [...LIFECYCLES.systems.values(), LIFECYCLES.python]) {
      expect(part.source).not.toBe('');
      expect(part.releases.size).toBeGreaterThan(0);
    }
  });

  it.each([
    '[]',
    '{}',
    '{"systems":{},"python":{}}',
    '{"systems":{"x":{"name":"X","source":"s","date":"today","releases":{}}},"python":{"name":"P","source":"s","date":"2026-01-01","releases":{}}}',
    '{"systems":{},"python":{"name":"P","source":"s","date":"2026-01-01","releases":{"3":{"end":"soon"}}}}',
  ])('is refused when it is %s', (text) => {
    expect(() => readLifecycles(text)).toThrow(SyntaxError);
  });

  it('is read from the tables of distro-info-data', () => {
    const table = `version,codename,series,created,release,eol,eol-lts,eol-elts
12,Bookworm,bookworm,2021-08-14,2023-06-10,2026-07-11,2028-06-30,2033-06-30
3.1,Sarge,sarge,2002-07-19,2005-06-06,2008-03-31
14,Forky,forky,2025-08-09
,Sid,sid,1993-08-16
26.10 LTS,X Y,x,2026-01-01,2026-01-02,2027-01-01,2027-01-01,2030-01-01
`;
    expect(releasesOf(table, 'eol-lts', 'LTS')).toEqual({
      '12': { series: 'bookworm', end: '2026-07-11', extended: '2028-06-30', extendedBy: 'LTS' },
      '3.1': { series: 'sarge', end: '2008-03-31' },
      '26.10': { series: 'x', end: '2027-01-01' },
    });
  });
});
