/** Scanners' true programs in the true sandbox, on small databases of real advisories. */
import { mkdirSync, rmSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runChild } from '../../src/run/child.ts';
import { unconfined, type RunConfined } from '../../src/run/sandbox/confined.ts';
import { DEFAULT_LIMITS } from '../../src/run/sandbox/limits.ts';
import { createSandbox } from '../../src/run/sandbox/sandbox.ts';
import { findScannerProgram, runScannerProgram } from '../../src/run/scanner-program.ts';
import type { ScanReport } from '../../src/scan/model.ts';
import type { ScanInput } from '../../src/scan/scanner.ts';
import { folder } from '../support/folder.ts';
import { sandboxHere } from '../support/sandbox.ts';
import {
  deb,
  drive,
  inputOf,
  makeDatabase,
  names,
  PLANTED,
  programHere,
  PROGRAMS,
  python,
  scannerOf,
  SMALL_SET,
  writeLayout,
  type ProgramName,
} from '../support/scanners.ts';

const missing = PROGRAMS.filter((name) => programHere(name) === null);
if (missing.length > 0) {
  console.log(`not run: ${missing.join(', ')}, neither in the folder RELOCK_TEST_SCANNERS nor on PATH.`);
}
const walls = await sandboxHere();
if ('missing' in walls) console.log(`scanners run without a sandbox: ${walls.missing}`);
const run: RunConfined =
  'bwrap' in walls
    ? createSandbox({ ...walls, limits: DEFAULT_LIMITS, exec: runChild })
    : unconfined(runChild);

async function scan(name: ProgramName, input: ScanInput, cacheFolder: string): Promise<ScanReport> {
  const program = programHere(name) ?? '';
  return drive(scannerOf(name, cacheFolder), input, async (command) => {
    const database = { cacheFolder, offline: true };
    const ran = await runScannerProgram({
      name,
      program,
      command,
      database,
      run,
      pass: null,
      scratch: folder(),
      signal: null,
    });
    if ('code' in ran) throw new Error(`${ran.message} ${ran.detail}`);
    return ran;
  });
}

describe.for(PROGRAMS.map((name) => ({ name, here: programHere(name) })))(
  '$name',
  { timeout: 60_000 },
  ({ name, here }) => {
    it.skipIf(here === null)('is found', async () => {
      const found = await findScannerProgram({
        name,
        configured: here,
        environment: {},
        run,
        scratch: folder(),
        signal: null,
      });
      expect(found).toMatchObject({ path: here, version: expect.stringMatching(/^(?:unknown|\d+\.\d+)/u) });
    });

    it.skipIf(here === null)('finds the vulnerabilities of a small set by source package', async () => {
      const report = await scan(name, inputOf(SMALL_SET), makeDatabase(name, folder()));
      expect(report).toMatchObject({ state: 'found', notChecked: [] });
      const findings = report.state === 'failed' ? [] : report.findings;
      const known = names(findings);
      expect(known).toEqual(
        expect.arrayContaining(['django CVE-2021-31542', 'openssl CVE-2026-42767', 'pyyaml CVE-2020-1747']),
      );
      expect(findings.filter(({ ecosystem }) => ecosystem === 'Debian:12')).toHaveLength(27);
      // Why osv-scanner has one less stands in test/scan/osv-scanner.test.ts.
      expect(findings.filter(({ ecosystem }) => ecosystem === 'PyPI')).toHaveLength(
        name === 'osv-scanner' ? 37 : 38,
      );
    });

    it.skipIf(here === null)('is clean where there is nothing to find', async () => {
      const input = inputOf([python('six', '1.16.0'), deb('openssl', '3.0.22-1~deb12u2')]);
      expect(await scan(name, input, makeDatabase(name, folder()))).toMatchObject({
        state: 'clean',
        notChecked: [],
      });
    });

    it.skipIf(here === null)('without a database is no clean one', async () => {
      expect(await scan(name, inputOf(SMALL_SET), folder())).toMatchObject({
        state: 'failed',
        reason: { code: 'scanner-failed' },
      });
    });

    it.skipIf(here === null)('with a database cut short is no clean one', async () => {
      const cache = makeDatabase(name, folder());
      const file = {
        trivy: 'db/trivy.db',
        grype: '6/vulnerability.db',
        'osv-scanner': 'osv-scalibr/PyPI/all.zip',
      }[name];
      truncateSync(join(cache, file), 3000);
      expect(await scan(name, inputOf([python('django', '3.2.0')]), cache)).toMatchObject({
        state: 'failed',
      });
    });
  },
);

describe('osv-scanner with the database of one ecosystem alone', () => {
  it.skipIf(programHere('osv-scanner') === null)(
    'does not call the other clean',
    { timeout: 30_000 },
    async () => {
      const cache = makeDatabase('osv-scanner', folder());
      rmSync(join(cache, 'osv-scalibr/Debian'), { recursive: true });
      expect(await scan('osv-scanner', inputOf(SMALL_SET), cache)).toMatchObject({
        state: 'failed',
        reason: { message: expect.stringContaining('exit code 127') },
      });
    },
  );
});

describe('Trivy on the layers of an image', () => {
  it.skipIf(programHere('trivy') === null)(
    'finds packages and a planted secret',
    { timeout: 60_000 },
    async () => {
      const layout = join(folder(), 'layout');
      mkdirSync(layout);
      const layouts = [{ location: 'app:1', platform: 'linux/amd64', folder: writeLayout(layout) }];
      const report = await scan('trivy', inputOf([], { layouts }), makeDatabase('trivy', folder()));
      expect(report).toMatchObject({
        state: 'found',
        secrets: [{ rule: 'github-pat', path: 'app/settings.py', line: 2 }],
      });
      const findings = report.state === 'failed' ? [] : report.findings;
      expect(new Set(findings.map((one) => `${one.ecosystem} ${one.package}`))).toEqual(
        new Set(['Debian:12 perl']),
      );
      expect(JSON.stringify(report)).not.toContain(PLANTED);
    },
  );
});
