/** The real apk, where this machine has one: on PATH, or where RELOCK_TEST_APK says. */
import { execFile, execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { apkText, unsignedIndex, type ApkWorld } from './apk-world.ts';

const PROGRAM = process.env['RELOCK_TEST_APK'] ?? 'apk';

/** Why the real apk cannot be asked; null: it can. */
export function missingApk(): string | null {
  try {
    execFileSync(PROGRAM, ['--version'], { stdio: 'ignore' });
    return null;
  } catch {
    return 'there is no apk on this machine (Debian has no package of it; RELOCK_TEST_APK may name one)';
  }
}

export function versionOfApk(): string {
  return execFileSync(PROGRAM, ['--version'], { encoding: 'utf8' }).trim();
}

export interface ApkAnswer {
  /** `name from to`, sorted. */
  readonly upgrades: readonly string[];
  readonly failed: boolean;
  readonly output: string;
}

/** An image's folder with this world. @param repositories lines of `etc/apk/repositories`. */
export function layOutApk(world: ApkWorld, repositories: (root: string) => readonly string[]): string {
  const root = mkdtempSync(join(tmpdir(), 'relock-apk-'));
  for (const folder of ['etc/apk/keys', 'lib/apk/db', 'tmp', 'var/cache/apk', 'var/log']) {
    mkdirSync(join(root, folder), { recursive: true });
  }
  writeFileSync(join(root, 'lib/apk/db/installed'), apkText(world.installed));
  writeFileSync(join(root, 'etc/apk/world'), (world.world ?? '').split(' ').join('\n'));
  writeFileSync(join(root, 'etc/apk/arch'), 'x86_64\n');
  writeFileSync(join(root, 'etc/apk/repositories'), `${repositories(root).join('\n')}\n`);
  return root;
}

/** What `apk upgrade --simulate` names. */
export function realUpgrade(world: ApkWorld): ApkAnswer {
  const root = layOutApk(world, (root) =>
    world.repositories.map(({ tag, packages }, index) => {
      const folder = join(root, `repo${index}`, 'x86_64');
      mkdirSync(folder, { recursive: true });
      writeFileSync(join(folder, 'APKINDEX.tar.gz'), unsignedIndex(packages));
      return `${tag === undefined ? '' : `@${tag} `}${join(root, `repo${index}`)}`;
    }),
  );
  try {
    return simulateApk(root, ['--allow-untrusted', '--no-cache']);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
}

function simulateApk(root: string, options: readonly string[]): ApkAnswer {
  try {
    const output = execFileSync(PROGRAM, argvOf(root, options), {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return answerOf(output, false);
  } catch (error) {
    return answerOf(textOf(error), true);
  }
}

/** Not in step: for indexes that this very process serves. */
export async function simulateApkLater(root: string, options: readonly string[]): Promise<ApkAnswer> {
  try {
    const { stdout, stderr } = await promisify(execFile)(PROGRAM, argvOf(root, options), { timeout: 30_000 });
    return answerOf(stdout + stderr, false);
  } catch (error) {
    return answerOf(textOf(error), true);
  }
}

function argvOf(root: string, options: readonly string[]): readonly string[] {
  return ['--root', root, '--root-tmpfs=no', ...options, 'upgrade', '--simulate'];
}

function textOf(error: unknown): string {
  const { stdout, stderr } = error as { stdout?: unknown; stderr?: unknown };
  return `${String(stdout)}${String(stderr)}`;
}

function answerOf(output: string, failed: boolean): ApkAnswer {
  const found = [...output.matchAll(/Upgrading ([^\s@]+)\S* \((\S+) -> (\S+)\)/gu)];
  return { upgrades: found.map((match) => match.slice(1).join(' ')).sort(), failed, output };
}
