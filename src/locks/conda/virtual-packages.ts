/** What a machine is taken to have (`__glibc`, `__cuda`): a file that conda-lock takes where it runs. Pure. */
import type { Tree } from '../../model.ts';
import { folderOf, relativeTo, resolveInside } from '../tree.ts';
import { isFile } from './find-sources.ts';

const NAMES = ['virtual-packages.yml', 'virtual-packages.yaml'];

export interface VirtualPackages {
  /** Repository-relative. */
  readonly path: string;
  /** As seen from the lock's folder. */
  readonly argument: string;
  readonly notes: readonly string[];
}

/**
 * The file beside the lock, else the one above it nearest to the root's: people run conda-lock there as well, and it takes the
 * file of the folder where it runs.
 */
export function findVirtualPackages(tree: Tree, lock: string): VirtualPackages | null {
  const cwd = folderOf(lock);
  for (const folder of cwd === '.' ? ['.'] : [cwd, '.']) {
    for (const name of NAMES) {
      const path = resolveInside(folder, name);
      if (path === null || !isFile(tree, path)) continue;
      const notes =
        folder === cwd
          ? []
          : [`${path} was taken for ${lock}, since conda-lock takes it where it is run at the root.`];
      return { path, argument: relativeTo(cwd, path), notes };
    }
  }
  return null;
}
