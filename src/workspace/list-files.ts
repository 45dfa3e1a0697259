/** The paths of a checkout: what git tracks or would track, or a walk where there is no git. */
import { execFile } from 'node:child_process';
import { lstat, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, UsageError } from '../errors.ts';

/** Folders that hold no source of the repository; only used where git does not say what is ignored. */
const NOT_SOURCE = new Set([
  '.git',
  '.hg',
  '.svn',
  'node_modules',
  '.venv',
  'venv',
  '__pycache__',
  '.tox',
  '.nox',
  '.mypy_cache',
  '.pytest_cache',
  '.ruff_cache',
  'site-packages',
]);

/**
 * Options for every git call on a checkout that is not ours.
 * Threat: a repository's own configuration can name programs (fsmonitor, hooks, pagers) that git would start.
 */
const SAFE_GIT: readonly string[] = [
  '-c',
  'core.fsmonitor=false',
  '-c',
  'core.hooksPath=/dev/null',
  '-c',
  'protocol.allow=never',
];

/**
 * Every file of the checkout, sorted, POSIX, relative to `root`. Ignored files are left out when git knows them.
 * @param root the caller's own choice, so that it may be a link to the checkout.
 * @throws {UsageError} when `root` is no readable folder.
 */
export async function listFiles(root: string): Promise<readonly string[]> {
  const info = await stat(root).catch((error: unknown) => {
    throw new UsageError('no-checkout', `${root} cannot be read: ${messageOf(error)}`);
  });
  if (!info.isDirectory()) throw new UsageError('no-checkout', `${root} is not a folder.`);
  const tracked = await listByGit(root);
  return tracked ?? (await walk(root));
}

/** @returns null where git does not know this folder, or ignores it as a whole. */
async function listByGit(root: string): Promise<readonly string[] | null> {
  const [known, gone] = await Promise.all([
    runGit(root, ['ls-files', '-z', '--cached', '--others', '--exclude-standard']),
    runGit(root, ['ls-files', '-z', '--deleted']),
  ]);
  if (known === null || gone === null) return null;
  const paths = new Set(splitList(known));
  for (const path of splitList(gone)) paths.delete(path);
  if (paths.size === 0) return null;
  if (paths.has('.gitmodules')) await expandSubmodules(root, paths);
  return [...paths].sort();
}

function splitList(output: string): readonly string[] {
  return output.split('\0').filter((path) => path !== '' && !path.endsWith('/'));
}

/** git lists a submodule as one path; lockers need its files (a path dependency, a workspace member). */
async function expandSubmodules(root: string, paths: Set<string>): Promise<void> {
  const listed = await runGit(root, [
    'config',
    '-z',
    '-f',
    '.gitmodules',
    '--get-regexp',
    '^submodule\\..*\\.path$',
  ]);
  for (const entry of splitList(listed ?? '')) {
    const path = entry.slice(entry.indexOf('\n') + 1);
    if (!paths.has(path)) continue;
    const info = await lstat(join(root, path)).catch(() => null);
    if (info === null || !info.isDirectory()) continue;
    paths.delete(path);
    // A submodule that is not checked out is an empty folder, in which git would answer for the repository around it.
    if ((await lstat(join(root, path, '.git')).catch(() => null)) === null) continue;
    for (const inner of (await listByGit(join(root, path))) ?? []) paths.add(`${path}/${inner}`);
  }
}

/**
 * Runs one read-only git command in `root`.
 * @returns its standard output, or null when git is missing, `root` is no checkout, or the command failed.
 */
export function runGit(root: string, args: readonly string[]): Promise<string | null> {
  const env = {
    PATH: process.env['PATH'],
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_OPTIONAL_LOCKS: '0',
    LANG: 'C.UTF-8',
  };
  return new Promise((resolve) => {
    execFile(
      'git',
      [...SAFE_GIT, '-c', `safe.directory=${root}`, '-C', root, ...args],
      { env, maxBuffer: 512 * 1024 * 1024, timeout: 60_000 },
      (error, stdout) => {
        resolve(error === null ? stdout : null);
      },
    );
  });
}

async function walk(root: string): Promise<readonly string[]> {
  const found: string[] = [];
  let level: readonly string[] = [''];
  while (level.length > 0) {
    const listed = await Promise.all(
      level.map(async (folder) => ({
        folder,
        entries: await readdir(join(root, folder), { withFileTypes: true }).catch(() => []),
      })),
    );
    const next: string[] = [];
    for (const { folder, entries } of listed) {
      for (const entry of entries) {
        const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
        if (entry.isDirectory()) {
          if (!NOT_SOURCE.has(entry.name)) next.push(path);
        } else if (entry.isFile() || entry.isSymbolicLink()) {
          found.push(path);
        }
      }
    }
    level = next;
  }
  return found.sort();
}
