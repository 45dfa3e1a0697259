import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { NO_POLICY } from '../../src/config/defaults.ts';
import type { TreeFile } from '../../src/model.ts';
import { readIgnores } from '../../src/scan/ignore.ts';
import type { IgnoreRule } from '../../src/scan/ignore-rule.ts';
import { treeOf } from '../support/drive-lock.ts';

function read(files: Readonly<Record<string, string>>) {
  return readIgnores(treeOf(files), NO_POLICY);
}

const RULE: IgnoreRule = {
  of: 'vulnerability',
  id: null,
  packages: [],
  paths: [],
  folder: null,
  by: '',
  reason: '',
  until: null,
  ends: null,
};

const at = (day: string): number => Date.parse(`${day}T00:00:00Z`);

describe('the policy', () => {
  it('ignores to the end of the day that it names', () => {
    const scan = {
      ...NO_POLICY.scan,
      ignore: [
        { id: 'CVE-2024-1', reason: 'no', until: '2026-12-31', package: 'Jinja_2' },
        { id: 'aws-access-key-id', reason: 'sample', until: null, package: null },
      ],
    };
    expect(readIgnores(treeOf({}), { ...NO_POLICY, scan })).toEqual({
      rules: [
        {
          ...RULE,
          id: 'cve-2024-1',
          packages: [{ ecosystem: null, name: 'Jinja_2', version: null }],
          by: '.github/relock.toml',
          reason: 'no',
          until: '2026-12-31',
          ends: at('2027-01-01'),
        },
        { ...RULE, of: 'both', id: 'aws-access-key-id', by: '.github/relock.toml', reason: 'sample' },
      ],
      problems: [],
    });
  });
});

describe('.trivyignore', () => {
  it('has an id a line, with comments and a day on which it ends', () => {
    const text = [
      '# Not reachable:',
      '# the parser is off.',
      'CVE-2024-1',
      '',
      '  GHSA-aaaa-bbbb-cccc   exp:2027-01-31  # until the next release',
      'PYSEC-2024-3\texp:2027-02-28\r',
      '#alone',
      '',
      'CVE-2024-4',
    ].join('\n');
    const rule = { ...RULE, of: 'both' as const };
    expect(read({ '.trivyignore': text })).toEqual({
      rules: [
        { ...rule, id: 'cve-2024-1', by: '.trivyignore:3', reason: 'Not reachable: the parser is off.' },
        {
          ...rule,
          id: 'ghsa-aaaa-bbbb-cccc',
          by: '.trivyignore:5',
          reason: 'until the next release',
          until: '2027-01-31',
          ends: at('2027-01-31'),
        },
        { ...rule, id: 'pysec-2024-3', by: '.trivyignore:6', until: '2027-02-28', ends: at('2027-02-28') },
        { ...rule, id: 'cve-2024-4', by: '.trivyignore:9' },
      ],
      problems: [],
    });
  });

  it.each([
    ['CVE-2024-1\nCVE-2024-2 exp:soon', '.trivyignore:2: `exp:soon` is not a day (exp:2027-03-31)', 1],
    ['CVE-2024-2 exp:2027-02-30', '`exp:2027-02-30` is not a day', 0],
    [`${'x'.repeat(300)}\nCVE-2024-1`, '.trivyignore:1: this is no id', 1],
    ['# c\n'.repeat(100_000), '.trivyignore has 400000 characters', 0],
    ['CVE-2024-1\n'.repeat(3000), '.trivyignore:2001: more than 2000', 2000],
  ])('%.30j is told', (text, problem, rules) => {
    const found = read({ '.trivyignore': text });
    expect(found.problems.join('\n')).toContain(problem);
    expect(found.rules).toHaveLength(rules);
  });
});

