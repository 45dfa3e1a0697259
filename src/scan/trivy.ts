/** Trivy: packages as SBOMs, images as the layers themselves, with leaked secrets. Pure. */
import type { ScanPackage } from './model.ts';
import { at, textAt } from './program-json.ts';
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
  type Ran,
} from './program-report.ts';
import type { ImageLayout, ScanCommand, Scanner, ScanInput, ScanStep } from './scanner.ts';
import { writeSboms, type Sbom } from './sbom.ts';
import { readTrivyImage, readTrivySbom } from './trivy-report.ts';

const OUTPUT = 'trivy.json';
const SBOM_SECONDS = 600;
/** Layers are unpacked and looked through for secrets. */
const IMAGE_SECONDS = 1200;

type Run =
  | { readonly kind: 'sbom'; readonly sbom: Sbom; readonly doing: string }
  | { readonly kind: 'image'; readonly layout: ImageLayout; readonly doing: string };

/** @param database its cache folder, which holds `db/`. */
export function createTrivy(database: DatabaseOptions): Scanner {
  return {
    name: 'trivy',
    next(input, history) {
      const { sboms, unknown } = writeSboms(input.packages, 'trivy');
      const runs: readonly Run[] = [
        ...sboms.map((sbom) => ({ kind: 'sbom' as const, sbom, doing: doing(sbom) })),
        ...input.layouts.map((layout) => ({
          kind: 'image' as const,
          layout,
          doing: `looking at the layers of ${layout.location} (${layout.platform})`,
        })),
      ];
      if (runs.length === 0 && input.packages.length > 0) return nothingKnown('trivy', input);
      const answers = answersOf(history);
      const parts: Found[] = [];
      for (const [index, run] of runs.entries()) {
        const ran = answers[index];
        if (ran === undefined) return { do: 'run', command: commandOf(run, database) };
        if (ran.result.exitCode !== 0) {
          return { do: 'fail', reason: failure('trivy', run.doing, ran.result, database) };
        }
        const found = readAnswer('trivy', run.doing, ran, (value) => read(run, value, input));
        if (isFailure(found)) return found;
        parts.push(found);
      }
      return finish(input, answers[runs.length], parts, unknown, database);
    },
  };
}

/** Its identity is asked last, since its first run may have fetched another database. */
function finish(
  input: ScanInput,
  ran: Ran | undefined,
  parts: readonly Found[],
  unknown: readonly ScanPackage[],
  database: DatabaseOptions,
): ScanStep {
  if (ran === undefined) return { do: 'run', command: versionCommand(database) };
  const asking = 'asked for its version';
  if (ran.result.exitCode !== 0) {
    return { do: 'fail', reason: failure('trivy', asking, ran.result, database) };
  }
  const by = readAnswer(
    'trivy',
    asking,
    ran,
    (value) => ({
      version: textAt(value, 'Version'),
      date: instantOf(at(value, 'VulnerabilityDB', 'UpdatedAt')),
    }),
    ran.result.stdout,
  );
  if (isFailure(by)) return by;
  return reportOf(
    {
      name: 'trivy',
      version: input.program?.version ?? by.version,
      database: by.date === null ? 'database of an unknown date' : `database of ${by.date.slice(0, 10)}`,
      databaseDate: by.date,
    },
    input,
    parts,
    notLookedUp(unknown, 'which Trivy has no advisories for'),
  );
}

function read(run: Run, value: unknown, { packages }: ScanInput): Found {
  return run.kind === 'sbom' ? readTrivySbom(value, run.sbom) : readTrivyImage(value, run.layout, packages);
}

function doing({ ecosystem, packages }: Sbom): string {
  return `looking at ${counted(packages.size)} of ${ecosystem}`;
}

/** @returns ISO 8601, or null. */
export function instantOf(value: unknown): string | null {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  // Go's zero time, where it has no database.
  return Number.isNaN(time) || time <= 0 ? null : new Date(time).toISOString();
}

function commandOf(run: Run, { cacheFolder, offline }: DatabaseOptions): ScanCommand {
  const common = [
    '--cache-dir',
    cacheFolder,
    // What layers hold is not kept: another image could be told what this one has.
    '--cache-backend',
    'memory',
    ...(offline ? ['--skip-db-update'] : []),
    // Only Java archives need the internet or a further database; both are left out.
    '--offline-scan',
    '--skip-java-db-update',
    '--skip-vex-repo-update',
    '--skip-version-check',
    '--disable-telemetry',
    '--no-progress',
    '--quiet',
    '--list-all-pkgs',
    '--format',
    'json',
    '--exit-code',
    '0',
    '--output',
    `{folder}/${OUTPUT}`,
  ];
  if (run.kind === 'sbom') {
    return {
      argv: [
        'sbom',
        ...common,
        '--scanners',
        'vuln',
        '--timeout',
        `${SBOM_SECONDS}s`,
        `{folder}/${run.sbom.file}`,
      ],
      files: { [run.sbom.file]: run.sbom.text },
      output: OUTPUT,
      env: {},
      readable: [],
      timeoutSeconds: SBOM_SECONDS,
    };
  }
  const archives = ['jar', 'war', 'ear', 'par'].flatMap((ending) => ['--skip-files', `**/*.${ending}`]);
  return {
    argv: [
      'image',
      ...common,
      '--scanners',
      'vuln,secret',
      ...archives,
      '--timeout',
      `${IMAGE_SECONDS}s`,
      '--input',
      run.layout.folder,
    ],
    files: {},
    output: OUTPUT,
    env: {},
    readable: [run.layout.folder],
    timeoutSeconds: IMAGE_SECONDS,
  };
}

function versionCommand({ cacheFolder }: DatabaseOptions): ScanCommand {
  return {
    argv: ['version', '--cache-dir', cacheFolder, '--format', 'json'],
    files: {},
    // It has no option for a file: what it prints is read.
    output: OUTPUT,
    env: {},
    readable: [],
    timeoutSeconds: 60,
  };
}
