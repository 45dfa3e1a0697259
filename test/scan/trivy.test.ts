import { describe, expect, it } from 'vitest';
import {
  drive,
  ended,
  inputOf,
  names,
  PLANTED,
  python,
  recorded,
  scannerOf,
  SMALL_SET,
} from '../support/scanners.ts';
import type { AnswerCommand } from '../support/scanners.ts';
import type { ScanPackage, ScanReport } from '../../src/scan/model.ts';
import type { ImageLayout } from '../../src/scan/scanner.ts';

const trivy = scannerOf('trivy', '/cache');
const LAYOUT: ImageLayout = { location: 'app:1', platform: 'linux/amd64', folder: '/layouts/1' };
const VERSION = ended(
  0,
  null,
  JSON.stringify({ Version: '0.74.0', VulnerabilityDB: { UpdatedAt: '2026-11-20T01:02:03Z' } }),
);

/** What it said of the small set, command by command. */
function replay(prefix: string): AnswerCommand {
  let at = 0;
  return ({ argv }) => {
    const value = recorded(`trivy/${prefix}-${at}.json`);
    at += 1;
    return argv[0] === 'version' ? ended(0, null, JSON.stringify(value)) : ended(0, value);
  };
}

/** Its report for a single package, of which it says this. */
async function say(vulnerability: object, one: ScanPackage = python('django', '3.2')): Promise<ScanReport> {
  const ref = { BOMRef: 'relock-0' };
  const row = { VulnerabilityID: 'CVE-2026-1', PkgIdentifier: ref, ...vulnerability };
  const answer = { SchemaVersion: 2, Results: [{ Packages: [{ Identifier: ref }], Vulnerabilities: [row] }] };
  return drive(trivy, inputOf([one]), ({ argv }) => (argv[0] === 'version' ? VERSION : ended(0, answer)));
}

function found(report: ScanReport): Extract<ScanReport, { state: 'found' | 'clean' }> {
  if (report.state === 'failed') throw new Error(report.reason.message);
  return report;
}

