/** Whatever the programs write, there is a report or a reason, and never part of an answer for all of it. */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ScanReport } from '../../src/scan/model.ts';
import { fixedAbove } from '../../src/scan/program-versions.ts';
import {
  drive,
  ended,
  inputOf,
  PROGRAMS,
  recorded,
  scannerOf,
  SMALL_SET,
  type ProgramName,
} from '../support/scanners.ts';

const PYTHON = SMALL_SET.filter(({ ecosystem }) => ecosystem === 'PyPI');
const VERSION = ended(0, null, '{"Version":"0.74.0"}');

function say(name: ProgramName, output: string): Promise<ScanReport> {
  return drive(scannerOf(name, '/cache'), inputOf(PYTHON), ({ argv }) =>
    argv[0] === 'version' ? VERSION : ended(name === 'osv-scanner' ? 1 : 0, output),
  );
}

const HOSTILE: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom(null, true, -1, 1e308, '', 'NaN', '__proto__', {}, [], [[]], [null], { length: 3 }),
  fc.string({ unit: 'binary', maxLength: 50 }),
  fc.constant('\u202E<!-- @everyone `\n#1'),
  fc.constant('x'.repeat(100_000)),
);

/** The value with the nth of its nodes replaced. */
function replaced(value: unknown, index: number, by: unknown): unknown {
  let at = -1;
  const walk = (node: unknown): unknown => {
    at += 1;
    if (at === index) return by;
    if (Array.isArray(node)) return node.map(walk);
    if (typeof node !== 'object' || node === null) return node;
    return Object.fromEntries(Object.entries(node).map(([key, each]) => [key, walk(each)]));
  };
  return walk(value);
}

describe.each(PROGRAMS)('an answer of %s', (name) => {
  const answer = recorded(`${name}/small-set-1.json`);
  const text = JSON.stringify(answer);

  it('cut short anywhere is a failure', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(text.length - 1), async (length) => {
        expect(await say(name, text.slice(0, length))).toMatchObject({ state: 'failed' });
      }),
      { numRuns: 100 },
    );
  });

  it('with something else anywhere is a report or a failure, with texts of one line', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(400), HOSTILE, async (index, by) => {
        const report = await say(name, JSON.stringify(replaced(answer, index, by)));
        if (report.state === 'failed') return;
        for (const finding of report.findings) {
          expect(finding.summary).not.toMatch(/\p{Cc}|\u202E/u);
          expect(finding.summary.length).toBeLessThan(250);
          for (const id of finding.ids) expect(id).toMatch(/^[\w.:+-]+$/u);
          for (const version of finding.fixed) expect(version).not.toMatch(/\p{Cc}/u);
          expect(finding.link ?? 'https://').toMatch(/^https:\/\//u);
        }
      }),
      { numRuns: 150 },
    );
  });
});

describe('10,000 vulnerabilities', () => {
  it('of one package are told apart in a moment, also when each names the next', async () => {
    const ref = { BOMRef: 'relock-0' };
    const rows = Array.from({ length: 10_000 }, (_, index) => ({
      VulnerabilityID: `CVE-2026-${index}`,
      VendorIDs: [`X-${index % 5000}`],
      PkgIdentifier: ref,
      Title: 'x'.repeat(500),
    }));
    const Packages = PYTHON.map((_, index) => ({ Identifier: { BOMRef: `relock-${index}` } }));
    const started = performance.now();
    const report = await say(
      'trivy',
      JSON.stringify({ SchemaVersion: 2, Results: [{ Packages, Vulnerabilities: rows }] }),
    );
    expect(performance.now() - started).toBeLessThan(3000);
    expect(report.state === 'failed' ? [] : report.findings).toHaveLength(5000);
  });
});

describe('fixed versions', () => {
  it.each<[string, string, readonly string[], readonly string[]]>([
    ['PyPI', '3.2', ['4.0.1', '3.2.1', '2.2.21', '3.2.1', '4.0rc1'], ['3.2.1', '4.0rc1', '4.0.1']],
    ['PyPI', '5.0', ['4.0.1'], []],
    ['PyPI', 'odd', ['4.0.1', 'odder'], ['4.0.1']],
    ['Debian:12', '1:1.0-1', ['1:1.0-2~deb12u1', '0.9'], ['1:1.0-2~deb12u1']],
    // The source package of an rpm tells no epoch.
    ['AlmaLinux:9', '9.1-5.el9', ['2:9.1-6.el9'], ['2:9.1-6.el9']],
    ['Alpine:v3.20', '3.3.1-r0', ['3.3.1-r10', '3.3.1-r2'], ['3.3.1-r2', '3.3.1-r10']],
    ['npm', '1.0.0', ['2.0.0', '1.0.1'], ['2.0.0', '1.0.1']],
  ])('of %s %s among %j are %j', (ecosystem, version, fixed, expected) => {
    expect(fixedAbove(ecosystem, version, fixed)).toEqual(expected);
  });
});
