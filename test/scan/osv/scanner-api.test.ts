import { describe, expect, it } from 'vitest';
import type { ScanPackage } from '../../../src/scan/model.ts';
import { osvApi } from '../../../src/scan/osv/scanner.ts';
import type { ScanAnswer, ScanHttpAnswer, ScanStep } from '../../../src/scan/scanner.ts';
import { advisory, below, distribution, python } from './made.ts';

const MODIFIED = '2024-01-02T03:04:05Z';

function next(
  packages: readonly ScanPackage[],
  ...history: readonly (readonly ScanHttpAnswer[])[]
): ScanStep {
  const asked = history.map((answers): ScanAnswer => ({ to: 'ask', answers }));
  return osvApi('api.osv.dev').next({ packages, layouts: [], program: null }, asked);
}

function ok(value: unknown): ScanHttpAnswer {
  return { status: 200, body: JSON.stringify(value) };
}

function matches(...ids: readonly string[]): object {
  return ids.length === 0 ? {} : { vulns: ids.map((id) => ({ id, modified: MODIFIED })) };
}

function asked(step: ScanStep): readonly object[] {
  if (step.do !== 'ask') throw new Error(`not asked but ${step.do}`);
  return step.requests
    .map(({ body }) => (JSON.parse(body ?? '{}') as { queries: readonly object[] }).queries)
    .flat();
}

describe('asking', () => {
  it('asks by name and version, of distributions by those of the source, each once', () => {
    const step = next([
      python('jw-util', '2.2'),
      distribution('Debian:12', 'openssl', '3.0.11-1', 'libssl3'),
      distribution('Debian:12', 'openssl', '3.0.11-1', 'openssl'),
    ]);
    expect(step).toMatchObject({
      do: 'ask',
      requests: [{ method: 'POST', path: '/v1/querybatch', keep: null }],
    });
    expect(asked(step)).toEqual([
      { package: { name: 'jw-util', ecosystem: 'PyPI' }, version: '2.2' },
      { package: { name: 'openssl', ecosystem: 'Debian:12' }, version: '3.0.11-1' },
    ]);
  });

  it('asks at most a thousand at once', () => {
    const step = next(Array.from({ length: 2001 }, (_, index) => python(`p${index}`, '1')));
    const counts =
      step.do === 'ask' ? step.requests.map(({ body }) => body?.match(/"version"/gu)?.length) : [];
    expect(counts).toEqual([1000, 1000, 1]);
  });

  it('never sends what would make the service refuse the batch', () => {
    const step = next([
      python('demo', '1'),
      python('legacy', '2004d'),
      python('empty', ''),
      { ...python('demo', '1'), ecosystem: 'conda' },
      { ...python('demo', '1'), ecosystem: 'PyPI:\n' },
      distribution('Slackware:15', 'openssl', '1'),
    ]);
    expect(asked(step)).toEqual([
      { package: { name: 'demo', ecosystem: 'PyPI' }, version: '1' },
      { package: { name: 'legacy', ecosystem: 'PyPI' } },
    ]);
  });

  it('follows further pages, of those queries alone that have some', () => {
    const packages = [python('a', '1'), python('b', '1'), python('c', '1')];
    const first = [
      ok({
        results: [matches('A-1'), { ...matches('B-1'), next_page_token: 'more' }, { next_page_token: 'x' }],
      }),
    ];
    const second = next(packages, first);
    expect(asked(second)).toEqual([
      { package: { name: 'b', ecosystem: 'PyPI' }, version: '1', page_token: 'more' },
      { package: { name: 'c', ecosystem: 'PyPI' }, version: '1', page_token: 'x' },
    ]);
    expect(next(packages, first, [ok({ results: [matches('B-2', 'A-1'), {}] })])).toEqual({
      do: 'ask',
      requests: ['A-1', 'B-1', 'B-2'].map((id) => ({
        method: 'GET',
        path: `/v1/vulns/${id}`,
        body: null,
        keep: `${id} ${MODIFIED}`,
      })),
    });
  });

  it('ends with a service that has pages without end', () => {
    const page = [ok({ results: [{ next_page_token: 'again' }] })];
    expect(next([python('a', '1')], ...Array.from({ length: 100 }, () => page))).toMatchObject({
      do: 'fail',
      reason: { code: 'advisories-unreachable', message: expect.stringContaining('100 pages') as string },
    });
  });
});

