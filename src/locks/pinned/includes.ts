/** The files that a requirements file reads: `-r` and `-c`, through all levels. */
import type { Reason, Remote, Tree } from '../../model.ts';
import { isPublicIndex } from '../public-index.ts';
import type { Entry } from '../requirements/file.ts';
import { parseRequirements } from '../requirements/parse.ts';
import { folderOf, readText, reason, resolveInside } from '../tree.ts';

export interface ReadEntry {
  readonly path: string;
  readonly entry: Entry;
}

export interface Closure {
  /** Every file that is read, sorted, without the first one. */
  readonly files: readonly string[];
  /** Lines of the first file and of all that it reads. */
  readonly entries: readonly ReadEntry[];
  /** Where pip is run: it and uv look from there for local packages (`-e .[dev]`), wherever the file is. */
  readonly cwd: string;
  /** Why it cannot be solved here, or null. */
  readonly problem: Reason | null;
}

/** By one of these uv knows a project. */
const PROJECT_FILES = ['pyproject.toml', 'setup.py'];
const URL_LIKE = /^[A-Za-z][A-Za-z0-9+.-]+:\/\//u;

/** Makes a function that follows `-r` and `-c` from one file of a tree. Never throws; a cycle is followed once. */
export function closureReader(tree: Tree, paths: ReadonlySet<string>): (start: string) => Closure {
  const read = new Map<string, readonly Entry[]>();
  const entriesOf = (path: string): readonly Entry[] => {
    const entries = read.get(path) ?? parseRequirements(readText(tree, path) ?? '').entries;
    read.set(path, entries);
    return entries;
  };
  return (start) => readClosure(tree, paths, entriesOf, start);
}

function readClosure(
  tree: Tree,
  paths: ReadonlySet<string>,
  entriesOf: (path: string) => readonly Entry[],
  start: string,
): Closure {
  const seen = new Set<string>([start]);
  const entries: ReadEntry[] = [];
  const waiting = [start];
  for (let path = waiting.shift(); path !== undefined; path = waiting.shift()) {
    for (const entry of entriesOf(path)) {
      entries.push({ path, entry });
      if (entry.kind !== 'include' && entry.kind !== 'constraint') continue;
      const included = resolveInside(folderOf(path), entry.path);
      if (included === null || seen.has(included) || URL_LIKE.test(entry.path)) continue;
      seen.add(included);
      waiting.push(included);
    }
  }
  seen.delete(start);
  const cwd = workingFolder(paths, start, entries);
  let problem: Reason | null = null;
  for (const { path, entry } of entries) problem ??= problemOf(tree, paths, cwd, { path, entry });
  return { files: [...seen].sort(), entries, cwd, problem };
}

/** The nearest folder, from the file's own upwards, in which every local package is; its own where there is none. */
function workingFolder(paths: ReadonlySet<string>, start: string, entries: readonly ReadEntry[]): string {
  const local = entries.flatMap(({ entry }) =>
    entry.kind === 'requirement' ? (localPathOf(entry) ?? []) : [],
  );
  const own = folderOf(start);
  for (let folder = own; local.length > 0; folder = folderOf(folder)) {
    if (local.every((path) => isPackage(paths, resolveInside(folder, path)))) return folder;
    if (folder === '.') break;
  }
  return own;
}

function isPackage(paths: ReadonlySet<string>, place: string | null): boolean {
  if (place === null) return false;
  return [place, ...PROJECT_FILES.map((name) => (place === '.' ? name : `${place}/${name}`))].some((path) =>
    paths.has(path),
  );
}

/** Threat: a path that leaves the repository would have uv read (or build) something of the machine. */
function problemOf(
  tree: Tree,
  paths: ReadonlySet<string>,
  cwd: string,
  { path, entry }: ReadEntry,
): Reason | null {
  const named = localPathOf(entry);
  if (entry.kind === 'option' && entry.name === '--hash') {
    return reason(
      'manifest-unreadable',
      `${path}:${entry.line} is a \`--hash\` that belongs to no requirement: the line above it does not end with \`\\\`. pip passes over it, uv refuses it.`,
      'End the line above with a backslash, or take the line out.',
    );
  }
  if (named === null) return null;
  const inside = resolveInside(entry.kind === 'requirement' ? cwd : folderOf(path), named);
  if (inside === null) {
    return reason(
      'path-outside-repository',
      `${path}:${entry.line} names ${named}, which is outside of the repository.`,
      'Relock works on the repository alone: name a path inside of it.',
    );
  }
  const file = tree.files.get(inside);
  if (file?.kind === 'symlink') {
    return reason('symlink', `${path}:${entry.line} names ${named}, which is a symbolic link.`);
  }
  const isFile = entry.kind === 'include' || entry.kind === 'constraint';
  if (isFile && file === undefined && !paths.has(inside)) {
    return reason(
      'missing-input',
      `${path}:${entry.line} names ${named}, and there is no ${inside}.`,
      'Add the file, or take the line out.',
    );
  }
  return null;
}

const PLACES: ReadonlySet<string> = new Set(['--find-links', '--index-url', '--extra-index-url']);

function localPathOf(entry: Entry): string | null {
  switch (entry.kind) {
    case 'include':
    case 'constraint':
      return asPath(entry.path);
    case 'option':
      return PLACES.has(entry.name) && entry.value !== null ? asPath(entry.value) : null;
    case 'requirement':
      return entry.url === null ? null : asPath(entry.url);
    case 'unreadable':
      return null;
    default:
      return entry satisfies never;
  }
}

/** null for a URL with a host. */
function asPath(text: string): string | null {
  const plainUrl = text.replace(/^(?:git|hg|svn|bzr)\+(?=file:)/iu, '');
  const path = /^file:/iu.test(plainUrl) ? plainUrl.slice(5).replace(/^\/\/(?:localhost)?/iu, '') : text;
  if (URL_LIKE.test(path) || path.startsWith('git@')) return null;
  const plain = path.replace(/[?#].*$/u, '');
  // A path that starts with a variable is the machine's.
  return plain.startsWith('~') || plain.startsWith('${') ? `/${plain}` : plain;
}

/** The hosts that the lines name, the public index aside. */
export function remotesOf(entries: readonly ReadEntry[]): readonly Remote[] {
  const remotes = new Map<string, Remote>();
  for (const { path, entry } of entries) {
    const found = remoteOf(entry);
    if (found === null || remotes.has(found.url)) continue;
    remotes.set(found.url, { ...found, namedIn: `${path}:${entry.line}` });
  }
  return [...remotes.values()];
}

function remoteOf(entry: Entry): Omit<Remote, 'namedIn'> | null {
  if (entry.kind === 'option' && entry.value !== null && URL_LIKE.test(entry.value)) {
    const url = entry.value;
    if (entry.name === '--index-url' && !isPublicIndex(url)) return { url, purpose: 'index' };
    if (entry.name === '--extra-index-url' && !isPublicIndex(url)) return { url, purpose: 'extra-index' };
    return entry.name === '--find-links' ? { url, purpose: 'extra-index' } : null;
  }
  const url = entry.kind === 'requirement' ? entry.url : 'path' in entry ? entry.path : null;
  if (url === null || !URL_LIKE.test(url) || /^file:/iu.test(url)) return null;
  return { url, purpose: /^git\+/iu.test(url) ? 'git' : 'url' };
}
