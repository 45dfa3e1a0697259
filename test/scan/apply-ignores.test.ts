import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyIgnores, applyIgnoresToSecrets } from '../../src/scan/apply-ignores.ts';
import type { IgnoreRule } from '../../src/scan/ignore-rule.ts';
import type { Finding, SecretFinding } from '../../src/scan/model.ts';
import type { FindingPlace } from '../../src/scan/outcome.ts';

const NOW = new Date('2026-11-24T10:00:00Z');

const FINDING: Finding = {
  id: 'CVE-2024-1',
  ids: ['CVE-2024-1', 'GHSA-aaaa-bbbb-cccc', 'PYSEC-2024-7'],
  ecosystem: 'PyPI',
  package: 'jinja2',
  version: '2.10',
  summary: 'Sandbox escape',
  severity: { level: 'high', score: 8.1, source: 'CVSS 3.1', vector: null },
  fixed: ['3.1.6'],
  link: null,
  note: null,
  malicious: false,
};
const DEBIAN: Finding = { ...FINDING, ecosystem: 'Debian:12', package: 'openssl', version: '3.0.15-1' };

function lock(location: string): FindingPlace {
  return { kind: 'lock', location, platform: null };
}
const IMAGE: FindingPlace = { kind: 'image', location: 'python:3.12-slim', platform: 'linux/amd64' };

function rule(more: Partial<IgnoreRule>): IgnoreRule {
  return {
    of: 'vulnerability',
    id: null,
    packages: [],
    paths: [],
    folder: null,
    by: '.trivyignore:3',
    reason: 'why',
    until: null,
    ends: null,
    ...more,
  };
}

/** Where it is still told. */
function told(
  finding: Finding,
  places: readonly FindingPlace[],
  rules: readonly IgnoreRule[],
): readonly string[] {
  const { kept, ignored } = applyIgnores([{ finding, places }], rules, NOW);
  expect(kept.flatMap((one) => one.places).length + ignored.flatMap((one) => one.places).length).toBe(
    places.length,
  );
  return kept.flatMap((one) => one.places.map(({ location }) => location));
}

describe('a finding is ignored', () => {
  it.each<[string, Partial<IgnoreRule>, Finding]>([
    ['by its name', { id: 'cve-2024-1' }, FINDING],
    ['by another of its names', { id: 'ghsa-aaaa-bbbb-cccc' }, FINDING],
    ['of both kinds', { id: 'pysec-2024-7', of: 'both' }, FINDING],
    ['in a package', { id: 'cve-2024-1', packages: [pkg('Jinja2')] }, FINDING],
    ['in one of two', { packages: [pkg('x'), pkg('jinja2', '2.10', 'PyPI')] }, FINDING],
    ['in a distribution', { packages: [pkg('openssl', null, 'Debian')] }, DEBIAN],
    ['in a release of it', { packages: [pkg('openssl', null, 'Debian:12')] }, DEBIAN],
    ['in a whole ecosystem', { packages: [{ ecosystem: 'Debian', name: null, version: null }] }, DEBIAN],
    ['everywhere', {}, FINDING],
    ['until later', { id: 'cve-2024-1', ends: NOW.getTime() + 1 }, FINDING],
  ])('%s', (_, more, finding) => {
    expect(told(finding, [lock('a.txt'), IMAGE], [rule({ id: 'cve-2000-1' }), rule(more)])).toEqual([]);
  });

  it.each<[string, Partial<IgnoreRule>, Finding]>([
    ['another id', { id: 'cve-2024-2' }, FINDING],
    ['part of the id', { id: 'cve-2024' }, FINDING],
    ['a secret', { id: 'cve-2024-1', of: 'secret' }, FINDING],
    ['another package', { id: 'cve-2024-1', packages: [pkg('jinja')] }, FINDING],
    ['another version', { packages: [pkg('jinja2', '2.10.1')] }, FINDING],
    ['another ecosystem', { packages: [pkg('jinja2', null, 'npm')] }, FINDING],
    ['another release', { packages: [pkg('openssl', null, 'Debian:1')] }, DEBIAN],
    ['another spelling, where that is another package', { packages: [pkg('OpenSSL')] }, DEBIAN],
    ['what is over', { id: 'cve-2024-1', ends: NOW.getTime() }, FINDING],
  ])('but not by %s', (_, more, finding) => {
    expect(told(finding, [lock('a.txt')], [rule(more)])).toEqual(['a.txt']);
  });

  it('only where the rule says', () => {
    const places = [lock('poetry.lock'), lock('a/poetry.lock'), lock('a/b/poetry.lock'), IMAGE];
    const id = 'cve-2024-1';
    expect(told(FINDING, places, [rule({ id, paths: ['a/*.lock', 'x'] })])).toEqual([
      'poetry.lock',
      'a/b/poetry.lock',
      'python:3.12-slim',
    ]);
    expect(told(FINDING, places, [rule({ id, folder: 'a' })])).toEqual([
      'poetry.lock',
      'a/b/poetry.lock',
      'python:3.12-slim',
    ]);
    // Paths in an image are not known of a finding.
    expect(told(FINDING, places, [rule({ id, paths: ['**'] })])).toEqual(['python:3.12-slim']);
  });
});