describe('reporting', () => {
  const packages = [python('demo', '1'), python('other', '1')];
  const both = [ok({ results: [matches('A-1', 'B-1'), {}] })];

  it('is clean when nothing matches, and when there is nothing to ask', () => {
    const by = { name: 'osv', version: null, database: 'api.osv.dev', databaseDate: null };
    const report = { state: 'clean', by, findings: [], secrets: [], notChecked: [] };
    expect(next(packages, [ok({ results: [{}, null] })])).toEqual({ do: 'done', report });
    expect(next([])).toEqual({ do: 'done', report });
  });

  it('gives the findings of the records', () => {
    const records = [
      ok(advisory({ id: 'A-1', aliases: ['CVE-1'], ranges: below('2') })),
      ok(advisory({ id: 'B-1', withdrawn: '2024-01-01T00:00:00Z', ranges: below('2') })),
    ];
    expect(next(packages, both, records)).toMatchObject({
      do: 'done',
      report: { state: 'found', findings: [{ id: 'CVE-1', package: 'demo', fixed: ['2'] }], notChecked: [] },
    });
  });

  it('decides itself where the service does not know the version', () => {
    const legacy = [python('demo', '2004d')];
    const records = [
      ok(advisory({ id: 'A-1', versions: ['2004d'] })),
      ok(advisory({ id: 'B-1', ranges: below('2') })),
    ];
    expect(next(legacy, [ok({ results: [matches('A-1', 'B-1')] })], records)).toMatchObject({
      do: 'done',
      report: {
        findings: [{ id: 'A-1', version: '2004d' }],
        notChecked: ['demo 2004d against B-1: the versions cannot be compared'],
      },
    });
  });

  it('keeps a finding whose record cannot be read, by its name', () => {
    const records = [ok({ id: 'A-1', affected: 'all' }), ok(advisory({ id: 'C-1', ranges: below('2') }))];
    expect(next(packages, both, records)).toMatchObject({
      do: 'done',
      report: {
        findings: [
          { id: 'A-1', severity: { level: 'unknown' }, fixed: [] },
          { id: 'B-1', severity: { level: 'unknown' }, fixed: [] },
        ],
        notChecked: ['2 advisories that could not be read (A-1, B-1)'],
      },
    });
  });

  it.each<[string, readonly ScanHttpAnswer[], string]>([
    ['no connection', [{ failed: 'api.osv.dev cannot be reached: ECONNREFUSED' }], 'ECONNREFUSED'],
    ['an error', [{ status: 503, body: '' }], 'status 503'],
    ['a refusal', [{ status: 400, body: '{"message": "Invalid ecosystem."}' }], 'status 400'],
    ['no JSON', [{ status: 200, body: '<html>' }], 'not JSON'],
    ['cut short', [{ status: 200, body: '{"results": [{}' }], 'cut short'],
    ['too few results', [ok({ results: [{}] })], '1 results for 2 packages'],
    ['too many results', [ok({ results: [{}, {}, {}, {}] })], '3 results for 2 packages'],
    ['no results', [ok({})], '0 results for 2 packages'],
    ['results of another form', [ok({ results: [{ vulns: 'none' }, {}] })], 'form'],
    ['a match without a name', [ok({ results: [{ vulns: [{ id: '../x' }] }, {}] })], 'form'],
    ['no answer at all', [], 'no answer'],
  ])('fails when the batch gets %s', (_, answers, why) => {
    expect(next(packages, answers)).toMatchObject({
      do: 'fail',
      reason: {
        code: 'advisories-unreachable',
        message: expect.stringMatching(
          `^The advisories of the packages were asked for at api.osv.dev: .*${why}`,
        ) as string,
        fix: expect.stringContaining('--db') as string,
      },
    });
  });

  it.each<[string, ScanHttpAnswer]>([
    ['not there', { status: 404, body: '' }],
    ['unreachable', { failed: 'the connection was closed' }],
    ['cut short', { status: 200, body: '{"id": "B-1", "affec' }],
  ])('fails as a whole when one advisory is %s', (_, answer) => {
    const step = next(packages, both, [ok(advisory({ id: 'A-1', ranges: below('2') })), answer]);
    expect(step).toMatchObject({
      do: 'fail',
      reason: { code: 'advisories-unreachable', message: expect.stringContaining('of B-1, ') as string },
    });
  });

  it('fails when nothing could be looked up', () => {
    expect(next([{ ...python('demo', '1'), ecosystem: 'Slackware:15' }])).toMatchObject({
      do: 'fail',
      reason: {
        code: 'scanner-failed',
        message: expect.stringContaining('1 package of Slackware') as string,
      },
    });
  });
});
