/** `relock db update`: brings OSV's zips into a folder, which scans then read instead of the network. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { cacheFolderOf } from '../config/cache-folder.ts';
import { ADVISORY_DATABASES } from '../osv/service.ts';
import { updateDatabase, type UpdateProgress } from '../osv/update.ts';
import { version } from '../version.ts';
import type { Arguments } from './arguments.ts';
import { databaseText, progressLine } from './db-update-text.ts';
import { EXIT } from './exit.ts';
import { loadSettings } from './load-settings.ts';
import { fromCaller, isStyled, print } from './terminal.ts';

/** Milliseconds between two lines of progress where they do not replace each other. */
const LINE_MS = 5000;
const TICK_MS = 150;

/** @returns the exit code: 1 when any of the databases could not be had. */
export async function dbUpdate(given: Arguments, signal: AbortSignal): Promise<number> {
  const settings = await loadSettings(given.settings, process.env);
  const folder =
    given.database === null
      ? (settings.scan.database ?? join(cacheFolderOf(settings, process.env, homedir()), 'osv'))
      : fromCaller(given.database);
  const progress = createDownloadProgress(process.stderr, given.quiet, () => performance.now());
  const updates = await updateDatabase({
    folder,
    ecosystems: given.ecosystems,
    baseUrl: settings.scan.databaseUrl ?? ADVISORY_DATABASES,
    fetch,
    userAgent: `relock/${version()}`,
    signal,
    onProgress: progress.show,
  }).finally(progress.clear);
  await print(databaseText(folder, updates, isStyled()));
  return updates.some(({ state }) => state === 'failed') ? EXIT.failed : EXIT.done;
}

/** A line that is replaced on a terminal, and one now and then elsewhere. */
function createDownloadProgress(
  stream: NodeJS.WriteStream,
  quiet: boolean,
  clock: () => number,
): { readonly show: (progress: UpdateProgress) => void; readonly clear: () => void } {
  const live = stream.isTTY && process.env['TERM'] !== 'dumb';
  let last = live ? Number.NEGATIVE_INFINITY : clock();
  return {
    show(progress) {
      const now = clock();
      if (quiet || now - last < (live ? TICK_MS : LINE_MS)) return;
      last = now;
      stream.write(live ? `\r\u001B[2K${progressLine(progress)}` : `${progressLine(progress)}\n`);
    },
    clear() {
      if (live && !quiet) stream.write('\r\u001B[2K');
    },
  };
}
