import { describe, expect, it } from 'vitest';
import { scanText } from '../../src/cli/scan-text.ts';
import type { ScanListing } from '../../src/scan/outcome.ts';
import { finding, imagePlace, lockPlace, OSV, secret, TRIVY } from '../support/scan-results.ts';

const TARGETS: ScanListing['targets'] = [
  { kind: 'lock', location: 'requirements.txt', platform: null, packages: 60 },
  { kind: 'lock', location: 'b/poetry.lock', platform: null, packages: 1000 },
  { kind: 'image', location: 'python:3.12-slim', platform: 'linux/amd64', packages: 80 },
];

function listing(more: Partial<ScanListing> = {}): ScanListing {
  return {
    by: [OSV],
    findings: [],
    secrets: [],
    ignored: [],
    failed: [],
    notChecked: [],
    notes: [],
    targets: TARGETS,
    ...more,
  };
}

const FAILED = {
  scanner: 'trivy',
  reason: {
    code: 'scanner-missing',
    message: 'trivy is not on PATH.',
    fix: 'Install it, or take it out of `[scan] with`.',
    detail: '',
  },
} as const;

describe('a scan for people', () => {
  it('has a table, worst first as it comes, and says what was looked through', () => {
    const text = scanText(
      listing({
        by: [OSV, TRIVY],
        findings: [
          {
            finding: finding('CVE-2022-28346', 'django 3.2', 'critical', { fixed: ['3.2.13', '4.0.4'] }),
            places: [lockPlace('requirements.txt'), lockPlace('b/poetry.lock'), lockPlace('c.txt')],
          },
          {
            finding: finding('CVE-2024-2', 'openssl 3.0.15-1~deb12u1', 'high', {
              ecosystem: 'Debian:12',
              note: 'no-dsa',
            }),
            places: [imagePlace('python:3.12-slim'), imagePlace('python:3.12-slim', 'linux/arm64')],
          },
          {
            finding: finding('MAL-2024-3', 'colourama 1.0', 'unknown', { malicious: true }),
            places: [lockPlace('requirements.txt')],
          },
        ],
        secrets: [secret('aws-access-key-id', '/app/.env')],
        ignored: [
          {
            finding: finding('CVE-2024-9', 'jinja2 2.10'),
            places: [lockPlace('requirements.txt')],
            by: '.trivyignore:3',
            reason: 'not reachable',
            until: '2027-01-31',
          },
        ],
      }),
      false,
    );
    expect(text).toMatchInlineSnapshot(`
      "Severity   Package    Version           Vulnerability   Fixed in         Where
      critical   django     3.2               CVE-2022-28346  3.2.13           requirements.txt, b/poetry.lock and c.txt
      high       openssl    3.0.15-1~deb12u1  CVE-2024-2      no fix (no-dsa)  python:3.12-slim
      malicious  colourama  1.0               MAL-2024-3      no fix           requirements.txt

      Secrets in images
        critical: Title of aws-access-key-id (aws-access-key-id) in /app/.env:3 of python:3.12-slim linux/amd64

      Ignored
        CVE-2024-9 in jinja2 (.trivyignore:3, until 2027-01-31): not reachable

      Looked through 2 locks and 1 image (1,140 packages) with osv (api.osv.dev) and trivy 0.74.0 (its own database, of 2026-11-20).
      3 known vulnerabilities (1 malicious, 1 critical, 1 high) in 3 packages, 1 secret, 1 ignored.
      "
    `);
  });

  it('says so when nothing is there', () => {
    expect(scanText(listing(), false)).toMatchInlineSnapshot(`
      "Looked through 2 locks and 1 image (1,140 packages) with osv (api.osv.dev).
      No known vulnerability.
      "
    `);
  });

  it('never calls clean what was not checked', () => {
    const text = scanText(
      listing({ failed: [FAILED], notChecked: ['requirements.txt: 2 packages without a version (a, b)'] }),
      false,
    );
    expect(text).toMatchInlineSnapshot(`
      "Not checked
        trivy: trivy is not on PATH. Install it, or take it out of \`[scan] with\`.
        requirements.txt: 2 packages without a version (a, b)

      Looked through 2 locks and 1 image (1,140 packages) with osv (api.osv.dev).
      No known vulnerability; not all of it was checked.
      "
    `);
    const none = scanText(listing({ by: [], failed: [FAILED] }), false);
    expect(none).toContain('Nothing was checked.');
    expect(none).not.toContain('No known vulnerabilit');
    const off = scanText(listing({ by: [] }), false);
    expect(off).toContain('Nothing was checked: no scanner is chosen');
    expect(off).toContain('--with osv');
  });

  it('says when there is nothing to scan', () => {
    expect(scanText(listing({ by: [], targets: [] }), false)).toBe(
      'No lock and no image with a digest was found.\n',
    );
  });

  it('has colours for a terminal alone', () => {
    const found = listing({
      findings: [{ finding: finding('CVE-1-1', 'a 1', 'critical'), places: [lockPlace('a.txt')] }],
    });
    expect(scanText(found, true)).toContain('\u001B[');
    expect(scanText(found, false)).not.toContain('\u001B[');
  });

  it('lets nothing foreign steer the terminal, or break its rows', () => {
    const evil = '\u001B[2Jx\ny\u0007\u202E';
    const found = {
      ...finding(`CVE-${evil}`, 'a 1', 'low', { fixed: [`2${evil}`], note: evil }),
      package: evil,
      version: evil,
    };
    const text = scanText(
      listing({
        by: [{ ...TRIVY, version: evil, database: evil }],
        findings: [{ finding: found, places: [lockPlace(evil)] }],
        secrets: [secret(evil, evil, { title: evil, location: evil })],
        ignored: [{ finding: found, places: [lockPlace(evil)], by: evil, reason: evil, until: null }],
        failed: [{ scanner: 'trivy', reason: { ...FAILED.reason, message: evil, fix: evil } }],
        notChecked: [evil],
      }),
      false,
    );
    for (const bad of ['\u001B', '\u0007', '\u202E']) expect(text).not.toContain(bad);
    expect(text).not.toMatch(/^y/mu);
  });

  it('shortens what is long', () => {
    const long = 'x'.repeat(5000);
    const found = { ...finding('CVE-1-1', 'a 1'), package: long, version: long, fixed: [long] };
    const text = scanText(listing({ findings: [{ finding: found, places: [lockPlace(long)] }] }), false);
    expect(Math.max(...text.split('\n').map((line) => line.length))).toBeLessThan(300);
  });
});
