/**
 * What stands at a path in a commit's tree, so that a change keeps the file's mode and goes through nothing that leads
 * elsewhere.
 *
 * Threat: git's trees hold symbolic links and submodules. A file "below" a link would replace the link by a folder, and
 * a file in its place would cut what others reach through it; a checkout is judged by lstat, but the commit is made on
 * GitHub, maybe of another base than the checkout was.
 */
import type { HeldFile } from '../../proposal/compose.ts';
import type { GitHubApi, RepositoryRef } from './api.ts';
import { readTreeOf } from './read-state.ts';

export interface BaseTree {
  /** Object id of the tree. */
  readonly sha: string;
  /** What stands in the way of a file at a path, as the end of "since "; null: nothing. */
  obstacle(path: string): string | null;
  /** Mode of the file there; null: there is none. */
  mode(path: string): '100644' | '100755' | null;
}

interface Entry {
  readonly mode: string;
  readonly type: string;
  readonly sha: string;
}

const PLAIN_FILES: ReadonlySet<string> = new Set(['100644', '100755']);

/**
 * Two requests; more only where a tree is too large for one answer of GitHub.
 * @param paths that will be asked for.
 */
export async function readBaseTree(
  api: GitHubApi,
  repository: RepositoryRef,
  commit: string,
  paths: readonly string[],
): Promise<BaseTree> {
  const sha = await readTreeOf(api, repository, commit);
  const entries =
    (await readEntries(api, repository, sha, true)) ?? (await readFolders(api, repository, sha, paths));
  const modeAt = (path: string): string | undefined => entries.get(path)?.mode;
  return {
    sha,
    obstacle: (path) => obstacle(path, modeAt),
    mode(path) {
      const mode = modeAt(path);
      return mode === '100644' || mode === '100755' ? mode : null;
    },
  };
}

/** The paths that cannot be written on top of a commit, each with why. */
export async function readHeldFiles(
  api: GitHubApi,
  repository: RepositoryRef,
  commit: string,
  paths: readonly string[],
): Promise<readonly HeldFile[]> {
  if (paths.length === 0) return [];
  const tree = await readBaseTree(api, repository, commit, paths);
  return paths.flatMap((path) => {
    const why = tree.obstacle(path);
    return why === null ? [] : [{ path, why }];
  });
}

function obstacle(path: string, modeAt: (path: string) => string | undefined): string | null {
  const parts = path.split('/');
  if (parts.some((part) => part === '' || part === '.' || part === '..' || part.toLowerCase() === '.git')) {
    return 'that is no path in a repository';
  }
  for (let length = 1; length < parts.length; length += 1) {
    const mode = modeAt(parts.slice(0, length).join('/'));
    if (mode === undefined) return null;
    if (mode !== '040000') return `${nameOf(mode)} stands where its folder would be`;
  }
  const mode = modeAt(path);
  return mode === undefined || PLAIN_FILES.has(mode) ? null : `${nameOf(mode)} stands there`;
}

function nameOf(mode: string): string {
  switch (mode) {
    case '120000':
      return 'a symbolic link';
    case '160000':
      return 'a submodule';
    case '040000':
      return 'a folder';
    default:
      return 'a file';
  }
}

/** @returns path to entry, or null when GitHub left some out. */
async function readEntries(
  api: GitHubApi,
  { owner, name: repo }: RepositoryRef,
  tree: string,
  deep: boolean,
): Promise<ReadonlyMap<string, Entry> | null> {
  const recursive = deep ? { recursive: '1' } : {};
  const data = await api.ask((request) =>
    request('GET /repos/{owner}/{repo}/git/trees/{tree_sha}', { owner, repo, tree_sha: tree, ...recursive }),
  );
  return data.truncated ? null : new Map(data.tree.map(({ path, ...entry }) => [path, entry]));
}

/** Only the folders that lead to the paths, one by one. */
async function readFolders(
  api: GitHubApi,
  repository: RepositoryRef,
  root: string,
  paths: readonly string[],
): Promise<ReadonlyMap<string, Entry>> {
  const all = new Map<string, Entry>([['', { mode: '040000', type: 'tree', sha: root }]]);
  const read = new Set<string>();
  for (const path of paths) {
    const parts = path.split('/');
    for (let length = 0; length < parts.length; length += 1) {
      const folder = parts.slice(0, length).join('/');
      const entry = all.get(folder);
      if (entry?.mode !== '040000') break;
      if (read.has(folder)) continue;
      read.add(folder);
      const inside = await readEntries(api, repository, entry.sha, false);
      // A single folder that large is not read: what cannot be seen cannot be judged.
      if (inside === null) throw new Error(`The folder \`${folder}\` has too many entries for GitHub's API.`);
      for (const [name, found] of inside) all.set(folder === '' ? name : `${folder}/${name}`, found);
    }
  }
  return all;
}
