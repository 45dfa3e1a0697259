/** The real apk, where this machine has one: on PATH, or where RELOCK_TEST_APK says. */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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

export function simulateApk(root: string, options: readonly string[]): ApkAnswer {
  let output: string;
  let failed = false;
  try {
    const argv = ['--root', root, '--root-tmpfs=no', ...options, 'upgrade', '--simulate'];
    output = execFileSync(PROGRAM, argv, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    output = String((error as { stdout?: unknown }).stdout) + String((error as { stderr?: unknown }).stderr);
    failed = true;
  }
  const upgrades = [...output.matchAll(/Upgrading ([^\s@]+)\S* \((\S+) -> (\S+)\)/gu)].map((match) => match.slice(1).join(' '));
  return { upgrades: upgrades.sort(), failed, output };
}
