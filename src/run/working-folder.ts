/** The folder of the private copy in which a command runs. */
import { realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';
import type { Reason } from '../model.ts';

/**
 * @param root absolute. @param cwd relative to it, `.` for the root itself.
 * @returns the true absolute path, or why the command must not run there.
 */
export async function workingFolder(root: string, cwd: string): Promise<string | Reason> {
  const outside = (why: string): Reason => ({
    code: 'path-outside-repository',
    message: `The working folder ${cwd} ${why}, so nothing was run there.`,
    fix: 'Name a folder of the repository.',
    detail: '',
  });
  if (cwd.startsWith('/') || cwd.split('/').includes('..') || cwd.includes('\0')) {
    return outside('is not a path inside the repository');
  }
  const top = await realpath(root);
  const folder = await realpath(join(top, cwd)).catch(() => null);
  if (folder === null || !(await stat(folder)).isDirectory()) {
    return {
      code: 'missing-input',
      message: `The working folder ${cwd} is no folder of the repository.`,
      fix: '',
      detail: '',
    };
  }
  // Threat: a link that leads out of the copy; the locker would read and write there.
  if (folder !== top && !folder.startsWith(top + sep))
    return outside('leads out of the repository by a symbolic link');
  return folder;
}
