import { array, assert, property, subarray } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { foldFindings, mergeFindings } from '../../src/scan/merge-findings.ts';
import type { Finding, ScanReport } from '../../src/scan/model.ts';
import { finding, OSV, secret, TRIVY } from '../support/scan-results.ts';

const reason = { code: 'timeout', message: 'It took too long.', fix: '', detail: '' } as const;
const rating = (level: Finding['severity']['level'], score: number | null, source: string) => ({
  severity: { level, score, source, vector: null },
});

function found(by: typeof OSV, findings: readonly Finding[], more = {}): ScanReport {
  return { state: 'found', by, findings, secrets: [], notChecked: [], ...more };
}

it('collects who reported, who failed, and what was not checked, each once', () => {
  const merged = mergeFindings([
    found(OSV, [], { notChecked: ['a', 'b'] }),
    {
      state: 'clean',
      by: TRIVY,
      findings: [],
      secrets: [secret('r', 'p'), secret('r', 'p')],
      notChecked: ['b'],
    },
    { state: 'failed', scanner: 'grype', reason },
  ]);
  expect(merged).toEqual({
    by: [OSV, TRIVY],
    findings: [],
    secrets: [secret('r', 'p')],
    failed: [{ scanner: 'grype', reason }],
    notChecked: ['a', 'b'],
  });
});

it('folds by shared names within one version of a package, and shows the best name', () => {
  const merged = mergeFindings([
    found(OSV, [
      finding('PYSEC-2024-7', 'a 1', 'medium', { ids: ['GHSA-x', 'PYSEC-2024-7'], summary: '', link: null }),
      finding('CVE-2024-9', 'a 2', 'low'),
    ]),
    found(TRIVY, [
      finding('CVE-2024-1', 'a 1', 'low', { ids: ['CVE-2024-1', 'GHSA-x'], fixed: ['2', '3'], note: 'n' }),
      finding('CVE-2024-9', 'a 3', 'low'),
    ]),
  ]);
  expect(merged.findings.map(({ id, ids, version }) => [id, ids, version])).toEqual([
    ['CVE-2024-1', ['CVE-2024-1', 'GHSA-x', 'PYSEC-2024-7'], '1'],
    ['CVE-2024-9', ['CVE-2024-9'], '2'],
    ['CVE-2024-9', ['CVE-2024-9'], '3'],
  ]);
  expect(merged.findings[0]).toMatchObject({
    summary: 'Trouble in a',
    link: 'https://osv.dev/vulnerability/CVE-2024-1',
    fixed: ['2', '3'],
    note: 'n',
  });
});

describe('severity', () => {
  it.each<[string, Partial<Finding>, Partial<Finding>, string]>([
    ['a score beats a worse word', rating('critical', null, 'debian'), rating('low', 3, 'nvd'), 'nvd'],
    ['a word beats nothing', rating('unknown', null, ''), rating('low', null, 'debian'), 'debian'],
    ['a word beats nothing, whoever came first', rating('none', null, 'w'), rating('unknown', null, ''), 'w'],
    ['of scores the worst', rating('high', 7.1, 'a'), rating('high', 7.5, 'b'), 'b'],
    ['of words the worst', rating('medium', null, 'a'), rating('high', null, 'b'), 'b'],
    ['of equals the first', rating('high', 7.5, 'a'), rating('high', 7.5, 'b'), 'a'],
  ])('%s', (_, one, other, source) => {
    const [only] = foldFindings([finding('X', 'a 1', 'low', one), finding('X', 'a 1', 'low', other)]);
    expect(only?.severity.source).toBe(source);
  });
});

it('a chain of aliases, also one that goes round, is one finding', () => {
  const chain = [
    ['A', 'B'],
    ['C', 'D'],
    ['B', 'C'],
    ['D', 'A'],
  ].map((ids) => finding(ids[0] ?? '', 'a 1', 'low', { ids }));
  expect(foldFindings(chain).map(({ ids }) => ids)).toEqual([['A', 'B', 'C', 'D']]);
});

it('an advisory that covers several vulnerabilities does not make one of them', () => {
  const both = [
    finding('CVE-1', 'a 1', 'low', { ids: ['CVE-1', 'DSA-5-1'] }),
    finding('CVE-2', 'a 1', 'low', { ids: ['CVE-2', 'DSA-5-1'] }),
  ];
  expect(foldFindings(both)).toHaveLength(2);
  const alone = [finding('DSA-5-1', 'a 1'), finding('DSA-5-1', 'a 1')];
  expect(foldFindings(alone)).toHaveLength(1);
});

it('gives the same names in the same groups in whatever order', () => {
  const some = array(subarray(['A', 'B', 'C', 'D', 'E', 'F'], { minLength: 1 }), { maxLength: 8 });
  assert(
    property(some, (sets) => {
      const all = sets.map((ids) => finding(ids[0] ?? '', 'a 1', 'low', { ids }));
      const names = (findings: readonly Finding[]): readonly string[] =>
        foldFindings(findings).map(({ ids }) => ids.join());
      expect(names(all).toSorted()).toEqual(names(all.toReversed()).toSorted());
    }),
  );
});

it('folds 20,000 findings in one long chain without taking its square', () => {
  const chain = Array.from({ length: 20_000 }, (_, index) =>
    finding(`N-${index}`, 'a 1', 'low', { ids: [`N-${index}`, `N-${index + 1}`] }),
  );
  expect(foldFindings(chain)).toHaveLength(1);
});
