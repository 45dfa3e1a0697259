/** Everything that a compile run reads: its inputs, what they include, constraints, local packages, other locks, hosts. */
import type { Reason, Remote } from '../../model.ts';
import type { GlobalOption, Requirement } from '../requirements/file.ts';
import { folderOf, reason, resolveInside } from '../tree.ts';
import type { Files, ReadStart } from './files.ts';
import { bareUrl, isUrl } from './option-values.ts';
import { readProject } from './project-input.ts';
import { distinctRemotes, optionRemotes, urlRemote } from './remotes.ts';

/** A requirement or option of an input, and where it stands. */
export interface InputEntry {
  readonly path: string;
  readonly entry: Requirement | GlobalOption;
}

export interface Reads {
  /** Repository-relative, sorted; not the lock itself. */
  readonly files: readonly string[];
  /** Other locks among them, sorted. */
  readonly layers: readonly string[];
  readonly remotes: readonly Remote[];
  /** What the inputs themselves say: their options, and their requirements except for those of other locks. */
  readonly entries: readonly InputEntry[];
  /** Where an input reads the lock itself, or null. */
  readonly self: string | null;
  /** The first thing that stands in the way. */
  readonly problem: Reason | null;
}

/** No repository has inputs as deep as this many files; a hostile one could. */
const MAX_FILES = 2000;

/**
 * Follows inputs and constraints through `-r` and `-c`, as pip does: relative to the file that names them.
 * @param locks paths of all locks of this family in the tree.
 */
export function followInputs(
  files: Files,
  lock: string,
  starts: readonly ReadStart[],
  locks: ReadonlySet<string>,
): Reads {
  const seen = new Set<string>();
  const extra = new Set<string>();
  const remotes: Remote[] = [];
  const entries: InputEntry[] = [];
  let self: string | null = null;
  let problem: Reason | null = null;
  const queue: ReadStart[] = [...starts];
  while (queue.length > 0 && seen.size < MAX_FILES && problem === null) {
    const next = queue.shift();
    if (next === undefined) break;
    if (next.path === lock) {
      self ??= next.namedIn;
      continue;
    }
    if (seen.has(next.path)) continue;
    seen.add(next.path);
    const project = readProject(files, next);
    if (project !== null) {
      for (const path of project.files) extra.add(path);
      remotes.push(...project.remotes);
      problem ??= project.problem;
      continue;
    }
    problem ??= files.problem(next.path, next.namedIn);
    const isLock = locks.has(next.path);
    for (const entry of files.requirements(next.path)?.entries ?? []) {
      const where = `${next.path}:${entry.line}`;
      if (entry.kind === 'include' || entry.kind === 'constraint') {
        if (isUrl(entry.path) && !/^file:/iu.test(entry.path)) {
          remotes.push({ url: bareUrl(entry.path), purpose: 'url', namedIn: where });
          continue;
        }
        const path = resolveInside(folderOf(next.path), entry.path.replace(/^file:(?:\/\/)?/iu, ''));
        if (path === null) problem ??= leaves(where, entry.path);
        else queue.push({ cwd: next.cwd, path, namedIn: where });
      } else if (entry.kind === 'option') {
        entries.push({ path: next.path, entry });
        remotes.push(...optionRemotes(entry.name, entry.value, where));
        problem ??= optionProblem(files, next, entry.name, entry.value, where);
      } else if (entry.kind === 'requirement') {
        if (!isLock) entries.push({ path: next.path, entry });
        if (entry.url === null) continue;
        const remote = urlRemote(entry.url, where);
        if (remote !== null) remotes.push(remote);
        const local = localPath(files, next, entry.url, where, isLock);
        for (const path of local.files) extra.add(path);
        problem ??= local.problem;
      }
    }
  }
  const all = [...new Set([...seen, ...extra])].filter((path) => path !== lock).sort();
  return {
    files: all,
    layers: all.filter((path) => locks.has(path)),
    remotes: distinctRemotes(remotes),
    entries,
    self,
    problem,
  };
}

export function leaves(where: string, written: string): Reason {
  return reason(
    'path-outside-repository',
    `${where} names ${written}, which is not inside the repository.`,
    'Move what it names into the repository and name it by a relative path.',
  );
}

const PLACES: ReadonlySet<string> = new Set([
  '--find-links',
  '--index-url',
  '--extra-index-url',
  '--index',
  '--default-index',
]);

/** Options in inputs that reach beyond the repository. */
function optionProblem(
  files: Files,
  start: ReadStart,
  name: string,
  value: string | null,
  where: string,
): Reason | null {
  if (!PLACES.has(name) || value === null) return null;
  return placeProblem(files, [folderOf(start.path), start.cwd], value, where);
}

/**
 * `--find-links` of a folder or page, or an index: inside the repository, or on the web.
 * Threat: `file:///` shows the files of the machine to the locker, and its complaints about them to the report.
 */
export function placeProblem(
  files: Files,
  folders: readonly string[],
  value: string,
  where: string,
): Reason | null {
  const named = value.replace(/^[\w.-]{1,60}=(?=https?:|file:|\/)/iu, '');
  if (/^https?:\/\//iu.test(named) || named.startsWith('$')) return null;
  const places = folders.map((folder) => resolveInside(folder, named.replace(/^file:(?:\/\/)?/iu, '')));
  const inside = places.filter((path) => path !== null);
  if (inside.length === 0) return leaves(where, value);
  if (inside.some((path) => files.hasFolder(path) || files.has(path))) return null;
  return reason('missing-input', `${where} looks for files in ${value}, which is not in the repository.`, '');
}

/** A local package: `-e .`, `./libs/x`, `file:../y`. Relative to the command's folder (pip), or to the file (uv). */
function localPath(
  files: Files,
  start: ReadStart,
  url: string,
  where: string,
  isLock: boolean,
): { readonly files: readonly string[]; readonly problem: Reason | null } {
  const none = { files: [], problem: null };
  if (/^(?:git|hg|svn|bzr)\+file:/iu.test(url))
    return { files: [], problem: isLock ? null : leaves(where, url) };
  if (/^[a-z][a-z0-9+.-]*:/iu.test(url) && !/^file:/iu.test(url)) return none;
  const written = url.replace(/^file:(?:\/\/(?=\/|\.))?/iu, '').replace(/#.*$/u, '');
  if (written.startsWith('$')) return none;
  const places = [start.cwd, folderOf(start.path)]
    .map((folder) => resolveInside(folder, written))
    .filter((path) => path !== null);
  // What another lock pins by an absolute path is that lock's trouble first.
  if (places.length === 0) return { files: [], problem: isLock ? null : leaves(where, url) };
  const place = places.find((path) => files.hasFolder(path) || files.has(path));
  if (place === undefined) {
    const message = `${where} wants the local package ${url}, which is not in the repository.`;
    return { files: [], problem: isLock ? null : reason('missing-input', message, '') };
  }
  if (files.has(place)) return { files: [place], problem: null };
  const manifests = ['pyproject.toml', 'setup.py', 'setup.cfg']
    .map((name) => (place === '.' ? name : `${place}/${name}`))
    .filter((path) => files.has(path));
  return { files: manifests, problem: null };
}
