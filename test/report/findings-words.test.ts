import { describe, expect, it } from 'vitest';
import {
  causesInWords,
  idOf,
  isFixable,
  placesInWords,
  scanInWords,
  scannerInWords,
  severityInWords,
  whyInWords,
} from '../../src/report/findings-words.ts';
import { NO_SCAN, type RemainingWhy, type ScanOutcome } from '../../src/scan/outcome.ts';
import {
  addedBy,
  finding,
  fixedBy,
  imagePlace,
  lockPlace,
  OSV,
  scanned,
  stays,
  TRIVY,
} from '../support/scan-results.ts';

const reason = (code: ScanOutcome['failed'][number]['reason']['code']) => ({
  code,
  message: 'm',
  fix: '',
  detail: '',
});
const some = (count: number, level: 'critical' | 'high' | 'low') =>
  Array.from({ length: count }, (_, index) => finding(`CVE-${level}-${index}`, 'a 1', level));
const fixed = (...all: readonly (readonly ReturnType<typeof finding>[])[]) =>
  all.flat().map((one) => fixedBy(one, '2', 'a.txt'));

describe('the verdict', () => {
  it.each<[string, ScanOutcome, string]>([
    [
      'counts by severity',
      scanned({
        diff: {
          fixed: fixed(some(2, 'critical'), some(5, 'high'), some(5, 'low')),
          added: [],
          remaining: some(3, 'low').map((one) => stays(one, null, lockPlace('a.txt'))),
        },
      }),
      'fixes 12 known vulnerabilities (2 critical, 5 high); adds none; 3 remain',
    ],
    [
      'says what it adds',
      scanned({ diff: { fixed: [], added: [addedBy(finding('C', 'a 1'), '0', 'a.txt')], remaining: [] } }),
      'fixes no known vulnerabilities; adds 1 (1 high); none remain',
    ],
    [
      'one of each',
      scanned({
        diff: {
          fixed: fixed(some(1, 'low')),
          added: [],
          remaining: [stays(finding('C', 'a 1'), null, lockPlace('a'))],
        },
      }),
      'fixes 1 known vulnerability; adds none; 1 remains',
    ],
    ['knows nothing bad', scanned(), 'no known vulnerabilities before and after'],
    [
      'is not clean when one of two scanners failed',
      scanned({ failed: [{ scanner: 'trivy', reason: reason('timeout') }] }),
      'no known vulnerabilities before and after in what was checked; not checked by trivy',
    ],
    [
      'is not clean when something was not checked',
      scanned({ notChecked: ['a.txt: torn'] }),
      'no known vulnerabilities before and after in what was checked; not all of it could be checked',
    ],
    ['nothing to scan', NO_SCAN, 'known vulnerabilities were not checked: nothing changed'],
    [
      'nothing was checked',
      {
        ...NO_SCAN,
        skipped: null,
        failed: [
          { scanner: 'osv', reason: reason('advisories-unreachable') },
          { scanner: 'trivy', reason: reason('database-missing') },
          { scanner: 'grype', reason: reason('internal') },
        ],
      },
      'known vulnerabilities were not checked: osv could not reach its advisories, trivy has no database and grype failed',
    ],
    ['no scanner', { ...NO_SCAN, skipped: null }, 'known vulnerabilities were not checked'],
    [
      'a hostile why',
      { ...NO_SCAN, skipped: '@me <b>' },
      'known vulnerabilities were not checked: `@me <b>`',
    ],
  ])('%s', (_, scan, words) => {
    expect(scanInWords(scan).join('; ')).toBe(words);
  });
});

