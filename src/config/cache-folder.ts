/** Where tools, downloads and databases are kept. Pure. */
import { posix } from 'node:path';
import type { Settings } from './settings.ts';

/** @param home of the user. @returns an absolute folder (XDG Base Directory, unless the settings name one). */
export function cacheFolderOf(
  settings: Pick<Settings, 'cacheFolder'>,
  environment: Readonly<Record<string, string | undefined>>,
  home: string,
): string {
  if (settings.cacheFolder !== null) return settings.cacheFolder;
  const named = environment['XDG_CACHE_HOME'];
  const base = named !== undefined && named.startsWith('/') ? named : posix.join(home, '.cache');
  return posix.join(base, 'relock');
}
