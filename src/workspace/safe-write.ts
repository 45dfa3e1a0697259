/** Writing into a tree that others may have filled with links. */
import { chmod, lstat, mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { EnvironmentError } from '../errors.ts';

/**
 * Makes sure that no component of `path` below `root` is a symbolic link, and that the path stays inside.
 * @throws {EnvironmentError} naming the component.
 */
export async function refuseLinks(root: string, path: string): Promise<void> {
  const parts = path.split('/');
  if (path.startsWith('/') || parts.includes('..') || parts.includes('')) {
    throw new EnvironmentError('path-outside-repository', `${path} is not a path inside the repository.`);
  }
  let at = root;
  for (const [index, part] of parts.entries()) {
    at = join(at, part);
    const info = await lstat(at).catch(() => null);
    if (info === null) return;
    if (info.isSymbolicLink()) {
      throw new EnvironmentError(
        'symlink',
        `${path} is or lies behind a symbolic link; it is not written through.`,
      );
    }
    if (index < parts.length - 1 && !info.isDirectory()) {
      throw new EnvironmentError('not-a-folder', `${path} lies below something that is no folder.`);
    }
    if (index === parts.length - 1 && !info.isFile()) {
      throw new EnvironmentError('not-a-file', `${path} is not a regular file.`);
    }
  }
}

/**
 * Writes a file whole or not at all (a sibling, then a rename, which also never follows a link at the path itself).
 * @param mode permission bits, or null to keep those of the file that is replaced.
 */
export async function writeWhole(path: string, text: string, mode: number | null): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const kept =
    mode ??
    (await lstat(path).then(
      (info) => info.mode & 0o777,
      () => 0o644,
    ));
  const beside = join(dirname(path), `.${basename(path)}.relock-${process.pid}`);
  try {
    await writeFile(beside, text, { flag: 'wx' });
    await chmod(beside, kept);
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}
