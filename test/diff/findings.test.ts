import { array, assert, constantFrom, property, record } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { diffFindings, diffSecrets, listFindings, uncheckedIn } from '../../src/diff/findings.ts';
import type { FindingChange, FindingPlace } from '../../src/scan/outcome.ts';
import {
  finding,
  imageOfPackages,
  imagePlace,
  lockOf,
  lockPlace,
  packaged,
  secret,
} from '../support/scan-results.ts';

const JINJA = finding('CVE-2024-1', 'jinja2 2.10', 'high', { ids: ['CVE-2024-1', 'GHSA-1'] });

function told(changes: readonly FindingChange[]): readonly string[] {
  return changes.map(
    ({ finding, causes }) =>
      `${finding.id} ${finding.package} ${causes.map(({ place, from, to }) => `${place.location} ${from} -> ${to}`).join('; ')}`,
  );
}

const where = (places: readonly FindingPlace[]): readonly string[] => places.map(({ location }) => location);

describe('a vulnerability of one lock', () => {
  it('is fixed by the move to a version without it', () => {
    const diff = diffFindings({
      before: [lockOf('a.txt', 'jinja2 2.10')],
      after: [lockOf('a.txt', 'jinja2 3.1.6')],
      findings: [JINJA],
    });
    expect(diff).toEqual({
      fixed: [
        {
          state: 'fixed',
          finding: JINJA,
          before: [lockPlace('a.txt')],
          after: [],
          causes: [{ place: lockPlace('a.txt'), from: '2.10', to: '3.1.6' }],
          why: null,
        },
      ],
      added: [],
      remaining: [],
    });
  });

  it('stays when the new version has it too, under another name of the same', () => {
    const diff = diffFindings({
      before: [lockOf('a.txt', 'jinja2 2.10')],
      after: [lockOf('a.txt', 'jinja2 2.11')],
      findings: [JINJA, finding('GHSA-1', 'jinja2 2.11')],
    });
    expect(diff.fixed).toEqual([]);
    expect(diff.added).toEqual([]);
    expect(diff.remaining).toMatchObject([
      {
        finding: { version: '2.11' },
        before: [lockPlace('a.txt')],
        after: [lockPlace('a.txt')],
        causes: [],
        why: null,
      },
    ]);
  });

  it.each<[string, string[], string[], string, string[]]>([
    ['a removed package', ['jinja2 2.10'], ['flask 1'], 'fixed', ['CVE-2024-1 jinja2 a.txt 2.10 -> null']],
    ['a new package', ['flask 1'], ['jinja2 2.10'], 'added', ['CVE-2024-1 jinja2 a.txt null -> 2.10']],
    ['a downgrade', ['jinja2 3'], ['jinja2 2.10'], 'added', ['CVE-2024-1 jinja2 a.txt 3 -> 2.10']],
    [
      'one fork of two',
      ['jinja2 2.10', 'jinja2 3.0'],
      ['jinja2 3.1', 'jinja2 3.0'],
      'fixed',
      ['CVE-2024-1 jinja2 a.txt 2.10 -> 3.1'],
    ],
    [
      'a fork given up',
      ['jinja2 2.10', 'jinja2 3.0'],
      ['jinja2 3.0'],
      'fixed',
      ['CVE-2024-1 jinja2 a.txt 2.10 -> 3.0'],
    ],
  ])('names its cause: %s', (_, before, after, state, lines) => {
    const diff = diffFindings({
      before: [lockOf('a.txt', ...before)],
      after: [lockOf('a.txt', ...after)],
      findings: [JINJA],
    });
    expect(told(state === 'fixed' ? diff.fixed : diff.added)).toEqual(lines);
    expect(diff.fixed.length + diff.added.length + diff.remaining.length).toBe(1);
  });

  it('is not told where no target has the version', () => {
    const diff = diffFindings({ before: [lockOf('a', 'jinja2 3')], after: [], findings: [JINJA] });
    expect(diff).toEqual({ fixed: [], added: [], remaining: [] });
  });
});

