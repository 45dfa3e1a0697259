import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { ScanPackage } from '../../../src/scan/model.ts';
import { osvDatabase } from '../../../src/scan/osv/scanner.ts';
import type { ScanAnswer, ScanStep } from '../../../src/scan/scanner.ts';
import { advisory, below, distribution, python } from './made.ts';

const advisories = JSON.parse(
  readFileSync(new URL('../../fixtures/scan/osv/advisories.json', import.meta.url), 'utf8'),
) as readonly unknown[];

type Found = Omit<Extract<ScanAnswer, { to: 'look-up' }>, 'to'>;

function next(packages: readonly ScanPackage[], ...found: readonly Partial<Found>[]): ScanStep {
  const history = found.map((one): ScanAnswer => ({
    to: 'look-up',
    records: [],
    date: '2024-10-10T01:02:03Z',
    missing: [],
    skipped: 0,
    ...one,
  }));
  return osvDatabase('/data/osv').next({ packages, layouts: [], program: null }, history);
}

const debian = distribution('Debian:12', 'openssl', '3.0.20-1~deb12u2', 'libssl3');

describe('osvDatabase', () => {
  it('looks up all names of an ecosystem at once, whatever the release', () => {
    const packages = [
      python('requests', '2.19.0'),
      python('jinja2', '2.10'),
      debian,
      { ...debian, ecosystem: 'Debian:11' },
    ];
    expect(next([...packages, { ...debian, ecosystem: 'conda' }])).toEqual({
      do: 'look-up',
      wanted: [
        { ecosystem: 'PyPI', names: ['jinja2', 'requests'] },
        { ecosystem: 'Debian', names: ['openssl'] },
      ],
    });
  });

  it('reports by the facts of true advisories', () => {
    const packages = [
      python('jinja2', '2.10'),
      python('requests', '2.30.0'),
      python('py', '1.11.0'),
      python('redis', '4.5.3'),
      python('pillow', '10.0.0'),
      python('django', '3.2.0'),
      python('123bla', '0.0.1'),
      python('click', '8.1.7'),
      debian,
    ];
    const step = next(packages, { records: advisories });
    if (step.do !== 'done' || step.report.state !== 'found') throw new Error('nothing was found');
    expect(step.report.by).toEqual({
      name: 'osv',
      version: null,
      database: 'database of 2024-10-10',
      databaseDate: '2024-10-10T01:02:03Z',
    });
    expect(step.report.notChecked).toEqual([]);
    expect(
      step.report.findings.map(({ package: name, id, severity, fixed }) =>
        [name, id, severity.level, fixed.join(' ')].join(' | '),
      ),
    ).toEqual([
      'openssl | CVE-2026-35189 | unknown | 3.0.22-1~deb12u2',
      'openssl | CVE-2026-42767 | unknown | 3.0.22-1~deb12u1',
      '123bla | MAL-2024-10238 | critical | ',
      'django | CVE-2022-28346 | unknown | 3.2.13 4.0.4',
      'django | CVE-2022-41323 | unknown | 3.2.16 4.0.8 4.1.2',
      'django | CVE-2024-27351 | unknown | 3.2.25 4.2.11 5.0.3',
      'jinja2 | CVE-2019-10906 | high | 2.10.1',
      'jinja2 | CVE-2020-28493 | unknown | 2.11.3',
      'pillow | PYSEC-2023-175 | unknown | 10.0.1',
      'py | CVE-2022-42969 | medium | ',
      'redis | CVE-2023-28859 | unknown | 4.5.4',
      'requests | CVE-2023-32681 | medium | 2.31.0',
    ]);
  });

  it('is clean over an old database that has nothing', () => {
    expect(next([python('click', '8.1.7')], { date: null })).toEqual({
      do: 'done',
      report: {
        state: 'clean',
        by: { name: 'osv', version: null, database: 'database in /data/osv', databaseDate: null },
        findings: [],
        secrets: [],
        notChecked: [],
      },
    });
  });

  it('says which ecosystems it has no database of', () => {
    const records = [advisory({ id: 'A-1', ranges: below('2') })];
    expect(next([python('demo', '1'), debian], { records, missing: ['Debian'] })).toMatchObject({
      do: 'done',
      report: {
        findings: [{ id: 'A-1' }],
        notChecked: ['1 package of Debian: there is no database of it in /data/osv'],
      },
    });
  });

  it('fails when it has none of them, which must never pass for clean', () => {
    expect(next([python('demo', '1'), debian], { missing: ['PyPI', 'Debian'] })).toMatchObject({
      do: 'fail',
      reason: {
        code: 'database-missing',
        message: expect.stringContaining('no database of PyPI, Debian') as string,
        fix: expect.stringContaining('relock db update --db /data/osv') as string,
      },
    });
  });

  it('says how many records could not be read', () => {
    const records = [advisory({ id: 'A-1', ranges: below('2') }), { id: 'B-1', affected: 7 }, null];
    expect(next([python('demo', '1')], { records })).toMatchObject({
      do: 'done',
      report: {
        state: 'found',
        notChecked: ['2 advisories that could not be read (B-1, one without a name)'],
      },
    });
  });

  it('fails by the answer to another question', () => {
    const step = osvDatabase('/data/osv').next({ packages: [debian], layouts: [], program: null }, [
      { to: 'ask', answers: [] },
    ]);
    expect(step).toMatchObject({ do: 'fail', reason: { code: 'internal' } });
  });
});
