/** The forge of `--write`: the pull request's files go into the checkout itself. */
import { lstat, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { EnvironmentError, messageOf } from '../errors.ts';
import type { FileChange } from '../model.ts';
import { refuseLinks, writeWhole } from '../workspace/safe-write.ts';
import type { Forge } from './forge.ts';

/** @param root absolute path of the checkout to write into. */
export function workingTreeForge(root: string): Forge {
  return {
    async apply(actions) {
      for (const { files } of actions) {
        for (const { path } of files) await refuseLinks(root, path);
        await applyAll(root, files);
      }
    },
  };
}

/** All or none: what was written before a failure is put back. */
async function applyAll(root: string, files: readonly FileChange[]): Promise<void> {
  const undo: { readonly path: string; readonly text: string | null; readonly mode: number }[] = [];
  for (const { path, text, executable } of files) {
    const full = join(root, path);
    try {
      const info = await lstat(full).catch(() => null);
      const old = info === null ? null : await readFile(full, 'utf8');
      undo.push({ path: full, text: old, mode: (info?.mode ?? 0o644) & 0o777 });
      if (text === null) await rm(full, { force: true });
      else await writeWhole(full, text, info === null && executable ? 0o755 : null);
    } catch (error) {
      for (const entry of undo.reverse()) {
        if (entry.text === null) await rm(entry.path, { force: true });
        else await writeWhole(entry.path, entry.text, entry.mode);
      }
      throw new EnvironmentError(
        'write-failed',
        `${path} cannot be written: ${messageOf(error)}. Every file was put back.`,
        'Check the permissions of the checkout and the room on its disk.',
        { cause: error },
      );
    }
  }
}
