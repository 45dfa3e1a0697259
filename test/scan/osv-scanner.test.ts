import { describe, expect, it } from 'vitest';
import type { Finding, ScanReport } from '../../src/scan/model.ts';
import {
  deb,
  drive,
  ended,
  inputOf,
  names,
  PROGRAMS,
  python,
  recorded,
  scannerOf,
  SMALL_SET,
} from '../support/scanners.ts';
import type { AnswerCommand, ProgramName } from '../support/scanners.ts';

const osv = scannerOf('osv-scanner', '/cache');

function replay(name: ProgramName): AnswerCommand {
  let at = -1;
  return ({ argv }) => {
    at += 1;
    const value = recorded(`${name}/small-set-${at}.json`);
    if (argv[0] === 'version') return ended(0, null, JSON.stringify(value));
    return ended(name === 'osv-scanner' ? 1 : 0, value);
  };
}

const DJANGO = { name: 'Django', version: '3.2', ecosystem: 'PyPI' };

/** What it writes of one package. */
function listed(more: object = {}, one: object = DJANGO): object {
  return { results: [{ packages: [{ package: one, ...more }] }] };
}

function say(answer: object | string, exitCode: number): Promise<ScanReport> {
  return drive(osv, inputOf([python('django', '3.2')]), () => ended(exitCode, answer));
}

async function one(group: object, record: object): Promise<Finding | undefined> {
  const report = await say(
    listed({
      groups: [{ ids: ['PYSEC-1'], aliases: ['CVE-2026-1'], ...group }],
      vulnerabilities: [{ id: 'PYSEC-1', ...record }],
    }),
    1,
  );
  return report.state === 'failed' ? undefined : report.findings[0];
}

describe('osv-scanner', () => {
  it('finds what it said, one run for each ecosystem', async () => {
    const report = await drive(osv, inputOf(SMALL_SET), replay('osv-scanner'));
    expect(report).toMatchObject({
      state: 'found',
      notChecked: [],
      by: { version: '1.2.3', databaseDate: null },
    });
    const findings = report.state === 'failed' ? [] : report.findings;
    expect(findings).toHaveLength(64);
    expect(findings.find(({ id }) => id === 'CVE-2021-31542')).toEqual({
      id: 'CVE-2021-31542',
      ids: ['CVE-2021-31542', 'GHSA-rxjp-mfm9-w4wr', 'PYSEC-2021-7'],
      ecosystem: 'PyPI',
      package: 'django',
      version: '3.2.0',
      summary: '',
      severity: { level: 'unknown', score: null, source: '', vector: null },
      fixed: ['3.2.1'],
      link: 'https://osv.dev/vulnerability/PYSEC-2021-7',
      note: null,
      malicious: false,
    });
  });

  it('agrees with Trivy and Grype on the same advisories but for one', async () => {
    const [trivy = [], grype = [], own = []] = await Promise.all(
      PROGRAMS.map(async (name) => {
        const report = await drive(scannerOf(name, '/cache'), inputOf(SMALL_SET), replay(name));
        return report.state === 'failed' ? [] : names(report.findings);
      }),
    );
    expect(trivy).toHaveLength(65);
    expect(grype).toEqual(trivy);
    // PYSEC-2022-304 has a range of commits before that of versions: osv-scanner, offline, then goes by the list of versions
    // alone and letter by letter, and there stands `3.2`, not `3.2.0`.
    expect(trivy.filter((name) => !own.includes(name))).toEqual(['django CVE-2022-41323']);
    expect(own.filter((name) => !trivy.includes(name))).toEqual([]);
  });

  it('uses databases that are there, or fetches them, and never asks the API with names', async () => {
    const asked: string[] = [];
    for (const offline of [true, false]) {
      await drive(scannerOf('osv-scanner', '/cache', offline), inputOf([python('a', '1')]), ({ argv }) => {
        asked.push(argv.join(' '));
        return ended(127, null);
      });
    }
    expect(asked[0]).toContain(' --offline --local-db-path /cache ');
    expect(asked[1]).toContain(
      ' --offline-vulnerabilities --download-offline-databases --local-db-path /cache ',
    );
  });

  it('takes the score of a group, else a word; the vector only where it is sure', async () => {
    const vector = 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H';
    const severity = [{ type: 'CVSS_V3', score: vector }];
    expect((await one({ max_severity: '7.5' }, { severity }))?.severity).toEqual({
      level: 'high',
      score: 7.5,
      source: 'osv-scanner: CVSS',
      vector,
    });
    const two = [...severity, { type: 'CVSS_V2', score: 'AV:N/AC:L/Au:N/C:N/I:N/A:P' }];
    expect((await one({ max_severity: '7.5' }, { severity: two }))?.severity.vector).toBeNull();
    const word = { database_specific: { severity: 'MODERATE' } };
    expect((await one({ max_severity: '' }, word))?.severity).toMatchObject({ level: 'medium', score: null });
    expect((await one({ max_severity: 'NaN' }, {}))?.severity).toMatchObject({
      level: 'unknown',
      score: null,
    });
    expect((await one({ max_severity: '99' }, {}))?.severity).toMatchObject({
      level: 'unknown',
      score: null,
    });
  });

  it('reads fixed versions of this package alone, above its own', async () => {
    const range = (fixed: string, type = 'ECOSYSTEM'): object => ({
      type,
      events: [{ introduced: '0' }, { fixed }],
    });
    const affected = [
      {
        package: { ecosystem: 'PyPI', name: 'Django' },
        ranges: [range('2.2.21'), range('4.0.1'), range('3.2.1'), range('abc', 'GIT')],
      },
      { package: { ecosystem: 'PyPI', name: 'other' }, ranges: [range('9')] },
    ];
    expect((await one({}, { affected }))?.fixed).toEqual(['3.2.1', '4.0.1']);
  });

  it('is clean only when it looked at all', async () => {
    expect(await say(listed(), 0)).toMatchObject({ state: 'clean', notChecked: [] });
    expect(await say({ results: [] }, 0)).toMatchObject({ state: 'failed' });
    const two = inputOf([python('django', '3.2'), python('six', '1')]);
    expect(await drive(osv, two, () => ended(0, listed()))).toMatchObject({
      state: 'clean',
      notChecked: ['1 package of PyPI, which osv-scanner did not look at (six)'],
    });
    const rpm = inputOf([python('django', '3.2'), { ...deb('bash', '5'), ecosystem: 'AlmaLinux:9' }]);
    expect(await drive(osv, rpm, () => ended(0, listed()))).toMatchObject({
      notChecked: ['1 package of AlmaLinux:9, which osv-scanner cannot look up (bash)'],
    });
  });

  it.each<[string, object | string, number]>([
    ['no database, whatever it wrote', listed(), 127],
    ['a code that says there are some, and none', listed(), 1],
    ['no JSON', 'No issues found', 0],
    ['JSON cut short', '{"results":[', 1],
    ['no results', {}, 0],
    ['a package that nobody asked about', listed({}, { ...DJANGO, version: '9' }), 0],
    ['a vulnerability in no group', listed({ vulnerabilities: [{ id: 'PYSEC-1' }] }), 1],
    ['a group without vulnerabilities', listed({ groups: [{ ids: ['PYSEC-1'] }] }), 1],
    ['groups that are no list', listed({ groups: 'x' }), 1],
  ])('fails with %s', async (_, answer, exitCode) => {
    expect(await say(answer, exitCode)).toMatchObject({ state: 'failed', scanner: 'osv-scanner' });
  });
});
