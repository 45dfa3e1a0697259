import { describe, expect, it } from 'vitest';
import { addsSevere } from '../../src/report/findings-alarm.ts';
import type { SeverityLevel } from '../../src/scan/model.ts';
import { NO_SCAN, type ScanOutcome } from '../../src/scan/outcome.ts';
import { bodyWith, told } from '../support/scan-report.ts';
import {
  addedBy,
  finding,
  fixedBy,
  imagePlace,
  lockPlace,
  OSV,
  scanned,
  secret,
  stays,
  TRIVY,
} from '../support/scan-results.ts';

const diff = (more: Partial<ScanOutcome['diff']>) => ({ fixed: [], added: [], remaining: [], ...more });

it('only fixes', () => {
  const scan = scanned({
    by: [OSV, TRIVY],
    diff: diff({
      fixed: [
        fixedBy(finding('CVE-2024-1', 'jinja2 2.10', 'critical'), '3.1.6', 'a.txt', 'b.txt'),
        fixedBy(finding('GHSA-2', 'urllib3 1.24', 'unknown', { link: null }), null, 'a.txt'),
      ],
      remaining: [
        stays(
          finding('CVE-2024-3', 'kombu 5.0', 'medium', { fixed: ['5.3'] }),
          { kind: 'held', by: 'celery 5.2.0', wants: 'kombu<5.3', fixed: '5.3' },
          lockPlace('a.txt'),
        ),
        stays(
          finding('CVE-2023-4', 'zlib 1.2', 'high', { ecosystem: 'Debian:12' }),
          { kind: 'no-fix', note: 'will not fix' },
          imagePlace('python:3'),
        ),
        stays(
          finding('CVE-2023-5', 'zlib 1.2', 'low'),
          { kind: 'no-fix', note: null },
          imagePlace('python:3'),
        ),
      ],
    }),
  });
  expect(told(scan)).toMatchInlineSnapshot(`
    "**1 package moved in 1 lock: 1 major; fixes 2 known vulnerabilities (1 critical); adds none; 3 remain.**

    ## Known vulnerabilities

    Checked by osv (api.osv.dev) and trivy \`0.74.0\` (its own database, of 2026-11-20): the same data for what was and for what is now.

    **Fixed**

    | Vulnerability | Severity | Package | Cause |
    | --- | --- | --- | --- |
    | [\`CVE-2024-1\`](https://osv.dev/vulnerability/CVE-2024-1) | 9.8 critical | \`jinja2\` | \`2.10\` → \`3.1.6\` in \`a.txt\` and \`b.txt\` |
    | \`GHSA-2\` | not rated | \`urllib3\` | \`1.24\` removed from \`a.txt\` |

    **Remaining**

    | Vulnerability | Severity | Package | Version | Where | Why it stays |
    | --- | --- | --- | --- | --- | --- |
    | [\`CVE-2024-3\`](https://osv.dev/vulnerability/CVE-2024-3) | 5.3 medium | \`kombu\` | \`5.0\` | \`a.txt\` | held back by \`celery 5.2.0\`, which wants \`kombu<5.3\`; \`5.3\` has the fix |

    2 more have no fix yet (1 high)."
  `);
  expect(addsSevere(scan)).toBe(false);
});

it('adds a critical one, and one that is not severe', () => {
  const scan = scanned({
    diff: diff({
      added: [
        addedBy(finding('CVE-2026-9', 'flask 3.0', 'critical', { fixed: ['3.0.1', '3.1'] }), '2.0', 'a.txt'),
        addedBy(finding('CVE-2026-8', 'idna 3.4', 'medium'), null, 'a.txt', 'b.txt'),
      ],
    }),
  });
  expect(told(scan)).toMatchInlineSnapshot(`
    "**Adds 1 critical vulnerability: [\`CVE-2026-9\`](https://osv.dev/vulnerability/CVE-2026-9) in \`flask\`.** 1 package moved in 1 lock: 1 major; fixes no known vulnerabilities; adds 2 (1 critical); none remain.

    ## Known vulnerabilities

    Checked by osv (api.osv.dev): the same data for what was and for what is now.

    **Added**

    | Vulnerability | Severity | Package | Cause | Fixed in |
    | --- | --- | --- | --- | --- |
    | [\`CVE-2026-9\`](https://osv.dev/vulnerability/CVE-2026-9) | 9.8 critical | \`flask\` | \`2.0\` → \`3.0\` in \`a.txt\` | \`3.0.1\` |
    | [\`CVE-2026-8\`](https://osv.dev/vulnerability/CVE-2026-8) | 5.3 medium | \`idna\` | \`3.4\` new in \`a.txt\` and \`b.txt\` | no fix yet |"
  `);
  expect(addsSevere(scan)).toBe(true);
});

