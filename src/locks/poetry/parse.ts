/** Reads poetry.lock, formats 1.0 to 2.1, into the one model of locks. Pure. */
import type { LockContent, LockedPackage } from '../../model.ts';
import { LockSyntaxError } from '../ecosystem.ts';
import { normaliseName } from '../package-name.ts';
import { isPublicIndex } from '../public-index.ts';
import { plainPath } from '../path-dependencies.ts';
import { groupsFromGraph } from './groups.ts';
import { isTable, itemsOf, readToml, tableAt, textAt, valueAt } from '../toml.ts';
import type { Table } from '../toml.ts';

/** One `[[package]]`. */
export interface Node {
  readonly name: string;
  readonly version: string;
  readonly source: string | null;
  readonly hashes: readonly string[];
  /** As the lock says; empty when it does not. */
  readonly groups: readonly string[];
  readonly needs: readonly Need[];
}

export interface Need {
  readonly name: string;
  /** Only with an extra. */
  readonly optional: boolean;
}

/**
 * @param path the lock's path, for messages.
 * @param direct normalised names of the manifest's own dependencies, with the groups that name them.
 * @throws {LockSyntaxError} when it is not a poetry.lock.
 */
export function parsePoetryLock(
  path: string,
  text: string,
  direct: ReadonlyMap<string, readonly string[]>,
): LockContent {
  const root = readToml(path, text);
  const metadata = tableAt(root, 'metadata');
  const packages = valueAt(root, 'package');
  if (
    (packages !== undefined && !Array.isArray(packages)) ||
    (packages === undefined && Object.keys(metadata).length === 0)
  ) {
    throw new LockSyntaxError(
      path,
      null,
      'it has neither `[[package]]` nor `[metadata]`, so it is no poetry.lock.',
    );
  }
  const nodes = itemsOf(packages).map((item, index) => nodeOf(path, item, index, metadata));
  const parents = parentsOf(nodes);
  // Poetry 1.5 to 1.8 wrote no groups: they follow from the manifest and the dependencies between packages.
  const graph = nodes.some(({ groups }) => groups.length > 0) ? null : groupsFromGraph(nodes, direct);
  const merged = new Map<string, LockedPackage>();
  for (const node of nodes) {
    const key = `${node.name} ${node.version}`;
    const same = merged.get(key);
    const { name, version } = node;
    merged.set(key, {
      name,
      version,
      source: same?.source ?? node.source,
      hashes: union(same?.hashes, node.hashes),
      direct: direct.has(name),
      via: [...(parents.get(name) ?? [])].sort(),
      groups: union(same?.groups, graph === null ? node.groups : (graph.get(name) ?? [])),
    });
  }
  return { packages: [...merged.values()] };
}

function nodeOf(path: string, item: unknown, index: number, metadata: Table): Node {
  const name = isTable(item) ? textAt(item, 'name') : null;
  const version = isTable(item) ? textAt(item, 'version') : null;
  if (!isTable(item) || name === null || version === null) {
    throw new LockSyntaxError(path, null, `package ${index + 1} has no name or no version.`);
  }
  const category = textAt(item, 'category');
  const groups = itemsOf(valueAt(item, 'groups')).filter((group) => typeof group === 'string');
  return {
    name: normaliseName(name),
    version,
    source: sourceOf(tableAt(item, 'source')),
    hashes: hashesOf(item, name, version, metadata),
    groups: category === null ? groups : [category],
    needs: Object.entries(tableAt(item, 'dependencies')).map(([needed, how]) => ({
      name: normaliseName(needed),
      optional: isTable(how) && valueAt(how, 'optional') === true,
    })),
  };
}

/** The default index is no source; git at its commit, other index, URL and path are. */
function sourceOf(source: Table): string | null {
  const url = textAt(source, 'url');
  if (url === null) return null;
  const type = textAt(source, 'type');
  if (type === 'legacy') return isPublicIndex(url) ? null : url;
  if (type !== 'git') return plainPath(url);
  const commit = textAt(source, 'resolved_reference') ?? textAt(source, 'reference');
  const folder = textAt(source, 'subdirectory');
  return `git+${url}${commit === null ? '' : `@${commit}`}${folder === null ? '' : `#subdirectory=${folder}`}`;
}

/** The place of the hashes went from `[metadata.hashes]` (0.12) over `[metadata.files]` (1.0 to 1.2) to the package. */
function hashesOf(item: Table, name: string, version: string, metadata: Table): readonly string[] {
  const own = valueAt(item, 'files');
  if (own !== undefined) return hashesOfFiles(itemsOf(own));
  const files = itemsOf(ofName(tableAt(metadata, 'files'), name));
  if (files.length > 0) return hashesOfFiles(filesOfVersion(files, version));
  return itemsOf(ofName(tableAt(metadata, 'hashes'), name))
    .filter((hash) => typeof hash === 'string')
    .map((hash) => (hash.includes(':') ? hash : `sha256:${hash}`))
    .sort();
}

function ofName(table: Table, name: string): unknown {
  return valueAt(table, name) ?? valueAt(table, normaliseName(name));
}

function hashesOfFiles(files: readonly unknown[]): readonly string[] {
  const hashes = files.flatMap((file) => (isTable(file) ? [textAt(file, 'hash')] : []));
  return [...new Set(hashes.filter((hash) => hash !== null))].sort();
}

/** `[metadata.files]` puts the files of all versions of a package together: those whose name has the version. */
function filesOfVersion(files: readonly unknown[], version: string): readonly unknown[] {
  const own = files.filter((file) => {
    const name = isTable(file) ? (textAt(file, 'file') ?? '') : '';
    return name.includes(`-${version}-`) || name.includes(`-${version}.`);
  });
  return own.length > 0 ? own : files;
}

function parentsOf(nodes: readonly Node[]): ReadonlyMap<string, ReadonlySet<string>> {
  const parents = new Map<string, Set<string>>();
  for (const { name, needs } of nodes) {
    for (const need of needs) {
      const known = parents.get(need.name);
      if (known === undefined) parents.set(need.name, new Set([name]));
      else known.add(name);
    }
  }
  return parents;
}

function union(a: readonly string[] | undefined, b: readonly string[]): readonly string[] {
  return [...new Set([...(a ?? []), ...b])].sort();
}
