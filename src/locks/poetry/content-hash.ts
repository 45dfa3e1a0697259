/**
 * Whether a lock was made from the manifest beside it, by the `content-hash` that Poetry writes into `[metadata]`: a hash
 * of what counts of the manifest. Pure.
 */
import { hashOfJson } from '../python-json.ts';
import { tableAt, valueAt } from '../toml.ts';
import type { Table } from '../toml.ts';

/** Always in the hash, as null when absent, unless `[project]` or `[dependency-groups]` say something. */
const LEGACY_KEYS = ['dependencies', 'source', 'extras', 'dev-dependencies'];
const PROJECT_KEYS = ['requires-python', 'dependencies', 'optional-dependencies'];

/**
 * @param lock a poetry.lock's text with `\n` line ends.
 * @param manifest its pyproject.toml, read.
 * @returns whether the manifest has changed since; null when the lock does not tell.
 */
export function hasManifestChanged(lock: string, manifest: Table): boolean | null {
  const hash = /^content-hash = "([0-9a-f]{64})"$/mu.exec(lock)?.[1];
  if (hash === undefined) return null;
  const hashes = contents(manifest).map((content) => hashOfJson(content, ', ', ': '));
  return hashes.includes(null) ? null : !hashes.includes(hash);
}

/** What the releases of Poetry take for the content: 1.0 and 1.1; 1.2 to 2.1; since 2.2. */
function contents(manifest: Table): readonly unknown[] {
  const poetry = tableAt(manifest, 'tool', 'poetry');
  const legacy = Object.fromEntries(LEGACY_KEYS.map((key) => [key, valueAt(poetry, key) ?? null]));
  const project = present(tableAt(manifest, 'project'), PROJECT_KEYS);
  const known = present(poetry, [...LEGACY_KEYS, 'group']);
  const groups = tableAt(manifest, 'dependency-groups');
  const hasProject = Object.keys(project).length > 0;
  const hasGroups = Object.keys(groups).length > 0;
  const found: unknown[] = [legacy, { ...legacy, ...present(poetry, ['group']) }];
  if (hasProject) found.push({ project, tool: { poetry: known } });
  if (hasGroups) {
    const content = { 'dependency-groups': groups, tool: { poetry: known } };
    found.push(hasProject ? { ...content, project } : content);
  }
  return found;
}

function present(table: Table, keys: readonly string[]): Table {
  return Object.fromEntries(
    keys.flatMap((key) => {
      const value = valueAt(table, key);
      return value === undefined ? [] : [[key, value]];
    }),
  );
}