describe('several places', () => {
  it('a lock that moved, or a second one with the same package, is no news', () => {
    const diff = diffFindings({
      before: [lockOf('old/a.txt', 'jinja2 2.10')],
      after: [lockOf('new/a.txt', 'jinja2 2.10'), lockOf('b.txt', 'jinja2 2.10')],
      findings: [JINJA],
    });
    expect(diff.fixed).toEqual([]);
    expect(diff.added).toEqual([]);
    expect(diff.remaining.map(({ before, after }) => [where(before), where(after)])).toEqual([
      [['old/a.txt'], ['b.txt', 'new/a.txt']],
    ]);
  });

  it('is fixed only when all are rid of it, and then each is a cause', () => {
    const before = [lockOf('b.txt', 'jinja2 2.10'), lockOf('a.txt', 'jinja2 2.10')];
    const part = diffFindings({
      before,
      after: [lockOf('a.txt', 'jinja2 3'), lockOf('b.txt', 'jinja2 2.10')],
      findings: [JINJA],
    });
    expect(part.remaining.map(({ before, after }) => [where(before), where(after)])).toEqual([
      [['a.txt', 'b.txt'], ['b.txt']],
    ]);
    expect(told(part.remaining)).toEqual(['CVE-2024-1 jinja2 a.txt 2.10 -> 3']);
    const all = diffFindings({ before, after: [lockOf('a.txt', 'jinja2 3')], findings: [JINJA] });
    expect(told(all.fixed)).toEqual(['CVE-2024-1 jinja2 a.txt 2.10 -> 3; b.txt 2.10 -> null']);
  });

  it('counts binary packages by their source, and releases of a distribution as one family', () => {
    const ids = { ids: ['CVE-2023-5'] };
    const old = finding('CVE-2023-5', 'openssl 3.0.1', 'high', { ...ids, ecosystem: 'Debian:12' });
    const now = finding('CVE-2023-5', 'openssl 3.0.1', 'high', { ...ids, ecosystem: 'Debian:13' });
    const image = imageOfPackages('python:3', 'Debian:12', []);
    const packages = (ecosystem: string) =>
      ['libssl3', 'openssl'].map((name) => packaged('openssl 3.0.1', { ecosystem, name }));
    const diff = diffFindings({
      before: [{ ...image, packages: packages('Debian:12') }],
      after: [{ ...image, packages: packages('Debian:13') }],
      findings: [old, now],
    });
    expect(diff).toMatchObject({
      fixed: [],
      added: [],
      remaining: [{ finding: { ecosystem: 'Debian:13' } }],
    });
  });

  it('keeps a package of the index and one of a distribution apart', () => {
    const diff = diffFindings({
      before: [lockOf('a.txt', 'pillow 9'), imageOfPackages('python:3', 'Debian:12', ['pillow 9'])],
      after: [lockOf('a.txt', 'pillow 10'), imageOfPackages('python:3', 'Debian:12', ['pillow 9'])],
      findings: [
        finding('CVE-1', 'pillow 9'),
        finding('CVE-1', 'pillow 9', 'low', { ecosystem: 'Debian:12' }),
      ],
    });
    expect(told(diff.fixed)).toEqual(['CVE-1 pillow a.txt 9 -> 10']);
    expect(diff.remaining.map(({ after }) => after)).toEqual([[imagePlace('python:3')]]);
  });

  it('keeps platforms of an image apart', () => {
    const arm = imageOfPackages('python:3', 'Debian:12', ['zlib 1'], 'linux/arm64');
    const diff = diffFindings({
      before: [imageOfPackages('python:3', 'Debian:12', ['zlib 1']), arm],
      after: [imageOfPackages('python:3', 'Debian:12', ['zlib 2']), arm],
      findings: [finding('CVE-1', 'zlib 1', 'low', { ecosystem: 'Debian:12' })],
    });
    expect(diff.remaining.map(({ after }) => after)).toEqual([[imagePlace('python:3', 'linux/arm64')]]);
  });
});

describe('what could not be read', () => {
  const unread = { ...lockOf('a.txt'), unread: 'it is torn' };

  it.each<[string, Parameters<typeof diffFindings>[0]]>([
    ['after', { before: [lockOf('a.txt', 'jinja2 2.10')], after: [unread], findings: [JINJA] }],
    ['before', { before: [unread], after: [lockOf('a.txt', 'jinja2 2.10')], findings: [JINJA] }],
    [
      'a failed lock that is not named',
      {
        before: [lockOf('a.txt', 'jinja2 2.10')],
        after: [],
        findings: [JINJA],
        failedLocations: new Set(['a.txt']),
      },
    ],
  ])('%s: nothing is called fixed or added', (_, input) => {
    const diff = diffFindings(input);
    expect([diff.fixed, diff.added]).toEqual([[], []]);
    expect(diff.remaining.map(({ finding }) => finding.id)).toEqual(['CVE-2024-1']);
  });

  it('is said, once for both sides', () => {
    const image = {
      ...imageOfPackages('x', 'Debian:12', []),
      notChecked: ['2 packages without a version (a, b).'],
    };
    expect(uncheckedIn([unread, image, unread])).toEqual([
      'a.txt: it is torn',
      'x (linux/amd64): 2 packages without a version (a, b)',
    ]);
  });
});

