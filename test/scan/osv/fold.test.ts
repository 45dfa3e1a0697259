import { describe, expect, it } from 'vitest';
import { findingsOf, lookUpKey } from '../../../src/scan/osv/findings.ts';
import { below, distribution, python, read } from './made.ts';
import type { MadeAdvisory } from './made.ts';

const HIGH = [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H' }];
const LOW = [{ type: 'CVSS_V3', score: 'CVSS:3.1/AV:P/AC:H/PR:H/UI:R/S:U/C:L/I:N/A:N' }];

function findings(version: string, ...made: readonly MadeAdvisory[]) {
  const records = made.map((one) => read({ ranges: below('2'), ...one }));
  return findingsOf([python('demo', version)], records).findings;
}

describe('names of one vulnerability', () => {
  it('folds CVE, GHSA and PYSEC into one finding', () => {
    const pysec = { id: 'PYSEC-2020-1', aliases: ['CVE-2020-1', 'GHSA-a'], details: 'Long. And more.' };
    const ghsa = { id: 'GHSA-a', aliases: ['CVE-2020-1'], summary: 'short', severity: HIGH };
    expect(findings('1', pysec, ghsa)).toEqual([
      {
        id: 'CVE-2020-1',
        ids: ['CVE-2020-1', 'GHSA-a', 'PYSEC-2020-1'],
        ecosystem: 'PyPI',
        package: 'demo',
        version: '1',
        summary: 'short',
        severity: { level: 'high', score: 7.5, source: 'CVSS 3.1', vector: HIGH[0]?.score },
        fixed: ['2'],
        link: 'https://osv.dev/vulnerability/GHSA-a',
        note: null,
        malicious: false,
      },
    ]);
  });

  it.each([
    [['PYSEC-1', 'GHSA-b', 'CVE-3'], 'CVE-3'],
    [['PYSEC-1', 'GHSA-b', 'SNYK-1'], 'GHSA-b'],
    [['SNYK-1', 'PYSEC-1'], 'PYSEC-1'],
    [['SNYK-1', 'OSV-1'], 'OSV-1'],
    [['CVE-2021-2', 'CVE-2020-9'], 'CVE-2020-9'],
  ])('of %j shows %s', ([id = '', ...aliases], shown) => {
    expect(findings('1', { id, aliases })).toMatchObject([{ id: shown }]);
  });

  it.each<[string, readonly MadeAdvisory[], readonly (readonly string[])[]]>([
    ['a cycle', [named('A-1', 'B-1'), named('B-1', 'C-1'), named('C-1', 'A-1')], [['A-1', 'B-1', 'C-1']]],
    ['itself', [named('A-1', 'A-1')], [['A-1']]],
    ['the same one twice', [named('A-1', 'B-1'), named('A-1', 'B-1')], [['A-1', 'B-1']]],
    [
      'a chain told backwards',
      [named('A-1'), named('C-1', 'B-1'), named('B-1', 'A-1')],
      [['A-1', 'B-1', 'C-1']],
    ],
    ['two of one third', [named('A-1', 'CVE-1'), named('B-1', 'CVE-1')], [['A-1', 'B-1', 'CVE-1']]],
    [
      'strangers',
      [named('A-1', 'CVE-1'), named('B-1', 'CVE-2')],
      [
        ['A-1', 'CVE-1'],
        ['B-1', 'CVE-2'],
      ],
    ],
  ])('folds %s', (_, made, expected) => {
    expect(findings('1', ...made).map(({ ids }) => ids)).toEqual(expected);
  });

  it('leaves withdrawn ones out, also as a bridge', () => {
    const bridge = { ...named('C-1', 'A-1', 'B-1'), withdrawn: '2023-01-01T00:00:00Z' };
    expect(findings('1', named('A-1'), named('B-1'), bridge).map(({ id }) => id)).toEqual(['A-1', 'B-1']);
    expect(findings('1', { ...named('A-1'), withdrawn: '2023-01-01T00:00:00Z' })).toEqual([]);
  });

  it('keeps what one database calls affected, where another says the opposite', () => {
    const yes = { id: 'PYSEC-1', aliases: ['GHSA-a'], ranges: below('1.9') };
    const no = { id: 'GHSA-a', aliases: ['PYSEC-1', 'CVE-1'], ranges: below('1.2'), severity: HIGH };
    expect(findings('1.5', yes, no)).toMatchObject([
      { id: 'GHSA-a', ids: ['GHSA-a', 'PYSEC-1'], fixed: ['1.9'], severity: { level: 'unknown' } },
    ]);
  });
});

describe('the severity of several records', () => {
  it.each<[string, readonly MadeAdvisory[], object]>([
    [
      'a score before a word',
      [
        { id: 'GHSA-a', database_specific: { severity: 'CRITICAL' } },
        { id: 'PYSEC-1', severity: LOW },
      ],
      { level: 'low', source: 'CVSS 3.1' },
    ],
    [
      'GitHub’s before others',
      [
        { id: 'PYSEC-1', severity: HIGH },
        { id: 'GHSA-a', severity: LOW },
      ],
      { level: 'low', score: 1.6 },
    ],
    [
      'else the worst',
      [
        { id: 'PYSEC-1', severity: LOW },
        { id: 'SNYK-1', severity: HIGH },
      ],
      { level: 'high', score: 7.5 },
    ],
  ])('%s', (_, made, expected) => {
    const linked = made.map((one) => ({ ...one, aliases: ['CVE-1'] }));
    expect(findings('1', ...linked)).toMatchObject([{ severity: expected }]);
  });

  it('is critical for malware, whatever else is said', () => {
    const malware = { id: 'MAL-2024-1', ranges: [], versions: ['1.0'], severity: LOW };
    expect(findings('1', malware)).toMatchObject([
      { malicious: true, severity: { level: 'critical', score: null, source: 'MAL-2024-1', vector: null } },
    ]);
    expect(findings('1.1', malware)).toEqual([]);
  });
});

describe('distributions', () => {
  const debian = distribution('Debian:12', 'openssl', '3.0.11-1', 'libssl3');
  const of = (made: MadeAdvisory) =>
    read({ ecosystem: 'Debian:12', name: 'openssl', ranges: below('3.0.22-1'), ...made });
  const tracker = (cve: string) => of({ id: `DEBIAN-${cve}`, upstream: [cve] });
  const notice = of({ id: 'DSA-9-1', upstream: ['CVE-2026-1', 'CVE-2026-2'] });

  it('shows the CVE that a record is made from, once for all packages of a source', () => {
    const packages = [debian, { ...debian, name: 'openssl' }];
    expect(findingsOf(packages, [tracker('CVE-2026-1')]).findings).toMatchObject([
      {
        id: 'CVE-2026-1',
        ids: ['CVE-2026-1', 'DEBIAN-CVE-2026-1'],
        package: 'openssl',
        fixed: ['3.0.22-1'],
      },
    ]);
  });

  it.each([
    [
      'all that it covers is found',
      [tracker('CVE-2026-1'), tracker('CVE-2026-2'), notice],
      ['CVE-2026-1', 'CVE-2026-2'],
    ],
    ['one of them is not', [tracker('CVE-2026-1'), notice], ['CVE-2026-1', 'DSA-9-1']],
    ['none of them is', [notice], ['DSA-9-1']],
    [
      'it covers one only',
      [tracker('CVE-2026-1'), of({ id: 'DSA-8-1', upstream: ['CVE-2026-1'] })],
      ['CVE-2026-1'],
    ],
    [
      'it has them as aliases',
      [of({ id: 'DLA-1', aliases: ['CVE-1', 'CVE-2'] }), of({ id: 'DLA-2', aliases: ['CVE-2', 'CVE-3'] })],
      ['DLA-1', 'DLA-2'],
    ],
    [
      'it has them as related',
      [of({ id: 'USN-1', related: ['CVE-2026-1', 'CVE-2026-3'] }), tracker('CVE-2026-1')],
      ['CVE-2026-1', 'USN-1'],
    ],
  ])('a notice that covers several, where %s', (_, records, expected) => {
    expect(findingsOf([debian], records).findings.map(({ id }) => id)).toEqual(expected);
  });

  it.each([
    ['unimportant', [[{ introduced: '0' }]], 'unimportant'],
    ['end-of-life', [[{ introduced: '0' }]], 'end of life'],
    ['low', [[{ introduced: '0' }]], null],
    ['unimportant', below('3.0.22-1'), null],
  ])('says why there is no fix: %s', (urgency, ranges, note) => {
    const record = of({ id: 'D-1', ranges, ecosystem_specific: { urgency } });
    expect(findingsOf([debian], [record]).findings).toMatchObject([{ note }]);
  });

  it('looks packages of RPM up by both their names', () => {
    const item = { ...distribution('AlmaLinux:9', 'openssl', '1:3.0.7-6.el9', 'openssl-libs') };
    const binary = read({
      id: 'ALSA-1',
      ecosystem: 'AlmaLinux:9',
      name: 'openssl-libs',
      ranges: below('1:3.0.7-16.el9'),
    });
    expect(findingsOf([item], [binary]).findings).toMatchObject([
      { id: 'ALSA-1', package: 'openssl', fixed: ['1:3.0.7-16.el9'] },
    ]);
  });
});

describe('what a service has matched', () => {
  const key = lookUpKey({ ecosystem: 'PyPI', name: 'demo', version: '1' });
  const told = (...ids: readonly string[]) => new Map([[key, new Set(ids)]]);
  const records = [read({ id: 'A-1', ranges: below('0.5') }), read({ id: 'B-1', ranges: below('2') })];

  it('is the answer, also where our own is another', () => {
    expect(findingsOf([python('demo', '1')], records, told('A-1')).findings).toMatchObject([
      { id: 'A-1', fixed: [] },
    ]);
    expect(findingsOf([python('demo', '1')], records, told()).findings).toEqual([]);
  });

  it('is not the answer for Ubuntu where only Ubuntu Pro has it', () => {
    const item = distribution('Ubuntu:22.04:LTS', 'openssl', '3.0.2-0ubuntu1.1');
    const ubuntuKey = lookUpKey({ ecosystem: item.ecosystem, name: 'openssl', version: item.sourceVersion });
    const pro = read({ id: 'USN-1', ecosystem: 'Ubuntu:Pro:22.04:LTS', name: 'openssl', ranges: below('9') });
    expect(findingsOf([item], [pro], new Map([[ubuntuKey, new Set(['USN-1'])]])).findings).toEqual([]);
  });
});

describe('what could not be checked', () => {
  it.each([
    [python('demo', '2004d'), 'demo 2004d against A-1: the versions cannot be compared'],
    [python('demo', ''), '1 package of PyPI: its name or version is empty, too long or not plain text'],
    [
      python('demo', '1\u001b[2J'),
      '1 package of PyPI: its name or version is empty, too long or not plain text',
    ],
    [
      { ...python('demo', '1'), ecosystem: 'Slack\u001bware:15' },
      '1 package of Slackware: OSV has no advisories of this kind of package that Relock can read',
    ],
  ])('is said: %j', (item, sentence) => {
    expect(findingsOf([item], [read({ id: 'A-1', ranges: below('2') })])).toEqual({
      findings: [],
      notChecked: [sentence],
    });
  });
});

function named(id: string, ...aliases: readonly string[]): MadeAdvisory {
  return { id, aliases };
}
