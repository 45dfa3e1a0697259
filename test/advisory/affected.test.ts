import { describe, expect, it } from 'vitest';
import { affected, fixPlan, lowestFixed, packagesIn } from '../../src/advisory/affected.ts';
import { advisoryOfRecord } from '../../src/advisory/from-record.ts';
import { digestOf, isNews, meetsFloor } from '../../src/advisory/news.ts';
import { read } from '../scan/osv/made.ts';
import {
  advisoryIn,
  alertEvent,
  oneVulnerability,
  published,
  readEvent,
  securityAdvisory,
  securityEvent,
  vulnerability,
} from './made.ts';

const demo = (version: string) => ({ ecosystem: 'PyPI', name: 'demo-pkg', version });
const withdrawn = readEvent('security_advisory', securityEvent(securityAdvisory(), 'withdrawn'));

describe('affected', () => {
  it('compares names as PEP 503 says, and leaves versions that are none', () => {
    const rows = [
      { ...demo('1.1'), name: 'Demo.Pkg' },
      { ...demo('1.1'), name: 'demopkg' },
      demo('latest'),
      { ...demo('1.1'), ecosystem: 'npm' },
    ];
    expect(affected(published(), rows)).toEqual([rows[0]]);
  });

  it('judges thousands of rows quickly, also of an advisory of thousands of packages', () => {
    const many = Array.from({ length: 1000 }, (_, index) =>
      vulnerability('< 2', '2', { package: { ecosystem: 'pip', name: `p${index}` } }),
    );
    const advisory = readEvent('security_advisory', securityEvent(securityAdvisory(many)));
    const rows = Array.from({ length: 60_000 }, (_, index) => ({
      ...demo(`1.${index % 9}`),
      name: `p${index % 2000}`,
    }));
    const start = performance.now();
    expect(affected(advisory, rows)).toHaveLength(30_000);
    expect(performance.now() - start).toBeLessThan(2000);
    expect(packagesIn(advisory)).toHaveLength(1000);
  });
});

describe('fixes', () => {
  const low = (range: string) =>
    published(range, null, { ghsa_id: 'GHSA-dddd-eeee-ffff', cvss: null, severity: 'low' });
  const releases = ['2.0', '1.1', '1.2.3', '1.10', '0.9', '1.2.3'];

  it('are what no advisory speaks of, lowest first', () => {
    expect(lowestFixed([published(), low('< 1.10')], demo('1.1'))).toEqual(['1.10']);
    expect(lowestFixed([withdrawn, low('< 1.10')], demo('1.1'))).toEqual(['1.10']);
  });

  it.each([
    ['both by one release', '< 1.5', ['1.10', '2.0'], ['aaaa', 'dddd'], []],
    ['the worst, where the other is not fixed', '>= 0', ['1.2.3', '1.10', '2.0'], ['aaaa'], ['dddd']],
    [
      'the worst, where the releases exclude each other',
      '>= 1.2.3 || = 1.1',
      ['1.2.3', '1.10', '2.0'],
      ['aaaa'],
      ['dddd'],
    ],
    ['only what affects it', '< 1.1', ['1.2.3', '1.10', '2.0'], ['aaaa'], []],
  ])('fix %s', (_, range, candidates, fixes, open) => {
    const found = fixPlan([low(range), published()], demo('1.1'), releases);
    expect(found.candidates).toEqual(candidates);
    expect(found.fixes.map(({ id }) => id.slice(5, 9))).toEqual(fixes);
    expect(found.open.map(({ id }) => id.slice(5, 9))).toEqual(open);
  });

  it('are none before one is released, nor of a withdrawn one', () => {
    expect(fixPlan([published()], demo('1.1'), ['1.1', '1.2'])).toMatchObject({ candidates: [], fixes: [] });
    expect(fixPlan([withdrawn], demo('1.1'), ['1.1', '2'])).toEqual({ candidates: [], fixes: [], open: [] });
  });
});

