/** Which folders of this machine a locker has to see: interpreters and programs that are not the system's own. */
import { realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { SearchPath } from './search-path.ts';

/** What the sandbox shows of every system. */
const SYSTEM = /^\/(?:usr|bin|sbin|lib|lib32|lib64|nix\/store)(?:\/|$)/u;

/**
 * @param interpreters paths of executables.
 * @returns absolute folders, each once: of programs the folder itself; of interpreters also what they are installed in.
 */
export async function visibleFolders(
  { programs, pythons }: SearchPath,
  interpreters: readonly string[],
): Promise<readonly string[]> {
  const folders = new Set<string>(programs);
  for (const folder of [...programs, ...pythons]) {
    if (pythons.includes(folder) || (await hasLibraries(folder))) folders.add(dirname(folder));
  }
  for (const path of interpreters) {
    const real = await realpath(path).catch(() => null);
    if (real === null) continue;
    // `PREFIX/bin/python3.12`, and where the name that it is found by lies.
    folders.add(dirname(dirname(real)));
    folders.add(dirname(path));
  }
  return [...folders].filter((folder) => folder !== '/' && !SYSTEM.test(folder));
}

/**
 * What has to be seen of one program, itself alone or the conda environment that it is installed in. Threat: the folder above
 * `~/bin` is somebody's home.
 */
export async function foldersOfProgram(path: string): Promise<readonly string[]> {
  const real = await realpath(path).catch(() => path);
  const prefix = dirname(dirname(real));
  const info = await stat(join(prefix, 'conda-meta')).catch(() => null);
  return info?.isDirectory() === true && prefix !== '/' ? [path, prefix] : [path, real];
}

/** Whether a Python's own modules lie beside a folder of programs (`/opt/python/bin`). */
async function hasLibraries(bin: string): Promise<boolean> {
  const info = await stat(join(bin, '../lib')).catch(() => null);
  const python = await stat(join(bin, 'python3')).catch(() => null);
  return info?.isDirectory() === true && python?.isFile() === true;
}
