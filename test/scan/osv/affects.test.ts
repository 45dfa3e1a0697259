import { describe, expect, it } from 'vitest';
import { fixedVersions, verdictOf } from '../../../src/scan/osv/affects.ts';
import { below, read } from './made.ts';

const demo = (version: string) => ({ ecosystem: 'PyPI', name: 'demo', version });
const two = [
  [{ introduced: '0' }, { fixed: '1.2' }, { introduced: '2.0' }, { fixed: '2.3' }],
  [{ introduced: '4.0a1' }, { last_affected: '4.1' }],
];

describe('ranges by PEP 440', () => {
  it.each([
    ['0.1', 'affected'],
    ['1.2rc1', 'affected'],
    ['1.2', 'unaffected'],
    ['1.2.0', 'unaffected'],
    ['1.10', 'unaffected'],
    ['2', 'affected'],
    ['2.0.dev1', 'unaffected'],
    ['2.2.post1', 'affected'],
    ['2.3', 'unaffected'],
    ['4.0a0', 'unaffected'],
    ['4.0', 'affected'],
    ['4.1.0', 'affected'],
    ['4.1+cpu', 'affected'],
    ['4.1.post1', 'unaffected'],
    ['1!0.1', 'unaffected'],
  ])('%s is %s', (version, expected) => {
    expect(verdictOf(read({ id: 'X-1', ranges: two }), demo(version))).toBe(expected);
  });

  it('sorts events, and knows that 0 comes before all', () => {
    const events = [{ fixed: '2.3' }, { introduced: '2.0' }, { fixed: '1.2' }, { introduced: '0' }];
    const record = read({ id: 'X-1', ranges: [events] });
    expect(['0.dev1', '1.5', '2.1', '3'].map((version) => verdictOf(record, demo(version)))).toEqual([
      'affected',
      'unaffected',
      'affected',
      'unaffected',
    ]);
  });

  it.each([
    [[{ introduced: '0' }, { limit: '2' }], '1', 'affected'],
    [[{ introduced: '0' }, { limit: '2' }], '2', 'unaffected'],
    [[{ introduced: '0' }, { limit: '2' }, { limit: '5' }], '4', 'affected'],
    [[{ introduced: '0' }, { limit: '*' }], '9', 'affected'],
  ])('heeds limits: %j holds %s: %s', (events, version, expected) => {
    expect(verdictOf(read({ id: 'X-1', ranges: [events] }), demo(version))).toBe(expected);
  });

  it('is not affected by an entry that names neither ranges nor versions', () => {
    expect(verdictOf(read({ id: 'X-1' }), demo('1'))).toBe('unaffected');
  });

  it('leaves ranges of other types alone', () => {
    const ranges = [
      { type: 'SEMVER', events: [{ introduced: '0' }] },
      { type: 'GIT', repo: 'https://example.com/x', events: [{ introduced: '0' }] },
    ];
    const record = read({ id: 'X-1', affected: [{ package: { ecosystem: 'PyPI', name: 'demo' }, ranges }] });
    expect(verdictOf(record, demo('1'))).toBe('unaffected');
  });
});

describe('enumerated versions', () => {
  it.each([
    ['3.2', ['3.2.0'], 'affected'],
    ['3.2.0', ['3.2'], 'affected'],
    ['3.02', ['3.2.0.0'], 'affected'],
    ['3.2', ['v3.2'], 'affected'],
    ['3.2rc1', ['3.2-RC-1'], 'affected'],
    ['3.2+cpu', ['3.2'], 'affected'],
    ['3.20', ['3.2'], 'unaffected'],
    ['3.2', ['3.2.1', '3.2rc1', '1!3.2', '3..2', '.3.2'], 'unaffected'],
    ['2004d', ['2004d', '2005a'], 'affected'],
    ['2004d', ['2004', '2004.d'], 'unclear'],
  ])('%s in %j: %s', (version, versions, expected) => {
    expect(verdictOf(read({ id: 'X-1', versions }), demo(version))).toBe(expected);
  });

  it.each([
    ['our version is none', '2004d', below('3'), 'unclear'],
    ['a version of the range is none', '1.0', below('0.2.0-n653'), 'unclear'],
    ['all versions have it', '2004d', [[{ introduced: '0' }]], 'affected'],
    ['another range tells', '1.0', [...below('0.2.0-n653'), ...below('2')], 'affected'],
  ])('says so where versions cannot be compared: %s', (_, version, ranges, expected) => {
    expect(verdictOf(read({ id: 'X-1', ranges }), demo(version))).toBe(expected);
  });
});

