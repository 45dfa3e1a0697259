/** Hosts outside that `uv lock` of a project asks. Pure. */
import type { Remote, Tree } from '../../model.ts';
import { uvRemotes } from '../compile/project-input.ts';
import { distinctRemotes, urlRemote } from '../compile/remotes.ts';
import { LockSyntaxError } from '../ecosystem.ts';
import { placeOf, readToml, tableAt, valueAt } from '../toml.ts';
import type { Table } from '../toml.ts';
import { readText } from '../tree.ts';
import type { UvLockFile } from './lock-file.ts';

/** Indexes, git repositories and files that the manifests name. */
export function manifestRemotes(tree: Tree, paths: readonly string[]): readonly Remote[] {
  return distinctRemotes(paths.flatMap((path) => remotesOf(path, readText(tree, path) ?? '')));
}

function remotesOf(path: string, text: string): readonly Remote[] {
  const table = readOrEmpty(path, text);
  const settings = path.endsWith('uv.toml') ? table : tableAt(table, 'tool', 'uv');
  const lists: unknown[] = [
    valueAt(tableAt(table, 'project'), 'dependencies'),
    ...Object.values(tableAt(table, 'project', 'optional-dependencies')),
    ...Object.values(tableAt(table, 'dependency-groups')),
    valueAt(settings, 'dev-dependencies'),
    valueAt(settings, 'constraint-dependencies'),
    valueAt(settings, 'override-dependencies'),
  ];
  const references = lists.flat().flatMap((item) => {
    const url = typeof item === 'string' ? /@\s*(\S+)/u.exec(item.slice(0, 2000))?.[1] : undefined;
    return url === undefined ? [] : (urlRemote(url, path) ?? []);
  });
  return [...uvRemotes(settings, path), ...references].map((remote) => ({
    ...remote,
    namedIn: placeOf(path, text, remote.url),
  }));
}

/** Broken TOML is told elsewhere. */
function readOrEmpty(path: string, text: string): Table {
  try {
    return readToml(path, text);
  } catch (error) {
    if (error instanceof LockSyntaxError) return {};
    throw error;
  }
}

/**
 * Git repositories and files that the lock names and no manifest does: those of dependencies' own dependencies.
 * @param direct names that manifests ask for; what became of these the manifests say better.
 */
export function lockRemotes(path: string, lock: UvLockFile, direct: ReadonlySet<string>): readonly Remote[] {
  return distinctRemotes(
    lock.packages.flatMap(({ name, source }) => {
      if (source === null || direct.has(name)) return [];
      if (source.kind !== 'git' && source.kind !== 'url') return [];
      const url = source.kind === 'git' ? `git+${source.at.split(/[?#]/u, 1)[0] ?? ''}` : source.at;
      return urlRemote(url, `${path}, package ${name}`) ?? [];
    }),
  );
}
