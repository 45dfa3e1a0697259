/**
 * osv-scanner: packages as SBOMs by source package. It always works on OSV's own zips in its cache folder, since the way to the
 * network lets nothing be sent out, and so that no package's name leaves the machine. Pure.
 */
import { readOsvScanner } from './osv-scanner-report.ts';
import {
  answersOf,
  counted,
  failure,
  isFailure,
  notLookedUp,
  nothingKnown,
  readAnswer,
  reportOf,
  type DatabaseOptions,
  type Found,
} from './program-report.ts';
import { writeSboms, type Sbom } from './sbom.ts';
import type { ScanCommand, Scanner } from './scanner.ts';

const OUTPUT = 'osv-scanner.json';
/** It reads the whole zip of an ecosystem each time. */
const SECONDS = 900;

/** @param database its cache folder, which holds `osv-scalibr/PyPI/all.zip`. */
export function createOsvScanner(database: DatabaseOptions): Scanner {
  return {
    name: 'osv-scanner',
    next(input, history) {
      // One run for each ecosystem: of several in one, those whose database is missing are left out with exit code 1.
      const { sboms, unknown } = writeSboms(input.packages, 'osv-scanner');
      if (sboms.length === 0 && input.packages.length > 0) return nothingKnown('osv-scanner', input);
      const answers = answersOf(history);
      const parts: Found[] = [];
      for (const [index, sbom] of sboms.entries()) {
        const ran = answers[index];
        if (ran === undefined) return { do: 'run', command: commandOf(sbom, database) };
        const doing = `looking at ${counted(sbom.packages.size)} of ${sbom.ecosystem}`;
        // 0: none found, 1: some found, 127 and others: an error, whatever it prints.
        if (ran.result.exitCode !== 0 && ran.result.exitCode !== 1) {
          return { do: 'fail', reason: failure('osv-scanner', doing, ran.result, database) };
        }
        const found = readAnswer('osv-scanner', doing, ran, (value) => readOsvScanner(value, sbom));
        if (isFailure(found)) return found;
        // It says that there are some, and names none.
        if (ran.result.exitCode === 1 && found.findings.length === 0) {
          return { do: 'fail', reason: failure('osv-scanner', doing, ran.result, database) };
        }
        parts.push(found);
      }
      return reportOf(
        {
          name: 'osv-scanner',
          version: input.program?.version ?? null,
          database: database.offline ? "OSV's zips as they are on this machine" : "OSV's zips of today",
          databaseDate: null,
        },
        input,
        parts,
        notLookedUp(unknown, 'which osv-scanner cannot look up'),
      );
    },
  };
}

function commandOf(sbom: Sbom, { cacheFolder, offline }: DatabaseOptions): ScanCommand {
  return {
    argv: [
      'scan',
      'source',
      ...(offline ? ['--offline'] : ['--offline-vulnerabilities', '--download-offline-databases']),
      '--local-db-path',
      cacheFolder,
      '--no-resolve',
      '--all-packages',
      '--all-vulns',
      '--verbosity',
      'error',
      '--format',
      'json',
      '--output-file',
      `{folder}/${OUTPUT}`,
      '--lockfile',
      `{folder}/${sbom.file}`,
    ],
    files: { [sbom.file]: sbom.text },
    output: OUTPUT,
    env: {},
    readable: [],
    timeoutSeconds: SECONDS,
  };
}