describe('nothing was checked', () => {
  it('since there was nothing to check, or nobody wanted it', () => {
    expect(told(NO_SCAN)).toMatchInlineSnapshot(`
      "**1 package moved in 1 lock: 1 major; known vulnerabilities were not checked: nothing changed.**

      (no section)"
    `);
  });

  it('since the scanner failed', () => {
    const reason = {
      code: 'advisories-unreachable',
      message: 'api.osv.dev did not answer within 30 s.',
      fix: 'Use an offline database: `relock db update`.',
      detail: 'connect ETIMEDOUT',
    } as const;
    const scan: ScanOutcome = { ...NO_SCAN, skipped: null, failed: [{ scanner: 'osv', reason }] };
    expect(told(scan)).toMatchInlineSnapshot(`
      "**1 package moved in 1 lock: 1 major; known vulnerabilities were not checked: osv could not reach its advisories.**

      ## Known vulnerabilities

      **Nothing was checked**
      - osv: api.osv.dev did not answer within 30 s. Use an offline database: \`relock db update\`. (\`advisories-unreachable\`)

      <details>
      <summary>What osv said</summary>

      \`\`\`text
      connect ETIMEDOUT
      \`\`\`

      </details>"
    `);
    expect(told({ ...scan, by: [TRIVY] })).toContain('not checked by osv.**');
  });

  it('in part', () => {
    const many = Array.from({ length: 30 }, (_, index) => `${index}.txt: 1 package without a version (@x)`);
    const text = told(scanned({ notChecked: many }));
    expect(text).toContain(
      'no known vulnerabilities before and after in what was checked; not all of it could be checked.**',
    );
    expect(text).toContain('**Not checked**\n- 0.txt: 1 package without a version (@\u2060x)\n');
    expect(text).toContain('- and 10 more; `relock run --json` names them');
  });
});

it('malicious packages are said at the very top, also those that stay', () => {
  const bad = { malicious: true, link: null } as const;
  const scan = scanned({
    diff: diff({
      added: [addedBy(finding('MAL-2026-1', 'reqeusts 1.0', 'unknown', bad), null, 'a.txt')],
      remaining: [stays(finding('MAL-2025-2', 'jinja22 2.0', 'unknown', bad), null, lockPlace('b.txt'))],
    }),
    severity: 'critical',
  });
  expect(told(scan)).toMatchInlineSnapshot(`
    "**Adds 1 malicious package: \`reqeusts\` \`1.0\` in \`a.txt\`.** **1 malicious package is still there: \`jinja22\` \`2.0\` in \`b.txt\`.** 1 package moved in 1 lock: 1 major; fixes no known vulnerabilities; adds 1 (1 malicious); 1 remains.

    ## Known vulnerabilities

    Checked by osv (api.osv.dev): the same data for what was and for what is now.

    > [!CAUTION]
    > A malicious package is not a mistake in one: it was published to do harm. What installed it may be compromised.
    >
    > - \`reqeusts\` \`1.0\` (\`MAL-2026-1\`) comes into \`a.txt\`
    > - \`jinja22\` \`2.0\` (\`MAL-2025-2\`) is still in \`b.txt\`

    **Added**

    | Vulnerability | Severity | Package | Cause | Fixed in |
    | --- | --- | --- | --- | --- |
    | \`MAL-2026-1\` | not rated | \`reqeusts\` | \`1.0\` new in \`a.txt\` | it is malicious: take it out |

    **Remaining**

    | Vulnerability | Severity | Package | Version | Where | Why it stays |
    | --- | --- | --- | --- | --- | --- |
    | \`MAL-2025-2\` | not rated | \`jinja22\` | \`2.0\` | \`b.txt\` | it is malicious: take it out |"
  `);
  expect(addsSevere(scan)).toBe(true);
});

it('secrets: where they are and by what rule, in a box when they are new', () => {
  const scan = scanned({
    by: [TRIVY],
    secrets: {
      added: [secret('aws-access-key-id', '/app/.env')],
      remaining: [
        secret('private-key', '/etc/key.pem', { line: null, layer: null, severity: 'low', title: '' }),
      ],
      fixed: [secret('github-pat', '/root/.netrc')],
    },
  });
  expect(told(scan)).toMatchInlineSnapshot(`
    "**Adds 1 secret: \`/app/.env\` in \`python:3.12-slim\`.** 1 package moved in 1 lock: 1 major; no known vulnerabilities before and after.

    ## Known vulnerabilities

    Checked by trivy \`0.74.0\` (its own database, of 2026-11-20): the same data for what was and for what is now.

    > [!CAUTION]
    > Secrets in layers of images that were not there before. Whoever can pull the image can read them: they should be revoked.
    >
    > - \`/app/.env:3\` in \`python:3.12-slim\` (\`linux/amd64\`, layer \`sha256:abababababab\`): \`Title of aws-access-key-id\`, rule \`aws-access-key-id\`, critical

    1 secret is no longer in an image; who had the image still has it.

    <details>
    <summary>1 secret is in an image as before</summary>

    - \`/etc/key.pem\` in \`python:3.12-slim\` (\`linux/amd64\`): rule \`private-key\`, low

    </details>"
  `);
  expect(addsSevere(scan)).toBe(true);
  expect(addsSevere({ ...scan, secrets: { added: scan.secrets.remaining, fixed: [], remaining: [] } })).toBe(
    false,
  );
});