it.each<[RemainingWhy | null, readonly string[], string]>([
  [null, [], 'no fix yet'],
  [null, ['5.0.3'], '`5.0.3` has the fix'],
  [{ kind: 'no-fix', note: null }, [], 'no fix yet'],
  [{ kind: 'no-fix', note: 'will | not' }, [], 'no fix yet (`will \\| not`)'],
  [
    { kind: 'cool-down', fixed: '5.0.3', released: '2026-11-20T08:00:00Z' },
    ['5.0.3'],
    'fix `5.0.3` was released 2026-11-20, within the cool-down',
  ],
  [
    { kind: 'held', by: 'celery 5.2.0', wants: 'kombu<5.3', fixed: '5.3.1' },
    ['5.3.1'],
    'held back by `celery 5.2.0`, which wants `kombu<5.3`; `5.3.1` has the fix',
  ],
  [{ kind: 'image', fixed: '3.0.2' }, ['3.0.2'], '`3.0.2` has the fix; the image was not built with it yet'],
  [{ kind: 'failed', location: 'poetry.lock' }, ['2'], '`poetry.lock` could not be made anew'],
  [{ kind: 'unknown', fixed: '5.0.3' }, ['5.0.3'], '`5.0.3` has the fix; the locker did not choose it'],
])('why it stays: %j %j', (why, versions, words) => {
  const found = finding('C', 'a 1', 'high', { fixed: versions });
  expect(whyInWords(why, found)).toBe(words);
  expect(isFixable(stays(found, why))).toBe(!words.startsWith('no fix'));
});

it.each([
  [{ level: 'critical', score: 9.8 }, '9.8 critical'],
  [{ level: 'high', score: 7 }, '7.0 high'],
  [{ level: 'high', score: null }, 'high'],
  [{ level: 'unknown', score: null }, 'not rated'],
  [{ level: 'low', score: Number.NaN }, 'low'],
  [{ level: '<b>', score: 11 }, 'not rated'],
] as never[])('severity %j', (severity, words) => {
  expect(severityInWords(severity)).toBe(words);
});

it('an id is linked where its page is safe', () => {
  expect(idOf(finding('CVE-1', 'a 1'))).toBe('[`CVE-1`](https://osv.dev/vulnerability/CVE-1)');
  expect(idOf(finding('CVE-1', 'a 1', 'low', { link: 'javascript:alert(1)' }))).toBe('`CVE-1`');
  expect(idOf(finding('](x)`', 'a 1', 'low', { link: 'https://x.test/a)b' }))).toBe(
    '[`` ](x)` ``](https://x.test/a%29b)',
  );
});

it('tells causes once for the places that have them alike', () => {
  const cause = (location: string, from: string | null, to: string | null) => ({
    place: lockPlace(location),
    from,
    to,
  });
  expect(
    causesInWords([cause('a', '1', '2'), cause('b', '1', '2'), cause('c', '1', null), cause('d', null, '3')]),
  ).toBe('`1` → `2` in `a` and `b`; `1` removed from `c`; `3` new in `d`');
  expect(causesInWords(['1', '2', '3', '4', '5'].map((from) => cause('a', from, '9')))).toMatch(
    /; 2 more moves$/u,
  );
  expect(causesInWords([cause('a', '1', '1')])).toBe('`1` in `a`');
});

it('names a few places, and platforms where there are several', () => {
  expect(
    placesInWords([imagePlace('python:3'), imagePlace('python:3', 'linux/arm64'), imagePlace('redis:7')]),
  ).toBe('`python:3` (`linux/amd64` and `linux/arm64`) and `redis:7`');
  expect(placesInWords(['a', 'b', 'c', 'd', 'e'].map(lockPlace))).toBe('`a`, `b`, `c` and 2 more');
});

it('names a scanner with its data', () => {
  expect(scannerInWords(OSV)).toBe('osv (api.osv.dev)');
  expect(scannerInWords(TRIVY)).toBe('trivy `0.74.0` (its own database, of 2026-11-20)');
  expect(scannerInWords({ ...TRIVY, database: 'database of 2026-11-20' })).toBe(
    'trivy `0.74.0` (database of 2026-11-20)',
  );
  expect(scannerInWords({ ...OSV, database: '@me [x](y)', databaseDate: '<b>' })).toBe(
    'osv (`@me [x](y)`, of `<b>`)',
  );
});
