/**
 * Reports speed and memory; asserts nothing.
 *
 *   npm run bench           the engine
 *   npm run bench -- walls  the sandbox and the door's cache
 *   npm run bench -- images look-ups of base images, and reading what is inside
 *   npm run bench -- app    the App
 *   npm run bench -- conda  reading, diff and report of a large conda lock
 *   npm run bench -- advisories the package index and the queue, when many are touched at once
 *   npm run bench -- rebuilds what published images lack: one, and a hundred on five bases
 *   npm run bench -- scan   known vulnerabilities of a lock of 1,000 packages, beside osv-scanner
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { benchAdvisories } from './advisories.ts';
import { benchApp } from './app.ts';
import { runByHand } from './by-hand.ts';
import { benchImageContent } from './image-content.ts';
import { benchImageLookups } from './image-lookups.ts';
import { benchConda } from './conda.ts';
import { benchRebuilds } from './rebuilds.ts';
import { benchScan } from './scan.ts';
import { benchWalls } from './walls.ts';
import { median, relock, type Measured } from './measure.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const FILES = 50_000;
const FILES_PER_FOLDER = 100;
const ROUNDS = 5;

const scratch = mkdtempSync(join(tmpdir(), 'relock-bench-'));
/** Compiled, as users run it. */
const entry = join(scratch, 'package/dist/cli/main.js');
try {
  say(`Node ${process.version}, ${cpus().length} processors\n`);
  if (process.argv[2] === 'app') {
    await benchApp(say);
  } else if (process.argv[2] === 'advisories') {
    await benchAdvisories(scratch, say);
  } else if (process.argv[2] === 'conda') {
    benchConda(say);
  } else if (process.argv[2] === 'rebuilds') {
    await benchRebuilds(scratch, say);
  } else if (process.argv[2] === 'scan') {
    await benchScan(scratch, say);
  } else if (process.argv[2] === 'images') {
    await benchImageLookups(say);
    benchImageContent(scratch, say);
  } else if (process.argv[2] === 'walls') {
    compile();
    await benchWalls({ project: sixLocks(), scratch, entry }, say);
  } else {
    compile();
    await wholeRun();
    await planOfLargeTree();
    await startUp();
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}

function compile(): void {
  const folder = join(scratch, 'package');
  const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');
  execFileSync(
    process.execPath,
    [tsc, '-p', join(ROOT, 'tsconfig.build.json'), '--outDir', join(folder, 'dist')],
    { cwd: ROOT },
  );
  for (const path of ['package.json', 'config'])
    cpSync(join(ROOT, path), join(folder, path), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
}

function sixLocks(): string {
  const root = join(scratch, 'six');
  cpSync(join(ROOT, 'examples/sample'), root, { recursive: true });
  cpSync(join(ROOT, 'bench/six-locks'), root, { recursive: true });
  return root;
}

/** A repository with six locks of five tools, all moving, on warm caches. */
async function wholeRun(): Promise<void> {
  const root = sixLocks();
  await relock(['run', root, '--quiet'], entry);
  const runs = await rounds(3, () => relock(['run', root, '--quiet', '--json'], entry));
  const byHand = await runByHand(root);
  const slowest = byHand.reduce((most, next) => (next.seconds > most.seconds ? next : most));
  const seconds = median(runs.map((run) => run.seconds));
  say('Six locks, warm caches:');
  for (const { lock, seconds: alone } of byHand)
    say(`  ${lock.padEnd(28)} ${alone.toFixed(2)} s alone, by hand`);
  say(
    `  whole run                    ${seconds.toFixed(2)} s, ${(seconds / slowest.seconds).toFixed(2)} times the slowest (${slowest.lock})`,
  );
  say(`  engine memory                ${peak(runs)}\n`);
}

async function planOfLargeTree(): Promise<void> {
  const root = join(scratch, 'large');
  for (let folder = 0; folder < FILES / FILES_PER_FOLDER; folder += 1) {
    const path = join(root, 'src', String(folder % 25), String(folder));
    mkdirSync(path, { recursive: true });
    for (let file = 0; file < FILES_PER_FOLDER; file += 1)
      writeFileSync(join(path, `module_${file}.py`), 'x = 1\n');
  }
  cpSync(join(ROOT, 'examples/sample'), root, { recursive: true });
  for (const args of [
    ['init', '-q'],
    ['add', '-A'],
    ['-c', 'user.name=b', '-c', 'user.email=b@example.test', 'commit', '-q', '-m', 'b'],
  ]) {
    execFileSync('git', ['-C', root, ...args]);
  }
  const plans = await rounds(ROUNDS, () => relock(['plan', root, '--json'], entry));
  say(
    `plan of ${FILES.toLocaleString('en-US')} files: ${median(plans.map((run) => run.seconds)).toFixed(2)} s, ${peak(plans)}`,
  );
}

async function startUp(): Promise<void> {
  const source = await rounds(9, () => relock(['--help']));
  const built = await rounds(9, () => relock(['--help'], entry));
  const ms = (runs: readonly Measured[]): string =>
    `${(median(runs.map((run) => run.seconds)) * 1000).toFixed(0)} ms`;
  say(`--help: ${ms(source)} from source, ${ms(built)} compiled`);
}

async function rounds(count: number, run: () => Promise<Measured>): Promise<readonly Measured[]> {
  const runs: Measured[] = [];
  for (let round = 0; round < count; round += 1) runs.push(await run());
  return runs;
}

function peak(runs: readonly Measured[]): string {
  const known = runs.flatMap(({ peakMb }) => (peakMb === null ? [] : [peakMb]));
  return known.length === 0 ? 'peak memory unknown here' : `${Math.max(...known).toFixed(0)} MB at its peak`;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