describe('Trivy on packages', () => {
  it('finds what it said, each vulnerability of a source package once, and names its database', async () => {
    const report = found(await drive(trivy, inputOf(SMALL_SET), replay('small-set')));
    expect(report).toMatchObject({
      state: 'found',
      by: { name: 'trivy', version: '1.2.3', database: 'database of 2026-11-24' },
      notChecked: [],
    });
    expect(report.by.databaseDate).toMatch(/^2026-11-24T/u);
    expect(report.findings).toHaveLength(65);
    expect(report.findings.find(({ id }) => id === 'CVE-2021-31542')).toEqual({
      id: 'CVE-2021-31542',
      ids: ['CVE-2021-31542'],
      ecosystem: 'PyPI',
      package: 'django',
      version: '3.2.0',
      summary: '',
      severity: { level: 'unknown', score: null, source: '', vector: null },
      fixed: ['3.2.1'],
      link: 'https://avd.aquasec.com/nvd/cve-2021-31542',
      note: null,
      malicious: false,
    });
  });

  it('asks for each SBOM with the database that it is given, and for its version last', async () => {
    const asked: (readonly string[])[] = [];
    const replayed = replay('small-set');
    const answer: AnswerCommand = (command) => {
      asked.push(command.argv);
      return replayed(command);
    };
    await drive(scannerOf('trivy', '/cache', false), inputOf(SMALL_SET), answer);
    expect(asked.map(([first]) => first)).toEqual(['sbom', 'sbom', 'version']);
    for (const argv of asked) expect(argv.join(' ')).toContain('--cache-dir /cache');
    expect(asked[0]).not.toContain('--skip-db-update');
    asked.length = 0;
    await drive(trivy, inputOf([python('a', '1')]), (command) => {
      asked.push(command.argv);
      return ended(1, null);
    });
    expect(asked[0]).toContain('--skip-db-update');
  });

  it.each<[string, object, object]>([
    [
      'a word and a score of one source',
      {
        Severity: 'HIGH',
        SeveritySource: 'ghsa',
        CVSS: {
          nvd: { V3Score: 9.8, V3Vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H' },
          ghsa: {
            V40Score: 8.7,
            V40Vector: 'CVSS:4.0/AV:N/AC:L/AT:N/PR:N/UI:N/VC:N/VI:N/VA:H/SC:N/SI:N/SA:N',
          },
        },
      },
      { level: 'high', score: 8.7, source: 'trivy: ghsa' },
    ],
    [
      "a distribution's word without NVD's score",
      { Severity: 'LOW', SeveritySource: 'debian', CVSS: { nvd: { V3Score: 9.8 } } },
      { level: 'low', score: null, source: 'trivy: debian' },
    ],
    [
      'a score where nobody gave a word',
      { Severity: 'UNKNOWN', CVSS: { redhat: { V3Score: 5.3 }, nvd: { V2Score: 7.5 } } },
      { level: 'high', score: 7.5, source: 'trivy: nvd' },
    ],
    [
      'no number',
      { Severity: 'SEVERE', CVSS: { nvd: { V3Score: 'NaN' } } },
      { level: 'unknown', score: null, source: '' },
    ],
    ['more than there is', { CVSS: { nvd: { V3Score: 1e9 } } }, { level: 'unknown', score: null }],
    [
      'a key of every object',
      { Severity: 'LOW', SeveritySource: '__proto__', CVSS: {} },
      { level: 'low', score: null },
    ],
  ])('takes for severity %s', async (_, row, severity) => {
    expect(found(await say(row)).findings[0]?.severity).toMatchObject(severity);
  });

  it('keeps what is said of a missing fix, one line of text, and https links alone', async () => {
    const [finding] = found(
      await say({
        Status: 'will_not_fix',
        Title: '\u001B[31mone\u202E\n[two](javascript:x)',
        PrimaryURL: 'http://example.test/',
        VendorIDs: ['DSA-1-1', '<b>', 7],
      }),
    ).findings;
    expect(finding).toMatchObject({
      note: 'will not be fixed',
      summary: '[31mone',
      link: null,
      ids: ['CVE-2026-1', 'DSA-1-1'],
      fixed: [],
    });
  });

  it('says which packages it left out, and that it failed when those were all', async () => {
    const answer = (refs: readonly string[]): unknown => ({
      SchemaVersion: 2,
      Results: [{ Packages: refs.map((ref) => ({ Identifier: { BOMRef: ref } })) }],
    });
    const both = inputOf([python('a', '1'), python('b', '1')]);
    const ask = (refs: readonly string[]): Promise<ScanReport> =>
      drive(trivy, both, ({ argv }) => (argv[0] === 'version' ? VERSION : ended(0, answer(refs))));
    expect(await ask(['relock-0', 'relock-1'])).toMatchObject({ state: 'clean', notChecked: [] });
    expect(await ask(['relock-1'])).toMatchObject({
      state: 'clean',
      notChecked: ['1 package of PyPI, which Trivy did not look at (a)'],
    });
    expect(await ask([])).toMatchObject({ state: 'failed', reason: { code: 'scanner-failed' } });
    const unknown = inputOf([{ ...python('a', '1'), ecosystem: 'Mageia:9' }]);
    expect(await drive(trivy, unknown, () => ended(0, ''))).toMatchObject({ state: 'failed' });
  });

  it.each<[string, ReturnType<AnswerCommand>]>([
    ['another exit code, whatever it wrote', ended(1, { SchemaVersion: 2, Results: [] })],
    ['no exit code', ended(null, null)],
    ['no answer', ended(0, null)],
    ['no JSON', ended(0, 'no vulnerabilities found')],
    ['JSON cut short', ended(0, '{"SchemaVersion":2,"Results":[{"Pack')],
    ['JSON with NaN', ended(0, '{"SchemaVersion":NaN}')],
    ['another schema', ended(0, { SchemaVersion: 1 })],
    ['a list that is none', ended(0, { SchemaVersion: 2, Results: { length: 1 } })],
    ['only deep nesting', ended(0, `${'['.repeat(200_000)}${']'.repeat(200_000)}`)],
    ['a key of every object in place of results', ended(0, '{"__proto__":{"SchemaVersion":2}}')],
    [
      'a package that nobody asked about',
      ended(0, { SchemaVersion: 2, Results: [{ Vulnerabilities: [{ VulnerabilityID: 'CVE-2026-1' }] }] }),
    ],
  ])('fails with %s', async (_, answer) => {
    const report = await drive(trivy, inputOf([python('a', '1')]), () => answer);
    expect(report).toMatchObject({
      state: 'failed',
      scanner: 'trivy',
      reason: { fix: expect.stringMatching(/./u) },
    });
  });

  it.each([{ VulnerabilityID: '' }, { VulnerabilityID: 'a b' }, { VulnerabilityID: 7 }])(
    'fails with the name %o rather than leaving a vulnerability out',
    async (row) => {
      expect(await say(row)).toMatchObject({ state: 'failed' });
    },
  );
});

describe('Trivy on an image', () => {
  const layouts = { layouts: [LAYOUT] };

  it('takes 79 rows for 27 vulnerabilities, under the names that Relock has for packages', async () => {
    const answer: AnswerCommand = ({ argv, readable }) => {
      if (argv[0] === 'version') return VERSION;
      expect(argv.slice(-2)).toEqual(['--input', '/layouts/1']);
      expect(readable).toEqual(['/layouts/1']);
      return ended(0, recorded('trivy/image-before.json'));
    };
    const { findings, notChecked } = found(await drive(trivy, inputOf([], layouts), answer));
    const rows = recorded('trivy/image-before.json') as { Results: { Vulnerabilities: unknown[] }[] };
    expect(rows.Results.flatMap((result) => result.Vulnerabilities)).toHaveLength(79);
    expect(findings).toHaveLength(27);
    const keys = findings.map((one) => `${one.ecosystem} ${one.package} ${one.version}`);
    expect([...new Set(keys)].toSorted()).toEqual([
      'Debian:12 apt 2.6.1',
      'Debian:12 openssl 3.0.20-1~deb12u2',
      'Debian:12 pcre2 10.42-1',
      'Debian:12 perl 5.36.0-7+deb12u3',
    ]);
    expect(notChecked).toEqual([]);
  });

  it('agrees with itself on the SBOM of the same packages', async () => {
    const image: AnswerCommand = ({ argv }) =>
      argv[0] === 'version' ? VERSION : ended(0, recorded('trivy/image-before.json'));
    const layers = found(await drive(trivy, inputOf([], layouts), image)).findings;
    const sbom = found(await drive(trivy, inputOf(SMALL_SET), replay('small-set'))).findings;
    expect(names(layers)).toEqual(names(sbom.filter(({ ecosystem }) => ecosystem === 'Debian:12')));
  });

  it('tells where a secret is, also one that a later layer took away, and nothing of the secret', async () => {
    const here = found(await drive(trivy, inputOf([], layouts), replay('layout')));
    expect(here.secrets).toEqual([
      {
        location: 'app:1',
        platform: 'linux/amd64',
        rule: 'github-pat',
        title: 'GitHub Personal Access Token',
        severity: 'critical',
        path: 'app/settings.py',
        line: 2,
        layer: expect.stringMatching(/^sha256:[0-9a-f]{64}$/u),
      },
    ]);
    const gone: AnswerCommand = ({ argv }) =>
      argv[0] === 'version' ? VERSION : ended(0, recorded('trivy/image-secret.json'));
    const { secrets } = found(await drive(trivy, inputOf([], layouts), gone));
    expect(secrets.map(({ rule, path, line }) => [rule, path, line])).toEqual([
      ['aws-access-key-id', 'app/settings.py', 1],
      ['github-pat', 'app/settings.py', 2],
    ]);
  });

  it('drops what it did not mask', async () => {
    const secret = {
      RuleID: 'r',
      Title: 't',
      Severity: 'HIGH',
      Match: PLANTED,
      Code: { Lines: [{ Content: PLANTED }] },
    };
    const answer = { SchemaVersion: 2, Results: [{ Target: '/a', Class: 'secret', Secrets: [secret] }] };
    const report = await drive(trivy, inputOf([], layouts), ({ argv }) =>
      argv[0] === 'version' ? VERSION : ended(0, answer),
    );
    expect(found(report).secrets).toHaveLength(1);
    expect(found(report).notChecked).toEqual(['app:1 (linux/amd64), in which Trivy found no packages']);
    expect(JSON.stringify(report)).not.toContain(PLANTED);
  });

  it('keeps packages of other kinds, which only it knows', async () => {
    const answer = {
      SchemaVersion: 2,
      Results: [
        {
          Class: 'lang-pkgs',
          Type: 'python-pkg',
          Packages: [{}],
          Vulnerabilities: [{ VulnerabilityID: 'CVE-2026-1', PkgName: 'PyYAML', InstalledVersion: '5.3' }],
        },
        {
          Class: 'lang-pkgs',
          Type: 'node-pkg',
          Vulnerabilities: [{ VulnerabilityID: 'CVE-2026-2', PkgName: '@a/b', InstalledVersion: '1.0.0' }],
        },
      ],
    };
    const report = await drive(trivy, inputOf([], layouts), ({ argv }) =>
      argv[0] === 'version' ? VERSION : ended(0, answer),
    );
    expect(found(report).findings.map((one) => [one.ecosystem, one.package, one.version])).toEqual([
      ['npm', '@a/b', '1.0.0'],
      ['PyPI', 'pyyaml', '5.3'],
    ]);
  });
});