function pkg(name: string, version: string | null = null, ecosystem: string | null = null) {
  return { name, version, ecosystem };
}

it('tells by what, why and until when, and the first that holds wins', () => {
  const placed = { finding: FINDING, places: [lock('a.txt'), lock('b.txt'), lock('c.txt')] };
  const rules = [
    rule({ id: 'cve-2024-1', by: 'past', until: '2026-01-01', ends: Date.parse('2026-01-01') }),
    rule({ id: 'ghsa-aaaa-bbbb-cccc', by: 'one', paths: ['a.txt'], until: '2027-01-01', ends: Infinity }),
    rule({ id: 'cve-2024-1', by: 'two', reason: '', paths: ['a.txt', 'b.txt'] }),
  ];
  expect(applyIgnores([placed], rules, NOW)).toEqual({
    kept: [{ finding: FINDING, places: [lock('c.txt')] }],
    ignored: [
      { finding: FINDING, places: [lock('a.txt')], by: 'one', reason: 'why', until: '2027-01-01' },
      { finding: FINDING, places: [lock('b.txt')], by: 'two', reason: '', until: null },
    ],
    ended: ['past ignored CVE-2024-1 until 2026-01-01, which is over: it is told again.'],
  });
});

it('keeps all, in order, where there is no rule', () => {
  const placed = [
    { finding: FINDING, places: [lock('a.txt')] },
    { finding: DEBIAN, places: [IMAGE] },
  ];
  expect(applyIgnores(placed, [], NOW)).toEqual({ kept: placed, ignored: [], ended: [] });
  const nowhere = [{ finding: FINDING, places: [] }];
  expect(applyIgnores(nowhere, [rule({})], NOW)).toEqual({ kept: nowhere, ignored: [], ended: [] });
});

it('loses no place and tells none twice', () => {
  const names = ['CVE-1-1', 'CVE-1-2', 'GHSA-x'];
  const finding = fc
    .record({
      ids: fc.uniqueArray(fc.constantFrom(...names), { minLength: 1 }),
      at: fc.subarray(['a/x', 'b/x', 'x']),
    })
    .map(({ ids, at }) => ({ finding: { ...FINDING, id: ids[0]!, ids }, places: at.map(lock) }));
  const rules = fc.array(
    fc.record({
      id: fc.option(fc.constantFrom(...names.map((name) => name.toLowerCase()))),
      paths: fc.constantFrom([], ['a/*'], ['**']),
      folder: fc.option(fc.constantFrom('a', 'b')),
      ends: fc.option(fc.constantFrom(0, Infinity)),
    }),
  );
  fc.assert(
    fc.property(fc.array(finding), rules, (placed, some) => {
      const { kept, ignored } = applyIgnores(placed, some.map(rule), NOW);
      const count = (list: readonly { readonly places: readonly unknown[] }[]): number =>
        list.reduce((sum, { places }) => sum + places.length, 0);
      expect(count(kept) + count(ignored)).toBe(count(placed));
      for (const one of ignored) expect(one.places.length).toBeGreaterThan(0);
    }),
  );
});

it('takes a moment for 10,000 findings and 4,000 rules', () => {
  const places = Array.from({ length: 5 }, (_, n) => lock(`${n}/requirements.txt`));
  const placed = Array.from({ length: 10_000 }, (_, n) => ({
    finding: { ...FINDING, ids: [`CVE-1-${n}`], id: `CVE-1-${n}` },
    places,
  }));
  const rules = Array.from({ length: 2000 }, (_, n) => [
    rule({ id: `cve-1-${n}`, paths: ['**/*a*a*a*b', '0/*'] }),
    rule({ packages: [pkg(`p${n}`)] }),
  ]).flat();
  const start = performance.now();
  const { ignored } = applyIgnores(placed, rules, NOW);
  expect(ignored).toHaveLength(2000);
  expect(performance.now() - start).toBeLessThan(3000);
});

describe('a secret', () => {
  const secret: SecretFinding = {
    location: 'app:1',
    platform: 'linux/amd64',
    rule: 'aws-access-key-id',
    title: 'AWS Access Key ID',
    severity: 'critical',
    path: '/app/.env',
    line: 3,
    layer: null,
  };

  it.each<[Partial<IgnoreRule>, boolean]>([
    [{ of: 'both', id: 'aws-access-key-id' }, true],
    [{ of: 'secret', id: 'aws-access-key-id', paths: ['app/.env'] }, true],
    [{ of: 'secret', id: 'aws-access-key-id', paths: ['app/*.py'] }, false],
    [{ of: 'vulnerability', id: 'aws-access-key-id' }, false],
    [{ of: 'secret', id: 'github-pat' }, false],
    // What is said of packages says nothing of secrets.
    [{ of: 'both', id: null }, false],
    [{ of: 'secret', id: 'aws-access-key-id', ends: 0 }, false],
    [{ of: 'both', id: 'aws-access-key-id', folder: 'app' }, false],
  ])('%j: ignored %j', (more, ignored) => {
    const result = applyIgnoresToSecrets([secret], [rule(more)], NOW);
    expect(result.kept).toEqual(ignored ? [] : [secret]);
    expect(result.ignored).toEqual(
      ignored ? [{ secret, by: '.trivyignore:3', reason: 'why', until: null }] : [],
    );
  });
});