describe('.trivyignore.yaml', () => {
  it('says where, in which package, until when and why', () => {
    const text = `vulnerabilities:
  - id: CVE-2024-1
    paths:
      - "services/**/requirements.txt"
      - ./poetry.lock
    statement: >-
      Accept
      the risk
  - id: CVE-2024-2
    purls:
      - pkg:deb/debian/libssl1.1
      - pkg:pypi/Jinja2@2.10%2Blocal
      - pkg:npm/%40a/b
    expired_at: 2027-01-31
misconfigurations:
  - id: AVD-AWS-0001
secrets:
  - id: aws-access-key-id
    paths: [/app/.env]
licenses:
`;
    const name = '.trivyignore.yaml';
    expect(read({ [name]: text })).toEqual({
      rules: [
        {
          ...RULE,
          id: 'cve-2024-1',
          paths: ['services/**/requirements.txt', 'poetry.lock'],
          by: `${name}:2`,
          reason: 'Accept the risk',
        },
        {
          ...RULE,
          id: 'cve-2024-2',
          packages: [
            { ecosystem: 'Debian', name: 'libssl1.1', version: null },
            { ecosystem: 'PyPI', name: 'Jinja2', version: '2.10+local' },
          ],
          by: `${name}:9`,
          until: '2027-01-31',
          ends: at('2027-01-31'),
        },
        { ...RULE, of: 'secret', id: 'aws-access-key-id', paths: ['app/.env'], by: `${name}:18` },
      ],
      problems: [],
    });
  });

  it.each([
    ['vulnerabilities: [', /^\.trivyignore\.yaml:1: this is not YAML/u, 0],
    ['vulnerabilites:\n  - id: CVE-2024-1', /:1: there is no key `vulnerabilites`/u, 0],
    ['vulnerabilities:\n  - CVE-2024-1\n  - id: CVE-2024-2', /:2: .*`id`/u, 1],
    ['vulnerabilities:\n  - statement: x', /:2: .*`id`/u, 0],
    ['vulnerabilities:\n  - id: CVE-2024-1\n    expired_at: soon', /:2: .*`expired_at`.*not a day/u, 0],
    ['vulnerabilities:\n  - id: CVE-2024-1\n    paths: x', /:2: .*`paths`/u, 0],
    ['vulnerabilities:\n  - id: CVE-2024-1\n    paths: [../x]', /:2: .*leaves the repository/u, 0],
    ['vulnerabilities:\n  - id: CVE-2024-1\n    purls: [libssl]', /:2: .*`libssl` is no package URL/u, 0],
    [
      'vulnerabilities:\n  - id: CVE-2024-1\n    purls: ["pkg:deb/debian/x?arch=amd64"]',
      /:2: .*qualifiers/u,
      0,
    ],
    // No package of these is ever looked at, and it must not become a rule for all packages.
    ['vulnerabilities:\n  - id: CVE-2024-1\n    purls: ["pkg:npm/x"]', /^$/u, 0],
    ['vulnerabilities: &a\n  - id: CVE-2024-1\nsecrets: *a', /:3: .*alias/u, 1],
    ['- id: CVE-2024-1', /:1: the sections/u, 0],
    ['a: 1\n---\nb: 2', /this is not YAML/u, 0],
    ['', /^$/u, 0],
  ])('%j', (text, problem, rules) => {
    const found = read({ '.trivyignore.yaml': text });
    expect(found.rules).toHaveLength(rules);
    expect(found.problems[0] ?? '').toMatch(problem);
  });
});

describe('osv-scanner.toml', () => {
  it('ignores by id and by package', () => {
    const text = `GoVersionOverride = "1.20"
[[IgnoredVulns]]
id = "GHSA-aaaa-bbbb-cccc"
ignoreUntil = 2027-01-31
reason = "No servers."
[[IgnoredVulns]]
id = "CVE-2024-1"
ignoreUntil = 2027-01-31T12:00:00+02:00
[[PackageOverrides]]
name = "lib"
version = "1.0.0"
ecosystem = "PyPI"
ignore = true
effectiveUntil = 2027-01-31
reason = "abc"
[[PackageOverrides]]
name = "other"
vulnerability.ignore = true
license.override = ["MIT"]
[[PackageOverrides]]
name = "third"
license.ignore = true
`;
    expect(read({ 'osv-scanner.toml': text })).toEqual({
      rules: [
        {
          ...RULE,
          id: 'ghsa-aaaa-bbbb-cccc',
          by: 'osv-scanner.toml:2',
          reason: 'No servers.',
          until: '2027-01-31',
          ends: at('2027-01-31'),
        },
        {
          ...RULE,
          id: 'cve-2024-1',
          by: 'osv-scanner.toml:6',
          until: '2027-01-31',
          ends: Date.parse('2027-01-31T10:00:00Z'),
        },
        {
          ...RULE,
          packages: [{ ecosystem: 'PyPI', name: 'lib', version: '1.0.0' }],
          by: 'osv-scanner.toml:9',
          reason: 'abc',
          until: '2027-01-31',
          ends: at('2027-01-31'),
        },
        {
          ...RULE,
          packages: [{ ecosystem: null, name: 'other', version: null }],
          by: 'osv-scanner.toml:16',
        },
      ],
      problems: [],
    });
  });

  it('speaks, below the root, of the locks of its own folder', () => {
    const text = '[[IgnoredVulns]]\nid = "CVE-2024-1"';
    const { rules } = read({ 'a/b/osv-scanner.toml': text, 'osv-scanner.toml': text });
    expect(rules.map(({ by, folder }) => [by, folder])).toEqual([
      ['a/b/osv-scanner.toml:1', 'a/b'],
      ['osv-scanner.toml:1', null],
    ]);
  });

  it.each([
    ['a = = 1', /^osv-scanner\.toml:1: this is not TOML/u, 0],
    ['[[IgnoredVuln]]\nid = "CVE-2024-1"', /:1: there is no key `IgnoredVuln`/u, 0],
    ['[[IgnoredVulns]]\nreason = "x"\n[[IgnoredVulns]]\nid = "CVE-2024-1"', /:1: .*`id`/u, 1],
    ['[[IgnoredVulns]]\nid = "CVE-2024-1"\nignoreUntil = "soon"', /:1: .*`ignoreUntil`.*not a day/u, 0],
    ['[[IgnoredVulns]]\nid = "CVE-2024-1"\nignoreUntil = 07:32:00', /:1: .*not a day/u, 0],
    ['[[IgnoredVulns]]\nid = "CVE-2024-1"\nignoreUntil = "2027-01-31"', /^$/u, 1],
    ['IgnoredVulns = "x"', /:1: `IgnoredVulns` is not a list of tables/u, 0],
    ['[[PackageOverrides]]\nname = "a.*"\nnameIsRegex = true\nignore = true', /:1: .*expression/u, 0],
    ['[[PackageOverrides]]\ngroup = "dev"\nignore = true', /:1: .*`group`/u, 0],
    ['[[PackageOverrides]]\nname = 1\nignore = true', /:1: .*`name` is not a text/u, 0],
    ['[[PackageOverrides]]\nignore = true', /^$/u, 1],
    ['__proto__ = 1', /no key `__proto__`/u, 0],
    ['[[PackageOverrides]]\n__proto__.ignore = true', /^$/u, 0],
    ['[[IgnoredVulns]]\nid = "CVE-2024-1"\n'.repeat(2500), /more than 2000/u, 2000],
    [`a = ${'['.repeat(50_000)}`, /not TOML/u, 0],
  ])('%.60j', (text, problem, rules) => {
    const found = read({ 'osv-scanner.toml': text });
    expect(found.rules).toHaveLength(rules);
    expect(found.problems[0] ?? '').toMatch(problem);
  });

  it('is not read in more than a hundred folders', () => {
    const text = '[[IgnoredVulns]]\nid = "CVE-2024-1"';
    const names = Array.from({ length: 300 }, (_, n) => [`${n}/osv-scanner.toml`, text]);
    const { rules, problems } = read(Object.fromEntries(names));
    expect(rules).toHaveLength(100);
    expect(problems).toEqual([expect.stringContaining('200 more')]);
  });
});

