/** The workspace of a folder on this machine: read in place, lock in a private copy. */
import { lstat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Tree } from '../model.ts';
import { readHistory, type History } from './copy-history.ts';
import { listFiles } from './list-files.ts';
import { makeCopy } from './private-copy.ts';
import { readWanted } from './read-files.ts';
import type { Checkout, Workspace } from './workspace.ts';

export interface LocalWorkspaceOptions {
  /** Absolute path of the checkout. */
  readonly root: string;
  /** Where private copies may be made: the first one on the checkout's own file system wins, else the first. */
  readonly scratch: readonly string[];
}

/** A workspace over a folder that is left untouched. */
export function localWorkspace(options: LocalWorkspaceOptions): Workspace {
  let listed: Promise<readonly string[]> | null = null;
  const paths = (): Promise<readonly string[]> => {
    listed ??= listFiles(options.root);
    return listed;
  };
  let read: Promise<History | null> | null = null;
  const history = (): Promise<History | null> => {
    read ??= readHistory(options.root);
    return read;
  };
  return {
    async readTree(): Promise<Tree> {
      const all = await paths();
      return { paths: all, files: await readWanted(options.root, all) };
    },
    async isExecutable(path) {
      const info = await lstat(join(options.root, path)).catch(() => null);
      return info !== null && (info.mode & 0o111) !== 0;
    },
    async checkOut(): Promise<Checkout> {
      return makeCopy(options.root, await paths(), options.scratch, await history());
    },
  };
}
