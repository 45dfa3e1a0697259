/** Where the operator's settings come from. */
import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { DEFAULT_SETTINGS } from '../config/defaults.ts';
import { readSettings } from '../config/read-settings.ts';
import type { Settings } from '../config/settings.ts';
import { messageOf, UsageError } from '../errors.ts';

/**
 * Reads the settings file that was named, or the user's own when there is one.
 * @throws {UsageError} naming each wrong line, or the file that was named and is not there.
 */
export async function loadSettings(named: string | null, env: NodeJS.ProcessEnv): Promise<Settings> {
  const asked = named ?? env['RELOCK_SETTINGS'] ?? null;
  const config = env['XDG_CONFIG_HOME'] ?? join(homedir(), '.config');
  const path = asked ?? join(config, 'relock', 'settings.toml');
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    if (asked === null) return null;
    throw new UsageError('no-settings', `The settings ${path} cannot be read: ${messageOf(error)}`);
  });
  if (text === null) return DEFAULT_SETTINGS;
  const read = readSettings(text, path, env);
  if ('settings' in read) return read.settings;
  const lines = read.errors.map(
    (error) => `${error.path}${error.line === null ? '' : `:${error.line}`}: ${error.message}`,
  );
  throw new UsageError('bad-settings', lines.join('\n'), 'Mend the settings; nothing was done.');
}

/** @param database absolute folder, in place of that of the settings; null: that one. */
export function withDatabase(settings: Settings, database: string | null): Settings {
  return database === null ? settings : { ...settings, scan: { ...settings.scan, database } };
}
