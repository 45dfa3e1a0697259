/** Removing folders in which code of others has written. */
import { execFile } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * Removes a folder with all that is in it; never throws, and leaves what cannot be removed to the next sweep.
 * Threat: a build makes folders deeper than a path may be long, or takes away its own rights to them, so that the clearing up
 * fails and with it the whole job. The system's own tools go down step by step, and follow no link.
 */
export async function removeTree(folder: string): Promise<void> {
  try {
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  } catch {
    for (const [tool, ...args] of [
      ['chmod', '-R', 'u+rwx'],
      ['rm', '-rf'],
    ] as const) {
      await run(tool, [...args, '--', folder]).catch(() => undefined);
    }
  }
}