describe('packages and releases', () => {
  it('takes names of Python packages as PEP 503 does', () => {
    const record = read({ id: 'X-1', name: 'Jw.Util', ranges: below('3') });
    expect(verdictOf(record, { ecosystem: 'PyPI', name: 'jw-util', version: '1' })).toBe('affected');
    expect(verdictOf(record, demo('1'))).toBe('other');
  });

  it.each([
    ['Debian:12', 'Debian:12', 'affected'],
    ['Debian:11', 'Debian:12', 'other'],
    ['Debian', 'Debian:12', 'other'],
    ['Ubuntu:22.04:LTS', 'Ubuntu:22.04:LTS', 'affected'],
    ['Ubuntu:Pro:22.04:LTS', 'Ubuntu:22.04:LTS', 'other'],
    ['Alpine:v3.20', 'Alpine:v3.20', 'affected'],
    ['Alpine:v3.21', 'Alpine:v3.20', 'other'],
    ['npm', 'npm', 'other'],
  ])('an advisory of %s for a package of %s: %s', (told, ours, expected) => {
    const record = read({ id: 'X-1', ecosystem: told, name: 'openssl', ranges: below('3.0.12-r1') });
    expect(verdictOf(record, { ecosystem: ours, name: 'openssl', version: '3.0.11-r9' })).toBe(expected);
  });

  it.each([
    ['Debian:12', '3.0.22-1~deb12u2', '3.0.22-1~deb12u1', 'affected'],
    ['Debian:12', '3.0.22-1~deb12u2', '3.0.22-1~deb12u10', 'unaffected'],
    ['Debian:12', '1:1.0-1', '2.0-1', 'affected'],
    ['Alpine:v3.20', '3.3.2-r0', '3.3.2_rc1-r4', 'affected'],
    ['Alpine:v3.20', '3.3.2-r0', '3.3.10-r0', 'unaffected'],
    ['Alpine:v3.20', '3.3.2-r0', 'edge', 'unclear'],
    ['AlmaLinux:9', '1:3.0.7-16.el9_2', '1:3.0.7-6.el9_2', 'affected'],
    ['Rocky Linux:9', '2.0~rc1-1', '2.0-1', 'unaffected'],
  ])('%s: fixed in %s, ours is %s: %s', (ecosystem, fixed, version, expected) => {
    const record = read({ id: 'X-1', ecosystem, name: 'p', ranges: below(fixed) });
    expect(verdictOf(record, { ecosystem, name: 'p', version })).toBe(expected);
  });
});

describe('fixedVersions', () => {
  it('gives those above ours that nothing affects, lowest first, each once', () => {
    const records = [
      read({ id: 'X-1', ranges: [...two, ...below('1.2.0')] }),
      read({ id: 'X-2', ranges: [[{ introduced: '0' }, { fixed: '2.10' }]] }),
      read({ id: 'X-3', ranges: [[{ introduced: '0' }, { fixed: '2.9' }]], versions: ['2.9.0'] }),
    ];
    expect(fixedVersions(records.slice(0, 1), demo('1.0'))).toEqual(['1.2', '2.3']);
    expect(fixedVersions(records, demo('1.0'))).toEqual(['2.10']);
    expect(fixedVersions(records, demo('2.3'))).toEqual(['2.10']);
  });

  it('gives none where only the last affected one is known, or none can be compared', () => {
    expect(
      fixedVersions(
        [read({ id: 'X-1', ranges: [[{ introduced: '0' }, { last_affected: '2' }]] })],
        demo('1'),
      ),
    ).toEqual([]);
    expect(fixedVersions([read({ id: 'X-1', ranges: below('0.2-n653') })], demo('0.1'))).toEqual([]);
  });
});