describe('files that cannot be read', () => {
  it.each<[TreeFile, string]>([
    [{ kind: 'symlink' }, 'is a symbolic link'],
    [{ kind: 'too-large', bytes: 30_000_000 }, '30000000 bytes'],
    [{ kind: 'not-utf8' }, 'is not UTF-8'],
  ])('%j', (file, words) => {
    const paths = ['.trivyignore', 'osv-scanner.toml'];
    const files = new Map(paths.map((path) => [path, file]));
    const { rules, problems } = readIgnores({ paths, files }, NO_POLICY);
    expect(rules).toEqual([]);
    expect(problems).toHaveLength(2);
    for (const problem of problems) expect(problem).toContain(words);
  });
});

it.each([
  ['.trivyignore.yaml', 'a:\n '.repeat(40_000)],
  ['.trivyignore.yaml', Array.from({ length: 30_000 }, (_, n) => `k${n}:`).join('\n')],
  ['.trivyignore.yaml', `vulnerabilities: ${'['.repeat(100_000)}`],
  ['.trivyignore.yaml', `vulnerabilities:\n${'- id: CVE-2024-1\n'.repeat(10_000)}`],
  ['.trivyignore.yaml', `vulnerabilities:\n- {${'id: CVE-2024-1, '.repeat(10_000)}}`],
  ['.trivyignore', `CVE-2024-1 ${'exp: '.repeat(50_000)}`],
  ['.trivyignore', ' '.repeat(200_000)],
  ['osv-scanner.toml', Array.from({ length: 20_000 }, (_, n) => `k${n} = 1`).join('\n')],
  ['osv-scanner.toml', `IgnoredVulns = [${'{id="CVE-2024-1"},'.repeat(10_000)}]`],
])('%s of %.25j costs no more than a moment', (name, text) => {
  const start = performance.now();
  expect(read({ [name]: text }).rules.length).toBeLessThanOrEqual(2000);
  expect(performance.now() - start).toBeLessThan(2000);
});

it('never throws, says every problem in one line with its file, and bounds them', () => {
  const piece = fc.constantFrom(
    'vulnerabilities:',
    '  - id: ',
    '[[IgnoredVulns]]',
    '[[PackageOverrides]]',
    'id = "CVE-2024-1"',
    'CVE-2024-1 exp:',
    '    purls: [pkg:deb/a/b@%zz]',
    '    paths: ["{a,{b}}"]',
    '*a',
    '&a',
    '<<: ',
    '"\u001B[2J\u2028"',
    'name = "x"',
    'ignore = true',
  );
  const text = fc.array(fc.oneof(piece, fc.string()), { maxLength: 40 }).map((lines) => lines.join('\n'));
  const name = fc.constantFrom('.trivyignore', '.trivyignore.yaml', 'osv-scanner.toml');
  fc.assert(
    fc.property(name, text, (file, content) => {
      const { rules, problems } = read({ [file]: content });
      expect(problems.length).toBeLessThanOrEqual(21);
      for (const problem of problems) {
        expect(problem.startsWith(file)).toBe(true);
        expect(problem).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}]/u);
        expect(problem.length).toBeLessThan(400);
      }
      for (const { reason, by } of rules) {
        expect(by).toMatch(/:\d+$/u);
        expect(reason).not.toMatch(/\p{Cc}/u);
      }
    }),
    { numRuns: 300 },
  );
});
