/** Grype: packages as SBOMs. Images only as their packages, which Relock reads itself. Pure. */
import { readGrype, type GrypeAnswer } from './grype-report.ts';
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
} from './program-report.ts';
import { writeSboms, type Sbom } from './sbom.ts';
import type { ScanCommand, Scanner } from './scanner.ts';
import { instantOf } from './trivy.ts';

const OUTPUT = 'grype.json';
const SECONDS = 600;

/** @param database its cache folder, which holds `6/vulnerability.db`. */
export function createGrype(database: DatabaseOptions): Scanner {
  return {
    name: 'grype',
    next(input, history) {
      const { sboms, unknown } = writeSboms(input.packages, 'grype');
      if (sboms.length === 0 && input.packages.length > 0) return nothingKnown('grype', input);
      const answers = answersOf(history);
      const parts: GrypeAnswer[] = [];
      for (const [index, sbom] of sboms.entries()) {
        const ran = answers[index];
        if (ran === undefined) return { do: 'run', command: commandOf(sbom, database) };
        const doing = `looking at ${counted(sbom.packages.size)} of ${sbom.ecosystem}`;
        if (ran.result.exitCode !== 0) {
          return { do: 'fail', reason: failure('grype', doing, ran.result, database) };
        }
        const found = readAnswer('grype', doing, ran, (value) => readGrype(value, sbom));
        if (isFailure(found)) return found;
        parts.push(found);
      }
      const date = instantOf(parts.at(-1)?.built);
      return reportOf(
        {
          name: 'grype',
          version: input.program?.version ?? parts.at(-1)?.version ?? null,
          database: date === null ? 'database of an unknown date' : `database of ${date.slice(0, 10)}`,
          databaseDate: date,
        },
        input,
        parts,
        notLookedUp(unknown, 'which Grype has no advisories for'),
      );
    },
  };
}

/** Its configuration comes by its environment alone: the home folder is a private one. */
function commandOf(sbom: Sbom, { cacheFolder, offline }: DatabaseOptions): ScanCommand {
  return {
    argv: ['--output', 'json', '--file', `{folder}/${OUTPUT}`, `sbom:${sbom.file}`],
    files: { [sbom.file]: sbom.text },
    output: OUTPUT,
    env: {
      GRYPE_DB_CACHE_DIR: cacheFolder,
      GRYPE_DB_AUTO_UPDATE: offline ? 'false' : 'true',
      // Online, a database that cannot be kept fresh is a failure. Offline, its age stands in the report.
      GRYPE_DB_VALIDATE_AGE: offline ? 'false' : 'true',
      GRYPE_CHECK_FOR_APP_UPDATE: 'false',
    },
    readable: [],
    timeoutSeconds: SECONDS,
  };
}
