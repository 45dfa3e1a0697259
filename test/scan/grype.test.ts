import { describe, expect, it } from 'vitest';
import type { Finding, ScanReport } from '../../src/scan/model.ts';
import { drive, ended, inputOf, python, recorded, scannerOf, SMALL_SET } from '../support/scanners.ts';
import type { AnswerCommand } from '../support/scanners.ts';

const grype = scannerOf('grype', '/cache');

function replay(): AnswerCommand {
  let at = -1;
  return () => {
    at += 1;
    return ended(0, recorded(`grype/small-set-${at}.json`));
  };
}

const DESCRIPTOR = {
  version: '0.121.2',
  db: { status: { valid: true, built: '2026-11-20T00:00:00Z' }, providers: { github: {} } },
};

/** Its report for a single package. */
function say(matches: readonly object[], more: object = {}): Promise<ScanReport> {
  return drive(grype, inputOf([python('django', '3.2')]), () =>
    ended(0, { matches, distro: { name: '', version: '' }, descriptor: DESCRIPTOR, ...more }),
  );
}

async function one(vulnerability: object, related: readonly object[] = []): Promise<Finding | undefined> {
  const report = await say([
    {
      vulnerability: { id: 'GHSA-1', ...vulnerability },
      relatedVulnerabilities: related,
      artifact: { id: 'relock-0' },
    },
  ]);
  return report.state === 'failed' ? undefined : report.findings[0];
}

describe('Grype', () => {
  it('finds what it said: its matches are many, its vulnerabilities 65', async () => {
    const report = await drive(grype, inputOf(SMALL_SET), replay());
    expect(report).toMatchObject({
      state: 'found',
      by: { name: 'grype', version: '1.2.3', database: 'database of 2026-11-24' },
      secrets: [],
      notChecked: [],
    });
    const { matches } = recorded('grype/small-set-0.json') as { matches: unknown[] };
    expect(matches).toHaveLength(79);
    const findings = report.state === 'failed' ? [] : report.findings;
    expect(findings.filter(({ ecosystem }) => ecosystem === 'Debian:12')).toHaveLength(27);
    expect(findings).toHaveLength(65);
    expect(findings.find(({ id }) => id === 'CVE-2021-31542')).toMatchObject({
      ids: ['CVE-2021-31542', 'PYSEC-2021-7'],
      package: 'django',
      fixed: ['3.2.1'],
    });
  });

  it('is given its database by its environment', async () => {
    const env: Readonly<Record<string, string>>[] = [];
    for (const offline of [true, false]) {
      await drive(scannerOf('grype', '/cache', offline), inputOf([python('a', '1')]), (command) => {
        env.push(command.env);
        return ended(1, null);
      });
    }
    expect(env).toMatchObject([
      { GRYPE_DB_CACHE_DIR: '/cache', GRYPE_DB_AUTO_UPDATE: 'false', GRYPE_DB_VALIDATE_AGE: 'false' },
      { GRYPE_DB_CACHE_DIR: '/cache', GRYPE_DB_AUTO_UPDATE: 'true', GRYPE_DB_VALIDATE_AGE: 'true' },
    ]);
  });

  it('takes the newest CVSS of the record itself, a related record only where it has none', async () => {
    const cvss = [
      { version: '2.0', type: 'Primary', metrics: { baseScore: 5 }, vector: 'AV:N/AC:L/Au:N/C:N/I:N/A:P' },
      { version: '3.1', type: 'Secondary', metrics: { baseScore: 7.4 } },
      {
        version: '3.1',
        type: 'Primary',
        metrics: { baseScore: 7.5 },
        vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H',
      },
      { version: '9', metrics: { baseScore: 11 } },
    ];
    const related = [{ id: 'CVE-2026-1', severity: 'Critical', namespace: 'nvd:cpe', cvss: [] }];
    expect(
      (await one({ severity: 'High', namespace: 'github:language:python', cvss }, related))?.severity,
    ).toEqual({
      level: 'high',
      score: 7.5,
      source: 'grype: github:language:python',
      vector: 'CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H',
    });
    expect((await one({ severity: 'Unknown' }, related))?.severity).toMatchObject({
      level: 'critical',
      source: 'grype: nvd:cpe',
    });
    expect((await one({ severity: 'Negligible' }))?.severity.level).toBe('low');
  });

  it('says what Grype says of a missing fix, and links to https', async () => {
    const finding = await one({
      fix: { state: 'wont-fix', versions: null },
      dataSource: 'http://example.test',
      urls: ['ftp://example.test', 'https://user@example.test/', 'https://example.test/a b'],
    });
    expect(finding).toMatchObject({
      note: 'will not be fixed',
      fixed: [],
      link: 'https://example.test/a%20b',
    });
  });

  it('is not clean where its database has nothing of the ecosystem, or it did not know the distribution', async () => {
    expect(await say([])).toMatchObject({ state: 'clean', by: { databaseDate: '2026-11-20T00:00:00.000Z' } });
    const without = { ...DESCRIPTOR, db: { ...DESCRIPTOR.db, providers: { debian: {} } } };
    expect(await say([], { descriptor: without })).toMatchObject({ state: 'failed' });

    const debian = SMALL_SET.filter(({ ecosystem }) => ecosystem === 'Debian:12');
    const mixed = inputOf([...debian, python('six', '1')]);
    const report = await drive(grype, mixed, () =>
      ended(0, { matches: [], distro: { name: '' }, descriptor: DESCRIPTOR }),
    );
    expect(report).toMatchObject({
      state: 'clean',
      notChecked: [
        expect.stringMatching(/^11 packages of Debian:12, whose distribution Grype did not recognise/u),
      ],
    });
  });

  it.each<[string, ReturnType<AnswerCommand>]>([
    ['another exit code', ended(1, { matches: [], descriptor: DESCRIPTOR })],
    ['no answer', ended(0, null)],
    ['JSON cut short', ended(0, '{"matches":[{"vulnera')],
    ['no matches', ended(0, { descriptor: DESCRIPTOR })],
    ['matches that are no list', ended(0, { matches: {}, descriptor: DESCRIPTOR })],
    [
      'a database that is not valid',
      ended(0, { matches: [], descriptor: { db: { status: { valid: 'true' } } } }),
    ],
    [
      'a package that nobody asked about',
      ended(0, {
        matches: [{ vulnerability: { id: 'CVE-1' }, artifact: { id: 'other' } }],
        descriptor: DESCRIPTOR,
      }),
    ],
    [
      'a match without a name',
      ended(0, { matches: [{ vulnerability: {}, artifact: { id: 'relock-0' } }], descriptor: DESCRIPTOR }),
    ],
  ])('fails with %s', async (_, answer) => {
    const report = await drive(grype, inputOf([python('a', '1')]), () => answer);
    expect(report).toMatchObject({ state: 'failed', scanner: 'grype', reason: { code: 'scanner-failed' } });
  });
});