it('ignored ones are told with who says so, why and until when', () => {
  const ignored = [
    {
      finding: finding('CVE-1', 'a 1'),
      places: [lockPlace('a.txt')],
      by: '.trivyignore:3',
      reason: 'not @reachable',
      until: '2026-12-31',
    },
    { finding: finding('CVE-2', 'b 1'), places: [], by: '.github/relock.toml', reason: '', until: null },
  ];
  expect(told(scanned({ ignored }))).toMatchInlineSnapshot(`
    "**1 package moved in 1 lock: 1 major; no known vulnerabilities before and after, but for 2 ignored.**

    ## Known vulnerabilities

    Checked by osv (api.osv.dev): the same data for what was and for what is now.

    <details>
    <summary>Ignored: 2 known vulnerabilities</summary>

    - [\`CVE-1\`](https://osv.dev/vulnerability/CVE-1) in \`a\` (7.5 high), by \`.trivyignore:3\`, until 2026-12-31: not @⁠reachable
    - [\`CVE-2\`](https://osv.dev/vulnerability/CVE-2) in \`b\` (7.5 high), by \`.github/relock.toml\`

    </details>"
  `);
});

it('what is rated lower than wanted is counted, not shown', () => {
  const at = (level: SeverityLevel) => finding(`CVE-${level}`, 'a 1', level, { fixed: ['2'] });
  const text = told(
    scanned({
      severity: 'high',
      diff: diff({
        fixed: [
          fixedBy(at('high'), '2', 'a.txt'),
          fixedBy(at('low'), '2', 'a.txt'),
          fixedBy(at('unknown'), '2', 'a.txt'),
        ],
        added: [addedBy(at('low'), null, 'a.txt')],
        remaining: [stays(at('medium'), null, lockPlace('a.txt'))],
      }),
    }),
  );
  expect(text).toMatchInlineSnapshot(`
    "**1 package moved in 1 lock: 1 major; fixes 3 known vulnerabilities (1 high); adds 1; 1 remains.**

    ## Known vulnerabilities

    Checked by osv (api.osv.dev): the same data for what was and for what is now.

    **Added**

    1 is rated lower than high, or not at all.

    **Fixed**

    | Vulnerability | Severity | Package | Cause |
    | --- | --- | --- | --- |
    | [\`CVE-high\`](https://osv.dev/vulnerability/CVE-high) | 7.5 high | \`a\` | \`1\` → \`2\` in \`a.txt\` |

    2 more are rated lower than high, or not at all.

    **Remaining**

    1 is rated lower than high, or not at all."
  `);
});

it('10,000 findings fit: the verdict counts all, tables say what they leave out', () => {
  const levels: readonly SeverityLevel[] = ['critical', 'high', 'medium', 'low'];
  const all = Array.from({ length: 10_000 }, (_, index) =>
    finding(`CVE-2024-${index}`, `package-${index % 300} 1.${index}`, levels[index % 4] ?? 'low', {
      fixed: ['99.0'],
    }),
  );
  const scan = scanned({
    diff: {
      fixed: all.map((one) => fixedBy(one, '99.0', 'a.txt', 'b.txt', 'c.txt', 'd.txt')),
      added: all.map((one) => addedBy(one, '0.9', 'a.txt')),
      remaining: all.map((one) => stays(one, null, lockPlace('a.txt'))),
    },
    notChecked: all.map(({ id }) => id),
    secrets: { fixed: [], added: all.map(({ id }) => secret('r', id)), remaining: [] },
    ignored: all.map((one) => ({ finding: one, places: [], by: 'x', reason: 'y', until: null })),
  });
  const body = bodyWith(scan);
  expect(body.length).toBeLessThan(65_536);
  const [first = ''] = body.split('\n', 1);
  expect(first).toContain(
    '**Adds 2,500 critical and 2,500 high vulnerabilities: [`CVE-2024-0`](https://osv.dev/vulnerability/CVE-2024-0) in `package-0`,',
  );
  expect(first).toContain('and 4,997 more.** **Adds 10,000 secrets: ');
  expect(first).toContain(
    'fixes 10,000 known vulnerabilities (2,500 critical, 2,500 high); adds 10,000 (2,500 critical, 2,500 high); 10,000 remain',
  );
  expect(body).toContain('\n\nAnd 9,900 more; `relock run --json` gives all of them.');
  expect(body).toContain(
    '<summary>Fixed: 10,000 known vulnerabilities (2,500 critical, 2,500 high)</summary>',
  );
  expect(body).toContain('> - and 9,980 more');
});
