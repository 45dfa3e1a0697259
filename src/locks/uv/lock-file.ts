/** uv.lock as uv writes it (version 1, any revision), reduced to what Relock asks of it. Pure. */
import { LockSyntaxError } from '../ecosystem.ts';
import { normaliseName } from '../package-name.ts';
import { isTable, itemsOf, readToml, tableAt, textAt, valueAt } from '../toml.ts';
import type { Table } from '../toml.ts';

export interface UvSource {
  readonly kind: 'registry' | 'git' | 'url' | 'path' | 'directory' | 'editable' | 'virtual';
  readonly at: string;
  readonly subfolder: string | null;
}

/** An arrow of the graph; version and source are given only where the name alone is ambiguous. */
export interface UvDependency {
  readonly name: string;
  readonly version: string | null;
  readonly extras: readonly string[];
}

export interface UvPackage {
  /** Normalised. */
  readonly name: string;
  readonly version: string | null;
  readonly source: UvSource | null;
  readonly dependencies: readonly UvDependency[];
  /** By extra. */
  readonly optional: ReadonlyMap<string, readonly UvDependency[]>;
  /** By dependency group. */
  readonly groups: ReadonlyMap<string, readonly UvDependency[]>;
  readonly files: readonly UvFile[];
}

export interface UvFile {
  readonly url: string | null;
  readonly hash: string | null;
}

export interface UvLockFile {
  readonly requiresPython: string | null;
  /** Names of the workspace's members; empty for a lone project. */
  readonly members: readonly string[];
  /** What a script, or a workspace without a project, asks for itself. */
  readonly requirements: readonly UvDependency[];
  readonly rootGroups: ReadonlyMap<string, readonly UvDependency[]>;
  readonly packages: readonly UvPackage[];
}

/**
 * Reads uv.lock.
 * @throws {LockSyntaxError} when it is no TOML, or not of this shape.
 */
export function readUvLock(path: string, text: string): UvLockFile {
  const root = readToml(path, text);
  const packages = valueAt(root, 'package') ?? valueAt(root, 'distribution') ?? [];
  if (valueAt(root, 'version') !== 1 || !Array.isArray(packages)) {
    throw new LockSyntaxError(path, null, `it is not a uv.lock of version 1, the one that Relock reads.`);
  }
  const manifest = tableAt(root, 'manifest');
  return {
    requiresPython: textAt(root, 'requires-python'),
    members: itemsOf(valueAt(manifest, 'members')).flatMap((name) =>
      typeof name === 'string' ? [normaliseName(name)] : [],
    ),
    requirements: dependencies(valueAt(manifest, 'requirements')),
    rootGroups: byName(tableAt(manifest, 'dependency-groups')),
    packages: packages.flatMap((one) => (isTable(one) ? readPackage(one) : [])),
  };
}

function readPackage(table: Table): readonly UvPackage[] {
  const name = textAt(table, 'name');
  if (name === null) return [];
  return [
    {
      name: normaliseName(name),
      version: textAt(table, 'version'),
      source: readSource(valueAt(table, 'source')),
      dependencies: dependencies(valueAt(table, 'dependencies')),
      optional: byName(tableAt(table, 'optional-dependencies')),
      groups: byName({ ...tableAt(table, 'dependency-groups'), ...tableAt(table, 'dev-dependencies') }),
      files: [valueAt(table, 'sdist'), ...itemsOf(valueAt(table, 'wheels'))].flatMap((file) =>
        isTable(file) ? [{ url: textAt(file, 'url'), hash: textAt(file, 'hash') }] : [],
      ),
    },
  ];
}

const KINDS = ['registry', 'git', 'url', 'path', 'directory', 'editable', 'virtual'] as const;

function readSource(source: unknown): UvSource | null {
  // uv before 0.3 wrote one text: `registry+https://…`, `git+https://…`.
  if (typeof source === 'string') {
    const plus = source.indexOf('+');
    const kind = KINDS.find(
      (one) => one === source.slice(0, plus) || (one === 'url' && source.startsWith('direct+')),
    );
    return kind === undefined ? null : { kind, at: source.slice(plus + 1), subfolder: null };
  }
  if (!isTable(source)) return null;
  for (const kind of KINDS) {
    const at = textAt(source, kind);
    if (at !== null) return { kind, at, subfolder: textAt(source, 'subdirectory') };
  }
  return null;
}

function dependencies(list: unknown): readonly UvDependency[] {
  return itemsOf(list).flatMap((one) => {
    const name = isTable(one) ? textAt(one, 'name') : null;
    if (!isTable(one) || name === null) return [];
    const extras = [...itemsOf(valueAt(one, 'extra')), ...itemsOf(valueAt(one, 'extras'))].filter(
      (extra) => typeof extra === 'string',
    );
    return [{ name: normaliseName(name), version: textAt(one, 'version'), extras }];
  });
}

function byName(table: Table): ReadonlyMap<string, readonly UvDependency[]> {
  return new Map(Object.entries(table).map(([name, list]) => [name, dependencies(list)]));
}
