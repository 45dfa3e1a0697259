/** The private copy in which lockers run: cheap where the file system can share blocks, never sharing an inode. */
import { constants } from 'node:fs';
import {
  chmod,
  copyFile,
  lstat,
  mkdir,
  mkdtemp,
  readdir,
  readlink,
  rm,
  stat,
  symlink,
} from 'node:fs/promises';
import { dirname, join, posix } from 'node:path';
import { EnvironmentError, messageOf } from '../errors.ts';
import type { FileChange } from '../model.ts';
import { writeHistory, type History } from './copy-history.ts';
import { readPaths } from './read-files.ts';
import { removeTree } from './remove-tree.ts';
import { refuseLinks, writeWhole } from './safe-write.ts';
import type { Checkout } from './workspace.ts';

const COPIERS = 32;
const PREFIX = 'relock-';

/**
 * Copies `paths` of `root` to a folder of our own.
 * @param history of `root`, or null.
 * @throws {EnvironmentError} when no scratch folder can be written.
 */
export async function makeCopy(
  root: string,
  paths: readonly string[],
  scratch: readonly string[],
  history: History | null,
): Promise<Checkout> {
  const parent = await pickScratch(root, scratch);
  await sweep(parent);
  const folder = await mkdtemp(join(parent, `${PREFIX}${process.pid}-`)).catch((error: unknown) => {
    throw new EnvironmentError(
      'no-scratch',
      `No private copy can be made in ${parent}: ${messageOf(error)}`,
      'Set TMPDIR to a folder with room.',
    );
  });
  const copy = join(folder, 'checkout');
  const home = join(folder, 'home');
  try {
    await chmod(folder, 0o700);
    await mkdir(copy);
    await mkdir(join(home, 'tmp'), { recursive: true });
    await copyAll(root, copy, paths);
    if (history !== null) await writeHistory(history, copy);
  } catch (error) {
    await removeTree(folder);
    throw error;
  }
  const borrowed = history === null ? [] : [history.objects];
  return { root: copy, home, borrowed, ...access(root, copy, folder) };
}

function access(root: string, copy: string, folder: string): Omit<Checkout, 'root' | 'home' | 'borrowed'> {
  return {
    read: (paths) => readPaths(copy, paths),
    async write(path, text) {
      await refuseLinks(copy, path);
      if (text === null) await rm(join(copy, path), { force: true });
      else await writeWhole(join(copy, path), text, null);
    },
    async changes(paths) {
      const before = await readPaths(root, paths);
      const after = await readPaths(copy, paths);
      const changes: FileChange[] = [];
      for (const path of paths) {
        const old = before.get(path);
        const now = after.get(path);
        if (now !== undefined && now.kind !== 'text') {
          throw new EnvironmentError('unexpected-file', `${path} became a ${now.kind} while it was locked.`);
        }
        // Threat: a folder, pipe or device in the lock's place would read as "removed".
        if (now === undefined && (await exists(join(copy, path)))) {
          throw new EnvironmentError('unexpected-file', `${path} is no regular file any more.`);
        }
        const oldText = old?.kind === 'text' ? old.text : null;
        const text = now?.text ?? null;
        if (text === oldText) continue;
        const mode = await lstat(join(root, path)).then(
          (info) => info.mode,
          () => 0o644,
        );
        changes.push({ path, text, executable: (mode & 0o111) !== 0 });
      }
      return changes;
    },
    close: () => removeTree(folder),
  };
}

async function exists(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

/** Blocks can only be shared within one file system, so a scratch folder beside the checkout is the cheapest. */
async function pickScratch(root: string, scratch: readonly string[]): Promise<string> {
  const device = (await stat(root)).dev;
  for (const folder of scratch) {
    const info = await stat(folder).catch(() => null);
    if (info?.dev === device) return folder;
  }
  const [first] = scratch;
  if (first === undefined) throw new EnvironmentError('no-scratch', 'No folder for private copies is set.');
  await mkdir(first, { recursive: true });
  return first;
}

/** Removes copies whose process is gone (killed before it could clean up). */
async function sweep(parent: string): Promise<void> {
  for (const name of await readdir(parent).catch(() => [])) {
    const pid = /^relock-(?<pid>\d+)-/u.exec(name)?.groups?.['pid'];
    if (pid === undefined || isAlive(Number(pid))) continue;
    await removeTree(join(parent, name));
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}

async function copyAll(root: string, copy: string, paths: readonly string[]): Promise<void> {
  const folders = new Set(paths.map((path) => dirname(path)));
  for (const folder of [...folders].sort()) await mkdir(join(copy, folder), { recursive: true });
  const queue = paths.values();
  const copier = async (): Promise<void> => {
    for (const path of queue) await copyOne(root, copy, path);
  };
  await Promise.all(Array.from({ length: COPIERS }, copier));
}

async function copyOne(root: string, copy: string, path: string): Promise<void> {
  const from = join(root, path);
  const info = await lstat(from).catch(() => null);
  if (info === null) return;
  if (info.isSymbolicLink()) {
    const to = await readlink(from);
    if (staysInside(path, to)) await symlink(to, join(copy, path));
    return;
  }
  if (!info.isFile()) return;
  await copyFile(from, join(copy, path), constants.COPYFILE_FICLONE).catch((error: unknown) => {
    throw new EnvironmentError('copy-failed', `${path} cannot be copied: ${messageOf(error)}`);
  });
}

/**
 * Whether a link at `path` may be copied. Leading `..` of a link's text climb real folders, so they can be counted; one
 * further on may climb out of whatever folder another link points to (`a/link/../..`), so it is refused.
 * Threat: a link out of the repository would let a locker read or write the machine through the copy.
 */
function staysInside(path: string, to: string): boolean {
  if (posix.isAbsolute(to)) return false;
  const parts = to.split('/').filter((part) => part !== '' && part !== '.');
  const climbs = parts.findIndex((part) => part !== '..');
  const down = climbs === -1 ? [] : parts.slice(climbs);
  const depth = path.split('/').length - 1;
  if (down.includes('..') || parts.length - down.length > depth) return false;
  const target = posix.normalize(posix.join(posix.dirname(path), to));
  return target !== '.git' && !target.startsWith('.git/');
}
