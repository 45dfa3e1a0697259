/** The scanners of a run on this machine: settings and environment in, ports out. */
import { mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { ScanPolicy } from '../config/policy.ts';
import type { Credential, Settings } from '../config/settings.ts';
import { CancelledError, messageOf } from '../errors.ts';
import type { ImageReference } from '../images/model.ts';
import { createAdvisoryService } from '../osv/ask.ts';
import { openDatabase } from '../osv/database.ts';
import { DatabaseError } from '../osv/database-error.ts';
import { ADVISORY_SERVICE } from '../osv/service.ts';
import { explainRemaining } from '../pypi/explain-remaining.ts';
import type { SimpleClient } from '../pypi/simple-client.ts';
import type { Reason } from '../reason.ts';
import { writeLayout } from '../registry/oci-layout.ts';
import { RegistryError } from '../registry/registry-error.ts';
import type { Registry } from '../registry/registry.ts';
import { findScannerProgram, runScannerProgram, SCANNER_HOSTS } from '../run/scanner-program.ts';
import type { RunConfined } from '../run/sandbox/confined.ts';
import { createGrype } from '../scan/grype.ts';
import type { ScannerName } from '../scan/model.ts';
import { createOsvScanner } from '../scan/osv-scanner.ts';
import { osvApi, osvDatabase } from '../scan/osv/scanner.ts';
import { createTrivy } from '../scan/trivy.ts';
import type { Walls } from './gate.ts';
import { hidesItsIndex } from './hides-index.ts';
import type { ChangePorts } from './scan.ts';
import { createScanDoor } from './scan-door.ts';
import type { ChosenScanner } from './scan-run.ts';
import type { ScanEffects } from './scan-steps.ts';

export interface ScanSetUp {
  readonly settings: Settings;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Those that the job's owner may use. */
  readonly credentials: readonly Credential[];
  readonly walls: () => Promise<Walls>;
  readonly cacheFolder: string;
  /** Absolute; private folders are made in it. */
  readonly scratch: string;
  readonly registry: Registry;
  readonly index: SimpleClient;
  readonly userAgent: string;
  readonly signal: AbortSignal;
}

type ProgramName = Exclude<ScannerName, 'osv'>;

const PARALLEL = 8;

export interface ComposedScan {
  readonly ports: ChangePorts;
  close(): Promise<void>;
}

export function composeScan(setUp: ScanSetUp): ComposedScan {
  const { environment, walls, scratch, registry, signal } = setUp;
  const door = createScanDoor(walls, environment, scratch);
  let layouts: string | null = null;
  let count = 0;
  const run: RunConfined = async (input) => (await walls()).run(input);
  const clear = async (): Promise<void> => {
    if (layouts !== null) await rm(layouts, { recursive: true, force: true, maxRetries: 3 });
    layouts = null;
  };
  const ports: ChangePorts = {
    choose: (policy) => choose(policy.with, setUp, run),
    effects: effectsOf(setUp, run, (name) => door.pass(name, SCANNER_HOSTS[name])),
    async layout({ reference, location, platform }) {
      try {
        layouts ??= await mkdtemp(join(scratch, `relock-${process.pid}-layouts-`));
        count += 1;
        const folder = join(layouts, String(count));
        const blobs = join(layouts, 'blobs');
        await writeLayout({ registry, reference, platform, folder, blobs, signal });
        return { location, platform, folder };
      } catch (error) {
        if (error instanceof CancelledError || signal.aborted)
          throw new CancelledError('The run was cancelled.');
        return layoutFailed(error);
      }
    },
    clear,
    isPrivate: (reference) => isPrivate(reference, setUp.credentials),
    explain: (diff, { results, tree, cutoff }) =>
      explainRemaining(diff, {
        locks: results.map(({ target, status, contents }) => ({
          target,
          failed: status === 'failed' || status === 'skipped',
          content: contents?.after ?? null,
        })),
        tree,
        hidesItsIndex,
        index: setUp.index,
        cutoff,
        signal,
      }),
    now: () => new Date(),
  };
  return {
    ports,
    async close() {
      await door.close();
      await clear();
    },
  };
}

/** The built-in one for all; what the policy or the operator adds. */
async function choose(
  wanted: ScanPolicy['with'],
  setUp: ScanSetUp,
  run: RunConfined,
): Promise<readonly ChosenScanner[]> {
  const names: readonly ScannerName[] = wanted === 'auto' ? ['osv', 'trivy'] : wanted;
  const chosen: ChosenScanner[] = [];
  for (const name of names) {
    if (name === 'osv') {
      chosen.push(builtIn(setUp));
      continue;
    }
    const program = await findScannerProgram({
      name,
      configured: setUp.settings.scan.programs[name],
      environment: setUp.environment,
      run,
      scratch: setUp.scratch,
      signal: setUp.signal,
    });
    // Nobody asked for it: where it is not, the built-in one serves.
    if (wanted === 'auto' && 'code' in program) continue;
    chosen.push({
      scanner: programScanner(name, databaseOf(name, setUp)),
      program,
      sendsNames: false,
      readsLayers: name === 'trivy',
      imagesOnly: wanted === 'auto',
    });
  }
  return chosen;
}

function builtIn({ settings }: ScanSetUp): ChosenScanner {
  const { database, osvUrl } = settings.scan;
  const url = URL.parse(osvUrl ?? ADVISORY_SERVICE);
  const scanner = database === null ? osvApi(url?.host ?? 'OSV') : osvDatabase(database);
  // A service that the operator names is his own.
  const sendsNames = database === null && osvUrl === null;
  return { scanner, program: null, sendsNames, readsLayers: false, imagesOnly: false };
}

function programScanner(
  name: ProgramName,
  database: ReturnType<typeof databaseOf>,
): ChosenScanner['scanner'] {
  switch (name) {
    case 'trivy':
      return createTrivy(database);
    case 'grype':
      return createGrype(database);
    case 'osv-scanner':
      return createOsvScanner(database);
    default:
      return name satisfies never;
  }
}

function databaseOf(name: ProgramName, { settings, cacheFolder }: ScanSetUp) {
  return { cacheFolder: join(cacheFolder, 'scanners', name), offline: settings.scan.offline };
}

function effectsOf(
  setUp: ScanSetUp,
  run: RunConfined,
  passOf: (name: ProgramName) => ReturnType<ReturnType<typeof createScanDoor>['pass']>,
): ScanEffects {
  const { settings, cacheFolder, scratch, userAgent, signal } = setUp;
  const service = createAdvisoryService({
    baseUrl: settings.scan.osvUrl ?? ADVISORY_SERVICE,
    fetch,
    userAgent,
    cacheFolder: join(cacheFolder, 'advisories'),
    signal,
    parallel: PARALLEL,
  });
  return {
    ask: (requests) => service.ask(requests),
    async lookUp(wanted) {
      try {
        const folder = settings.scan.database ?? '';
        return await openDatabase(folder, { cacheFolder: join(cacheFolder, 'advisories'), signal }).lookUp(
          wanted,
        );
      } catch (error) {
        if (!(error instanceof DatabaseError)) throw error;
        return { code: error.code, message: error.message, fix: error.fix, detail: '' };
      }
    },
    async run(name, command, program) {
      if (name === 'osv') throw new RangeError('The built-in scanner is no program.');
      const database = databaseOf(name, setUp);
      return runScannerProgram({
        name,
        program: program.path,
        command,
        database,
        run,
        pass: database.offline ? null : await passOf(name),
        scratch,
        signal,
      });
    },
  };
}

/** Registries of which everybody can read what is not told otherwise. */
const PUBLIC_REGISTRIES: ReadonlySet<string> = new Set([
  'docker.io',
  'ghcr.io',
  'quay.io',
  'gcr.io',
  'mcr.microsoft.com',
  'public.ecr.aws',
  'registry.access.redhat.com',
  'registry.k8s.io',
  'lscr.io',
  'cgr.dev',
]);

/** Where it takes a credential to see an image, or nobody knows the registry, what is in it may not be for everybody. */
function isPrivate({ registry, repository }: ImageReference, credentials: readonly Credential[]): boolean {
  if (!PUBLIC_REGISTRIES.has(registry)) return true;
  const official = registry === 'docker.io' && repository.startsWith('library/');
  return !official && credentials.some(({ host }) => host.toLowerCase() === registry);
}

function layoutFailed(error: unknown): Reason {
  if (error instanceof RegistryError) {
    return { code: error.code, message: error.message, fix: error.fix, detail: '' };
  }
  return {
    code: 'internal',
    message: `The image could not be put on the disk: ${messageOf(error)}`,
    fix: 'See whether there is room in the folder for temporary files (TMPDIR).',
    detail: '',
  };
}
