/** The files of a build: inside the checkout, whatever links say. */
import { lstat, readFile, realpath, stat } from 'node:fs/promises';
import { isAbsolute, join, normalize, sep } from 'node:path';
import type { Reason } from '../model.ts';

export interface BuildFiles {
  /** Absolute, real paths. */
  readonly context: string;
  readonly dockerfile: string;
  /** Of the Dockerfile. */
  readonly text: string;
}

const LARGEST = 128 * 1024;

/**
 * Threat: a link in the checkout makes a folder of this machine the context, or another file the Dockerfile or the list of
 * what is ignored, and the builder, which reads them outside of any walls, sends or shows what is there.
 * @param root absolute. @param context and @param dockerfile relative to it.
 */
export async function findBuildFiles(
  root: string,
  context: string,
  dockerfile: string,
): Promise<BuildFiles | Reason> {
  const folder = await inside(root, context);
  if (typeof folder !== 'string') return folder;
  if (!(await stat(folder)).isDirectory()) return refused('missing-input', context, 'is no folder');
  const file = await inside(root, dockerfile);
  if (typeof file !== 'string') return file;
  const info = await stat(file);
  if (!info.isFile()) return refused('missing-input', dockerfile, 'is no file');
  if (info.size > LARGEST) return refused('too-large', dockerfile, `is larger than ${LARGEST} bytes`);
  for (const name of [
    join(context, '.dockerignore'),
    join(context, '.containerignore'),
    `${dockerfile}.dockerignore`,
  ]) {
    if ((await lstat(join(root, name)).catch(() => null)) === null) continue;
    const ignored = await inside(root, name);
    if (typeof ignored !== 'string') return ignored;
  }
  return { context: folder, dockerfile: file, text: await readFile(file, 'utf8') };
}

async function inside(root: string, path: string): Promise<string | Reason> {
  const normal = normalize(path);
  if (isAbsolute(path) || normal === '..' || normal.startsWith(`..${sep}`) || path.includes('\0')) {
    return refused('path-outside-repository', path, 'is not a path inside the repository');
  }
  const top = await realpath(root);
  const real = await realpath(join(top, normal)).catch(() => null);
  if (real === null) return refused('missing-input', path, 'is not there');
  if (real === top || real.startsWith(top + sep)) return real;
  return refused('symlink', path, 'is reached by a link that leads out of the repository');
}

function refused(code: Reason['code'], path: string, why: string): Reason {
  return {
    code,
    message: `The image was not built: ${path} ${why}.`,
    fix: 'Correct `dockerfile` or `context` under [[image]], or the file itself.',
    detail: '',
  };
}