describe('records of OSV', () => {
  it('are advisories, too', () => {
    const record = read({
      id: 'PYSEC-2024-1',
      aliases: ['GHSA-x', 'CVE-2024-1'],
      name: 'Demo_Pkg',
      ranges: [[{ introduced: '0' }, { fixed: '1.10' }, { introduced: '1.2' }, { fixed: '1.9' }]],
      versions: ['7.0'],
    });
    const advisory = advisoryIn(advisoryOfRecord(record));
    expect(advisory).toMatchObject({
      id: 'PYSEC-2024-1',
      ids: ['PYSEC-2024-1', 'CVE-2024-1', 'GHSA-x'],
      source: 'osv',
      state: 'published',
    });
    expect(advisory.packages[0]).toMatchObject({ name: 'demo-pkg', firstPatched: '1.9' });
    expect(affected(advisory, [demo('1.0'), demo('7.0'), demo('8')])).toEqual([demo('1.0'), demo('7.0')]);
  });

  it('speak of distributions, and bear the name of their one vulnerability', () => {
    const record = read({
      id: 'DEBIAN-CVE-2024-2',
      upstream: ['CVE-2024-2'],
      ecosystem: 'Debian:12',
      name: 'curl',
      ranges: [[{ introduced: '0' }, { fixed: '7.88.1-10+deb12u5' }]],
    });
    const advisory = advisoryIn(advisoryOfRecord(record));
    const curl = (version: string, release: string) => ({
      ecosystem: `Debian:${release}`,
      name: 'curl',
      version,
    });
    expect(advisory.ids).toEqual(['DEBIAN-CVE-2024-2', 'CVE-2024-2']);
    const rows = [curl('7.88.1-10+deb12u4', '12'), curl('7.88.1-10+deb12u5', '12'), curl('7.0', '11')];
    expect(affected(advisory, rows)).toEqual([rows[0]]);
  });

  it.each([
    ['another ecosystem', { ecosystem: 'npm' }, 'nothing'],
    ['an ecosystem without its release', { ecosystem: 'Debian' }, 'nothing'],
    ['no versions', { ranges: [] }, 'nothing'],
    ['a withdrawal', { ecosystem: 'npm', withdrawn: '2024-01-01T00:00:00Z' }, 'advisory'],
  ])('with %s: %s', (_, more, expected) => {
    const reading = advisoryOfRecord(read({ id: 'X-1', ranges: [[{ introduced: '0' }]], ...more }));
    expect(reading.read).toBe(expected);
  });

  it('of malware are as bad as can be', () => {
    const advisory = advisoryIn(advisoryOfRecord(read({ id: 'MAL-2024-1', versions: ['1.0'] })));
    expect(advisory).toMatchObject({
      malicious: true,
      severity: { level: 'critical', source: 'MAL-2024-1' },
    });
  });
});

describe('news', () => {
  const lines = [vulnerability('< 1.2.3', '1.2.3'), vulnerability('>= 2, < 2.3', '2.3')];
  const of = (vulnerabilities: readonly unknown[], more = {}) =>
    readEvent('security_advisory', securityEvent(securityAdvisory(vulnerabilities, more), 'updated'));
  const seen = digestOf(of(lines));

  it.each([
    ['other words', of(lines, { summary: 'Better said', description: 'x', references: [] }), false],
    ['another name', of(lines, { identifiers: [] }), false],
    ['another order', of([...lines].reverse()), false],
    ['the same line twice', of([...lines, lines[0]]), false],
    [
      'another score of the same level',
      of(lines, { cvss: { score: 9.1, vector_string: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:N' } }),
      false,
    ],
    ['another level', of(lines, { cvss: null, severity: 'low' }), true],
    ['another range', of([lines[0], vulnerability('>= 2, < 2.4', '2.3')]), true],
    ['a patch at last', of([lines[0], vulnerability('<= 2.2', null)]), true],
    ['one line less', of([lines[0]]), true],
  ])('%s: %#', (_, advisory, expected) => {
    expect(isNews(advisory, seen)).toBe(expected);
  });

  it('is what was never seen, and a withdrawal once', () => {
    expect(isNews(of(lines), null)).toBe(true);
    expect(isNews(withdrawn, seen)).toBe(true);
    expect(isNews(withdrawn, digestOf(withdrawn))).toBe(false);
    expect(isNews(of(lines), digestOf(withdrawn))).toBe(true);
  });

  it('is an alert that is opened again', () => {
    const alert = readEvent('dependabot_alert', alertEvent('reopened'));
    expect(isNews(alert, digestOf(alert))).toBe(true);
  });

  it.each([
    ['critical', published(), true],
    ['high', of(oneVulnerability, { cvss: null, severity: 'medium' }), false],
    ['medium', of(oneVulnerability, { cvss: null, severity: 'medium' }), true],
    ['medium', of(oneVulnerability, { cvss: null, severity: null }), false],
    ['low', of(oneVulnerability, { cvss: null, severity: null }), true],
    ['critical', withdrawn, true],
  ] as const)('is bad enough for %s: %#', (floor, advisory, expected) => {
    expect(meetsFloor(advisory, floor)).toBe(expected);
  });
});
