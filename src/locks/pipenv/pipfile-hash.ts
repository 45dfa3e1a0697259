/** Whether a lock was made from the Pipfile beside it, by the hash of it that Pipenv writes into `_meta`. Pure. */
import { LockSyntaxError } from '../ecosystem.ts';
import { normaliseName } from '../package-name.ts';
import { hashOfJson } from '../python-json.ts';
import { isTable, tableAt, textAt, valueAt } from '../toml.ts';
import type { Table } from '../toml.ts';
import { readJsonObject } from './json.ts';

/** Tables that are no category of packages, or hashed under another name. */
const OTHER_TABLES = new Set([
  'source',
  'packages',
  'dev-packages',
  'requires',
  'scripts',
  'pipfile',
  'pipenv',
  'default',
  'develop',
]);

/**
 * @param path the lock's path.
 * @param pipfile the Pipfile, read.
 * @returns whether the Pipfile has changed since the lock was made; null when the lock does not tell.
 */
export function hasPipfileChanged(path: string, lock: string, pipfile: Table): boolean | null {
  const hash = hashOf(path, lock);
  const sources = valueAt(pipfile, 'source');
  // Without one, the default of Pipenv's time is in the hash.
  if (hash === null || sources === undefined) return null;
  const hashes = contents(pipfile, sources).map((content) => hashOfJson(content, ',', ':'));
  return hashes.includes(null) ? null : !hashes.includes(hash);
}

/** What the releases of Pipenv take for the content: with categories since 2022, with normalised names since 2026. */
function contents(pipfile: Table, sources: unknown): readonly unknown[] {
  const sections = Object.entries(pipfile).filter(([name]) => !OTHER_TABLES.has(name));
  return [(table: unknown) => table, normalised].flatMap((named) => {
    const main = {
      _meta: { sources, requires: valueAt(pipfile, 'requires') ?? {} },
      default: named(valueAt(pipfile, 'packages') ?? {}),
      develop: named(valueAt(pipfile, 'dev-packages') ?? {}),
    };
    const categories = Object.fromEntries(sections.map(([name, table]) => [name, named(table)]));
    return [main, { ...main, ...categories }];
  });
}

function normalised(table: unknown): unknown {
  if (!isTable(table)) return table;
  return Object.fromEntries(Object.entries(table).map(([name, value]) => [normaliseName(name), value]));
}

function hashOf(path: string, lock: string): string | null {
  try {
    const meta = tableAt(readJsonObject(path, lock), '_meta', 'hash');
    const hash = isTable(meta) ? textAt(meta, 'sha256') : null;
    return hash !== null && /^[0-9a-f]{64}$/u.test(hash) ? hash : null;
  } catch (error) {
    // The run itself says what is wrong with the lock.
    if (error instanceof LockSyntaxError) return null;
    throw error;
  }
}
