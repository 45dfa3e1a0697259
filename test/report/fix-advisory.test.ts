import { describe, expect, it } from 'vitest';
import type { Advisory, AdvisoryPackage } from '../../src/advisory/model.ts';
import { fixAdvisories, rangeInWords } from '../../src/report/fix-advisory.ts';
import type { OsvEvent } from '../../src/scan/osv/record.ts';

const range = (...events: readonly (readonly [OsvEvent['kind'], string])[]): readonly OsvEvent[] =>
  events.map(([kind, version]) => ({ kind, version }));

const PACKAGE: AdvisoryPackage = {
  ecosystem: 'PyPI',
  name: 'jinja2',
  ranges: [range(['introduced', '0'], ['fixed', '3.1.4'])],
  versions: [],
  firstPatched: '3.1.4',
};

function told(ids: readonly string[], more: Partial<Advisory> = {}): Advisory {
  return {
    id: ids[0] ?? '',
    ids,
    source: 'security_advisory',
    state: 'published',
    summary: `About ${ids[0]}`,
    severity: { level: 'high', score: null, source: 'GHSA', vector: null },
    malicious: false,
    packages: [PACKAGE],
    repository: null,
    installation: null,
    alert: null,
    ...more,
  };
}

const JINJA = { ecosystem: 'PyPI', name: 'jinja2' };
const GHSA = 'GHSA-aaaa-bbbb-cccc';

it('folds what several sources tell of one vulnerability', () => {
  const found = fixAdvisories(
    [
      told([GHSA, 'CVE-2026-1']),
      told(['PYSEC-2026-2', 'CVE-2026-1'], {
        source: 'osv',
        summary: 'Another word',
        severity: { level: 'critical', score: 9.1, source: 'CVSS 3.1', vector: null },
        packages: [
          { ...PACKAGE, ranges: [range(['introduced', '2.0'], ['fixed', '2.11.4'])], firstPatched: null },
        ],
      }),
      told(['CVE-2026-9'], { source: 'osv' }),
    ],
    JINJA,
  );
  expect(found).toEqual([
    {
      id: 'CVE-2026-1',
      ids: ['CVE-2026-1', GHSA, 'PYSEC-2026-2'],
      summary: `About ${GHSA}`,
      severity: { level: 'critical', score: 9.1, source: 'CVSS 3.1', vector: null },
      malicious: false,
      affected: ['< 3.1.4', '>= 2.0, < 2.11.4'],
      fixed: ['2.11.4', '3.1.4'],
      link: `https://github.com/advisories/${GHSA}`,
      withdrawn: false,
    },
    expect.objectContaining({ id: 'CVE-2026-9', link: 'https://osv.dev/vulnerability/CVE-2026-9' }),
  ]);
});

it('speaks of the one package alone', () => {
  const other = { ...PACKAGE, name: 'flask' };
  const conda = { ...PACKAGE, ecosystem: 'Debian:12' };
  expect(fixAdvisories([told(['CVE-1'], { packages: [other, conda] })], JINJA)).toEqual([]);
  expect(fixAdvisories([told(['CVE-1'], { packages: [other, PACKAGE] })], JINJA)).toHaveLength(1);
});

it('is withdrawn when every source says so, and then comes last', () => {
  const withdrawn = { state: 'withdrawn' } as const;
  const ids = (advisories: readonly Advisory[]) =>
    fixAdvisories(advisories, JINJA).map(({ id, withdrawn: gone }) => [id, gone]);
  expect(ids([told(['CVE-1', GHSA], withdrawn), told(['PYSEC-1', 'CVE-1'])])).toEqual([['CVE-1', false]]);
  expect(ids([told(['CVE-1'], withdrawn), told(['CVE-2'], { severity: told([]).severity })])).toEqual([
    ['CVE-2', false],
    ['CVE-1', true],
  ]);
});

it('puts the malicious first, then the worst', () => {
  const rated = (level: 'low' | 'high' | 'unknown', score: number | null) => ({
    severity: { level, score, source: '', vector: null },
  });
  const found = fixAdvisories(
    [
      told(['CVE-1'], rated('low', 2)),
      told(['CVE-2'], rated('unknown', null)),
      told(['CVE-3'], rated('high', 7.1)),
      told(['CVE-4'], rated('high', 8.2)),
      told(['MAL-5'], { malicious: true }),
    ],
    JINJA,
  );
  expect(found.map(({ id }) => id)).toEqual(['MAL-5', 'CVE-4', 'CVE-3', 'CVE-1', 'CVE-2']);
});

it.each([
  [[GHSA], 'security_advisory', `https://github.com/advisories/${GHSA}`],
  // GitHub's own database may not have it yet.
  [[GHSA], 'repository_advisory', null],
  [['GHSA-x)](https://evil.test)'], 'security_advisory', null],
  [['PYSEC-2026-1'], 'osv', 'https://osv.dev/vulnerability/PYSEC-2026-1'],
] as const)('%j of %s has its page at %s', (ids, source, link) => {
  expect(fixAdvisories([told(ids, { source })], JINJA)[0]?.link).toBe(link);
});

describe('ranges in words', () => {
  it.each<[readonly OsvEvent[], readonly string[]]>([
    [range(['introduced', '0'], ['fixed', '2']), ['< 2']],
    [range(['introduced', '1'], ['fixed', '2']), ['>= 1, < 2']],
    [range(['introduced', '1'], ['last_affected', '2']), ['>= 1, <= 2']],
    [range(['introduced', '0']), ['all versions']],
    [range(['introduced', '3']), ['>= 3']],
    [range(['introduced', '0'], ['fixed', '1'], ['introduced', '2'], ['fixed', '3']), ['< 1', '>= 2, < 3']],
    // The end of a range and a later first release without it.
    [range(['introduced', '0'], ['limit', '2'], ['fixed', '2.1']), ['< 2']],
    [range(['introduced', '0'], ['last_affected', '2'], ['fixed', '2.1']), ['<= 2']],
    [[], []],
  ])('%j: %j', (events, words) => {
    expect(rangeInWords(events)).toEqual(words);
  });
});