it('orders by malice, severity, score, package, id', () => {
  const all = [
    finding('B', 'p 1', 'low'),
    finding('A', 'q 1', 'critical'),
    finding('C', 'p 1', 'high', { severity: { level: 'high', score: 8.1, source: '', vector: null } }),
    finding('A', 'p 1', 'high'),
    finding('M', 'p 1', 'unknown', { malicious: true }),
  ];
  const diff = diffFindings({ before: [], after: [lockOf('a', 'p 1', 'q 1')], findings: all });
  expect(diff.added.map(({ finding }) => `${finding.id} ${finding.package}`)).toEqual([
    'M p',
    'A q',
    'C p',
    'A p',
    'B p',
  ]);
});

it('lists each vulnerability of each version with its places', () => {
  const listed = listFindings(
    [
      lockOf('b.txt', 'jinja2 2.10'),
      lockOf('a.txt', 'jinja2 2.10', 'jinja2 2.10', 'jinja2 2.11'),
      lockOf('c.txt'),
    ],
    [
      JINJA,
      finding('GHSA-1', 'jinja2 2.10'),
      finding('CVE-2024-1', 'jinja2 2.11'),
      finding('CVE-2024-1', 'jinja2 1.0'),
      finding('CVE-9', 'jinja2 2.11', 'critical'),
    ],
  );
  expect(listed.map(({ finding, places }) => [finding.id, finding.version, where(places)])).toEqual([
    ['CVE-9', '2.11', ['a.txt']],
    ['CVE-2024-1', '2.10', ['a.txt', 'b.txt']],
    ['CVE-2024-1', '2.11', ['a.txt']],
  ]);
});

it('tells secrets by rule and path', () => {
  const before = [secret('aws', 'a'), secret('aws', 'b')];
  const after = [secret('aws', 'b', { line: 99, layer: null }), secret('pem', 'b')];
  expect(diffSecrets(before, after)).toEqual({
    fixed: [before[0]],
    added: [after[1]],
    remaining: [after[0]],
  });
});

describe('for any change', () => {
  const target = record({
    location: constantFrom('a', 'b', 'c'),
    packages: array(constantFrom('p 1', 'p 2', 'p 3', 'q 1', 'q 2'), { maxLength: 4 }),
  });
  const side = array(target, { maxLength: 3 });
  const some = array(
    record({
      id: constantFrom('A', 'B', 'C'),
      named: constantFrom('p 1', 'p 2', 'q 1', 'q 2'),
      alias: constantFrom('A', 'X', 'Y'),
    }),
    { maxLength: 8 },
  );

  it('swapping the sides swaps fixed and added, and nothing else', () => {
    assert(
      property(side, side, some, (one, other, findings) => {
        const input = {
          before: one.map(({ location, packages }) => lockOf(location, ...packages)),
          after: other.map(({ location, packages }) => lockOf(location, ...packages)),
          findings: findings.map(({ id, named, alias }) => finding(id, named, 'low', { ids: [alias, id] })),
        };
        const there = diffFindings(input);
        const back = diffFindings({ ...input, before: input.after, after: input.before });
        const flipped = there.fixed.map(({ before, causes }) => [
          before,
          causes.map(({ place, from, to }) => ({ place, from: to, to: from })),
        ]);
        expect(back.added.map(({ after, causes }) => [after, causes])).toEqual(flipped);
        expect(back.remaining.map(({ before }) => before)).toEqual(there.remaining.map(({ after }) => after));
        const same = diffFindings({ ...input, after: input.before });
        expect([same.fixed, same.added]).toEqual([[], []]);
      }),
    );
  });
});

it('holds 10,000 findings of 200 places', () => {
  const names = Array.from({ length: 200 }, (_, index) => `p${index}`);
  const before = Array.from({ length: 200 }, (_, index) =>
    lockOf(`${index}.txt`, ...names.map((name) => `${name} 1`)),
  );
  const findings = names.flatMap((name) =>
    Array.from({ length: 50 }, (_, index) => finding(`CVE-${name}-${index}`, `${name} 1`)),
  );
  const started = performance.now();
  const diff = diffFindings({ before, after: [], findings });
  expect(diff.fixed).toHaveLength(10_000);
  expect(performance.now() - started).toBeLessThan(5000);
});
