/** Reads Pipfile.lock into the one model of locks. Pure. */
import type { LockContent, LockedPackage } from '../../model.ts';
import { LockSyntaxError } from '../ecosystem.ts';
import { normaliseName } from '../package-name.ts';
import { plainPath } from '../path-dependencies.ts';
import { isTable, itemsOf, tableAt, textAt, valueAt } from '../toml.ts';
import type { Table } from '../toml.ts';
import { readJsonObject } from './json.ts';

/**
 * @param path the lock's path, for messages.
 * @param direct normalised names of the Pipfile's own packages.
 * @throws {LockSyntaxError} when it is not a Pipfile.lock.
 */
export function parsePipfileLock(path: string, text: string, direct: ReadonlySet<string>): LockContent {
  const root = readJsonObject(path, text);
  if (!isTable(valueAt(root, '_meta'))) {
    throw new LockSyntaxError(path, null, 'it has no `_meta`, so it is no Pipfile.lock.');
  }
  const indexes = indexesOf(root);
  const merged = new Map<string, LockedPackage>();
  for (const [category, packages] of Object.entries(root)) {
    if (category === '_meta') continue;
    if (!isTable(packages))
      throw new LockSyntaxError(path, null, `\`${category.slice(0, 60)}\` is no table of packages.`);
    for (const [written, value] of Object.entries(packages)) {
      const name = normaliseName(written);
      const version = versionOf(value);
      const key = `${name} ${version ?? ''}`;
      const same = merged.get(key);
      const entry = isTable(value) ? value : {};
      merged.set(key, {
        name,
        version,
        source: same?.source ?? sourceOf(entry, indexes),
        hashes: union(same?.hashes, textsAt(entry, 'hashes')),
        direct: direct.has(name),
        via: [],
        groups: union(same?.groups, [category]),
      });
    }
  }
  return { packages: [...merged.values()].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)) };
}

/** URLs of the sources by name; the first is the default, so it is left out. */
function indexesOf(root: Table): ReadonlyMap<string, string> {
  const sources = itemsOf(valueAt(tableAt(root, '_meta'), 'sources')).slice(1);
  return new Map(
    sources.flatMap((source): (readonly [string, string])[] => {
      const name = isTable(source) ? textAt(source, 'name') : null;
      const url = isTable(source) ? textAt(source, 'url') : null;
      return name === null || url === null ? [] : [[name, url]];
    }),
  );
}

/** `==1.2.3` in every format that pins, or what a wheel's name says; else null for a path or a repository. */
function versionOf(value: unknown): string | null {
  const entry = isTable(value) ? value : {};
  const written = typeof value === 'string' ? value : textAt(entry, 'version');
  const version = written?.replace(/^={2,3}\s*/u, '').trim() ?? '';
  if (version !== '' && version !== '*') return version;
  const place = textAt(entry, 'path') ?? textAt(entry, 'file') ?? '';
  return /(?:^|\/)[\w.]+-([\w.!+]+)(?:-[\w.]+){3,4}\.whl$/u.exec(place)?.[1] ?? null;
}

function sourceOf(entry: Table, indexes: ReadonlyMap<string, string>): string | null {
  for (const vcs of ['git', 'hg', 'svn', 'bzr']) {
    const url = textAt(entry, vcs);
    if (url === null) continue;
    const reference = textAt(entry, 'ref');
    const folder = textAt(entry, 'subdirectory');
    const prefix = url.startsWith(`${vcs}+`) ? '' : `${vcs}+`;
    return `${prefix}${url}${reference === null ? '' : `@${reference}`}${folder === null ? '' : `#subdirectory=${folder}`}`;
  }
  const place = textAt(entry, 'path') ?? textAt(entry, 'file') ?? textAt(entry, 'url');
  if (place !== null) return plainPath(place);
  return indexes.get(textAt(entry, 'index') ?? '') ?? null;
}

function textsAt(entry: Table, key: string): readonly string[] {
  return itemsOf(valueAt(entry, key)).filter((item) => typeof item === 'string');
}

function union(a: readonly string[] | undefined, b: readonly string[]): readonly string[] {
  return [...new Set([...(a ?? []), ...b])].sort();
}
