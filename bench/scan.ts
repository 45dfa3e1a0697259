/**
 * The built-in scanner on a lock of 1,000 packages with an offline database: seconds and memory, beside osv-scanner where there
 * is one (on PATH, or named by RELOCK_BENCH_OSV_SCANNER). RELOCK_BENCH_OSV_DB names a folder with true data; without one,
 * records are made.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { strFromU8, strToU8, unzipSync, zipSync } from 'fflate';
import { measured, median, type Measured } from './measure.ts';

const READ = fileURLToPath(new URL('scan-read.ts', import.meta.url));
const PACKAGES = 1000;
/** Of them, those that advisories speak of, as far as the database has so many. */
const KNOWN = 300;
const MADE_RECORDS = 5000;
const ROUNDS = 5;

/** @param scratch a folder for the database and the lock. @param say prints a line. */
export async function benchScan(scratch: string, say: (line: string) => void): Promise<void> {
  const given = process.env['RELOCK_BENCH_OSV_DB'];
  const zip = given === undefined ? madeZip() : readFileSync(zipIn(given));
  // Each in a folder of its own, so that no index is left beside the given one.
  const ours = join(scratch, 'database');
  const theirs = join(scratch, 'osv-scanner');
  for (const folder of [join(ours, 'PyPI'), join(theirs, 'osv-scalibr/PyPI')]) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'all.zip'), zip);
  }
  const { lines, records } = lockOf(zip);
  const lock = join(scratch, 'requirements.txt');
  writeFileSync(lock, `${lines.join('\n')}\n`);
  say(`A lock of ${lines.length} packages, ${records} records (${given === undefined ? 'made' : 'given'}):`);

  const first = await measured(process.execPath, [READ, ours, lock]);
  tell(say, 'built-in, first use', [first], readOurs(first).findings);
  const warm = await rounds(() => measured(process.execPath, [READ, ours, lock]));
  tell(say, 'built-in, warm', warm, readOurs(warm[0]).findings);
  const inside = median(warm.map((run) => readOurs(run).seconds));
  say(`    without the start of Node   ${inside.toFixed(2)} s`);

  const program = process.env['RELOCK_BENCH_OSV_SCANNER'] ?? 'osv-scanner';
  if (!runs(program)) {
    say('  osv-scanner: not on PATH, and RELOCK_BENCH_OSV_SCANNER names none\n');
    return;
  }
  const options = ['--offline', '--local-db-path', theirs, '--format', 'json'];
  const args = ['scan', 'source', ...options, '-L', `requirements.txt:${lock}`];
  const runsOfTheirs = await rounds(() => measured(program, args));
  tell(say, 'osv-scanner', runsOfTheirs, readTheirs(runsOfTheirs[0]));
  say('');
}

function tell(say: (line: string) => void, who: string, runs: readonly Measured[], findings: number): void {
  const seconds = median(runs.map((run) => run.seconds)).toFixed(2);
  const peak = Math.max(...runs.map(({ peakMb }) => peakMb ?? Number.NaN)).toFixed(0);
  say(`  ${who.padEnd(28)} ${seconds} s, peak ${peak} MB, ${findings} findings`);
}

async function rounds(run: () => Promise<Measured>): Promise<readonly Measured[]> {
  const runs: Measured[] = [];
  for (let round = 0; round < ROUNDS; round += 1) runs.push(await run());
  return runs;
}

function readOurs(run: Measured | undefined): { readonly seconds: number; readonly findings: number } {
  if (run?.exitCode !== 0) throw new Error('The built-in scanner failed.');
  return JSON.parse(run.stdout) as { seconds: number; findings: number };
}

/** A group of theirs is a finding of ours: one vulnerability of one package under all its names. */
function readTheirs(run: Measured | undefined): number {
  if (run === undefined || (run.exitCode !== 0 && run.exitCode !== 1)) throw new Error('osv-scanner failed.');
  const { results } = JSON.parse(run.stdout) as {
    results: readonly { packages: readonly { groups?: readonly unknown[] }[] }[];
  };
  return results
    .flatMap(({ packages }) => packages)
    .reduce((sum, { groups }) => sum + (groups?.length ?? 0), 0);
}

function runs(program: string): boolean {
  try {
    execFileSync(program, ['--version'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}

function zipIn(folder: string): string {
  const plain = join(folder, 'PyPI/all.zip');
  return existsSync(plain) ? plain : join(folder, 'osv-scalibr/PyPI/all.zip');
}

interface Made {
  readonly affected?: readonly {
    readonly package?: { readonly name: string };
    readonly versions?: readonly string[];
  }[];
}

/** Packages that the records know, each in a version that one of them lists, and others that nobody knows. */
function lockOf(zip: Uint8Array): { readonly lines: readonly string[]; readonly records: number } {
  const files = Object.values(unzipSync(zip));
  const versions = new Map<string, string>();
  for (const file of files) {
    for (const { package: of, versions: listed } of (JSON.parse(strFromU8(file)) as Made).affected ?? []) {
      const version = listed?.[Math.floor(listed.length / 2)];
      if (of !== undefined && version !== undefined) versions.set(of.name, version);
    }
  }
  const known = [...versions].slice(0, KNOWN).map(([name, version]) => `${name}==${version}`);
  const others = Array.from({ length: PACKAGES - known.length }, (_, at) => `bench-package-${at}==1.${at}.0`);
  return { lines: [...known, ...others], records: files.length };
}

function madeZip(): Uint8Array {
  const files: Record<string, Uint8Array> = {};
  for (let at = 0; at < MADE_RECORDS; at += 1) {
    const fixed = 5 + (at % 20);
    const made = {
      id: `MADE-2024-${at}`,
      modified: '2024-05-01T00:00:00Z',
      aliases: [`CVE-2024-${10_000 + at}`],
      details: 'Words about what happens to whom, and what they can do about it. '.repeat(20),
      affected: [
        {
          package: { ecosystem: 'PyPI', name: `made-${at % 1200}` },
          ranges: [{ type: 'ECOSYSTEM', events: [{ introduced: '0' }, { fixed: `1.${fixed}` }] }],
          versions: Array.from({ length: fixed }, (_, minor) => `1.${minor}`),
        },
      ],
    };
    files[`${made.id}.json`] = strToU8(JSON.stringify(made));
  }
  return zipSync(files, { level: 6 });
}
