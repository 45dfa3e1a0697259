/**
 * Records what the true programs say of the small set: `RELOCK_TEST_SCANNERS=… node test/support/record-scans.ts`. The
 * command lines are the scanners' own. Long texts and lists of files are cut, nothing else is.
 */
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runChild } from '../../src/run/child.ts';
import { unconfined } from '../../src/run/sandbox/confined.ts';
import { runScannerProgram } from '../../src/run/scanner-program.ts';
import type { ScanInput } from '../../src/scan/scanner.ts';
import {
  drive,
  FIXTURES,
  inputOf,
  makeDatabase,
  programHere,
  PROGRAMS,
  scannerOf,
  SMALL_SET,
  writeLayout,
} from './scanners.ts';

/** What only makes it long. */
const DROPPED: readonly string[] = [
  'InstalledFiles',
  'Licenses',
  'Description',
  'description',
  'details',
  'configuration',
  'history',
  'matchDetails',
  'Fingerprint',
];

const scratch = mkdtempSync(join(tmpdir(), 'record-scans-'));
for (const name of PROGRAMS) {
  const program = programHere(name);
  if (program === null) throw new Error(`${name} is neither in RELOCK_TEST_SCANNERS nor on PATH`);
  const cacheFolder = makeDatabase(name, join(scratch, name));
  const record = async (input: ScanInput, prefix: string): Promise<void> => {
    let at = 0;
    const report = await drive(scannerOf(name, cacheFolder), input, async (command) => {
      const ran = await runScannerProgram({
        name,
        program,
        command,
        database: { cacheFolder, offline: true },
        run: unconfined(runChild),
        pass: null,
        scratch,
        signal: null,
      });
      if ('code' in ran) throw new Error(`${ran.message} ${ran.detail}`);
      const text = ran.output ?? ran.result.stdout;
      const file = `${prefix}-${at}.json`;
      at += 1;
      writeFileSync(join(FIXTURES, name, file), `${JSON.stringify(trim(JSON.parse(text)))}\n`);
      console.log(name, ran.result.exitCode, file, command.argv.join(' '));
      return ran;
    });
    console.log(
      name,
      report.state === 'failed' ? report.reason : [report.state, report.by, report.notChecked],
    );
  };
  await record(inputOf(SMALL_SET), 'small-set');
  if (name === 'trivy') {
    const folder = join(scratch, 'layout');
    mkdirSync(folder);
    const layout = { location: 'app:1', platform: 'linux/amd64', folder: writeLayout(folder) };
    await record(inputOf([], { layouts: [layout] }), 'layout');
  }
}

function trim(value: unknown): unknown {
  if (typeof value === 'string') return value.replaceAll(scratch, '/scratch');
  if (Array.isArray(value)) return value.map(trim);
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(([key]) => !DROPPED.includes(key));
  return Object.fromEntries(kept.map(([key, each]) => [key, trim(each)]));
}
