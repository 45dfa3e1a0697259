/** pylock.toml (PEP 751) as the one model of all locks. Pure. */
import type { LockContent, LockedPackage } from '../../model.ts';
import { LockSyntaxError } from '../ecosystem.ts';
import { normaliseName } from '../package-name.ts';
import { isTable, itemsOf, readToml, tableAt, textAt, valueAt } from '../toml.ts';
import type { Table } from '../toml.ts';
import { isPublicIndex } from '../public-index.ts';

/** What other files tell of the packages: PEP 751 records neither who asks for one, nor a group. */
export interface PylockContext {
  /** Packages of the uv.lock that was exported, by name and version. */
  readonly exported: LockContent | null;
  /** Normalised names that the manifests ask for. */
  readonly direct: ReadonlySet<string>;
}

/**
 * Reads pylock.toml.
 * @throws {LockSyntaxError}
 */
export function parsePylock(path: string, text: string, context: PylockContext): LockContent {
  const root = readToml(path, text);
  const version = textAt(root, 'lock-version');
  if (version === null || !version.startsWith('1.')) {
    throw new LockSyntaxError(path, null, 'it has no `lock-version` 1.x, as PEP 751 asks for.');
  }
  const tables = itemsOf(valueAt(root, 'packages')).filter((one) => isTable(one));
  const parents = parentsOf(tables);
  const exported = new Map((context.exported?.packages ?? []).map((one) => [keyOf(one), one]));
  const merged = new Map<string, LockedPackage>();
  for (const table of tables) {
    const name = normaliseName(textAt(table, 'name') ?? '');
    if (name === '' || isProjectItself(table)) continue;
    const found: LockedPackage = {
      name,
      version: textAt(table, 'version'),
      source: sourceOf(table),
      hashes: hashesOf(table),
      direct: context.direct.has(name),
      via: parents.get(name) ?? [],
      groups: [],
    };
    const key = keyOf(found);
    const known = exported.get(key);
    const had = merged.get(key);
    merged.set(key, {
      ...found,
      direct: found.direct || known?.direct === true,
      hashes: sorted([...(had?.hashes ?? []), ...found.hashes]),
      via: known?.via ?? sorted(found.via),
      groups: known?.groups ?? [],
    });
  }
  return { packages: [...merged.values()] };
}

function keyOf({ name, version }: Pick<LockedPackage, 'name' | 'version'>): string {
  return `${name} ${version ?? ''}`;
}

/** Who names whom, where the locker wrote `dependencies` (optional in PEP 751). */
function parentsOf(tables: readonly Table[]): ReadonlyMap<string, readonly string[]> {
  const parents = new Map<string, string[]>();
  for (const table of tables) {
    const parent = normaliseName(textAt(table, 'name') ?? '');
    for (const item of itemsOf(valueAt(table, 'dependencies'))) {
      const name = isTable(item) ? normaliseName(textAt(item, 'name') ?? '') : '';
      const had = parents.get(name);
      if (had === undefined) parents.set(name, [parent]);
      else had.push(parent);
    }
  }
  return parents;
}

function isProjectItself(table: Table): boolean {
  const path = textAt(tableAt(table, 'directory'), 'path');
  return path === '.' || path === './' || path === '';
}

function sourceOf(table: Table): string | null {
  const vcs = tableAt(table, 'vcs');
  const address = textAt(vcs, 'url') ?? textAt(vcs, 'path');
  if (address !== null) {
    const commit = textAt(vcs, 'commit-id');
    const folder = textAt(vcs, 'subdirectory');
    const type = textAt(vcs, 'type') ?? 'git';
    return `${type}+${address}${commit === null ? '' : `@${commit}`}${folder === null ? '' : `#subdirectory=${folder}`}`;
  }
  const archive = tableAt(table, 'archive');
  const place =
    textAt(archive, 'url') ?? textAt(archive, 'path') ?? textAt(tableAt(table, 'directory'), 'path');
  if (place !== null) return place;
  const index = textAt(table, 'index');
  return index === null || isPublicIndex(index) ? null : index;
}

function hashesOf(table: Table): readonly string[] {
  const files = [valueAt(table, 'sdist'), valueAt(table, 'archive'), ...itemsOf(valueAt(table, 'wheels'))];
  return sorted(
    files.flatMap((file) =>
      Object.entries(tableAt(file, 'hashes')).flatMap(([algorithm, digest]) =>
        typeof digest === 'string' ? [`${algorithm}:${digest}`] : [],
      ),
    ),
  );
}

function sorted(items: readonly string[]): readonly string[] {
  return [...new Set(items)].sort();
}
