/** The inputs of a lock whose header hides them: from its annotations, and from the names of its neighbours. */
import type { Reason } from '../../model.ts';
import { folderOf, reason, relativeTo, resolveInside } from '../tree.ts';
import { foldersUpTo, resolveWritten } from './files.ts';
import type { Files } from './files.ts';
import type { LockText } from './lock-text.ts';
import { followInputs } from './reads.ts';
import { neighbourOf, stemOf } from './working-folder.ts';
import type { PlacedInput } from './working-folder.ts';

export interface FoundInputs {
  readonly cwd: string;
  readonly inputs: readonly PlacedInput[];
  /** Constraints that no input names: given by the hidden command. Relative to `cwd`. */
  readonly constraints: readonly string[];
  /** How they were found, for people. */
  readonly how: string;
}

export const SET_INPUTS =
  'Set `inputs` (and `options`, if it has any) for this lock under [[lock]] in .github/relock.toml.';

/**
 * @param hidden what stands in the command's place, for messages: "`make upgrade`".
 * @param locks paths of all locks of this family.
 */
export function findHiddenInputs(
  files: Files,
  lock: string,
  text: LockText,
  locks: ReadonlySet<string>,
  hidden: string,
): FoundInputs | Reason {
  const written = text.viaFiles;
  if (written.includes('-') || written.includes('/dev/stdin')) {
    const message = `${lock} is made from what was piped into the command (\`-r -\` in its annotations).`;
    return reason('header-not-understood', message, SET_INPUTS);
  }
  const cwd = annotatedFolder(files, lock, [...written, ...text.viaConstraints, ...text.viaProjects]);
  const placed = written.map((file) => place(files, cwd, lock, file));
  const missing = written.filter((_file, index) => !files.has(placed[index] ?? ''));
  if (missing.length > 0) {
    return reason(
      'missing-input',
      `${lock} hides its command behind ${hidden}, and its annotations name ${missing.join(', ')}, which is not in the repository.`,
      `Put the file back. ${SET_INPUTS}`,
    );
  }
  const projects = text.viaProjects
    .map((file) => place(files, cwd, lock, file))
    .filter((path) => path !== null && files.has(path));
  const annotated = [...new Set([...placed, ...projects])].filter((path) => path !== null && path !== lock);
  const neighbour =
    neighbourOf(files, lock) ?? (annotated.length === 0 ? likelyInput(files, lock, text, locks) : null);
  const roots = rootsOf(
    files,
    lock,
    annotated.map((path) => path ?? ''),
    neighbour,
    locks,
  );
  if (roots.length === 0) {
    return reason(
      'header-not-understood',
      `${lock} hides its command behind ${hidden}, and neither its annotations nor a neighbour tell from which files it is made.`,
      SET_INPUTS,
    );
  }
  const constraints = text.viaConstraints
    .map((file) => place(files, cwd, lock, file))
    .filter((path) => path !== null && files.has(path) && !reached(files, lock, roots, locks).has(path))
    .map((path) => relativeTo(cwd, path ?? ''));
  const inputs = roots.map((path) => ({ written: relativeTo(cwd, path), path }));
  const means = [
    ...(annotated.length > 0 ? ['the annotations of the lock'] : []),
    ...(neighbour !== null && roots.includes(neighbour) ? ['the name of its neighbour'] : []),
  ];
  return { cwd, inputs, constraints, how: means.join(' and ') };
}

/** The folder from which most of the annotated paths exist, the deepest of several; the root when nothing tells. */
function annotatedFolder(files: Files, lock: string, written: readonly string[]): string {
  let best = { cwd: '.', found: 0 };
  for (const cwd of foldersUpTo(folderOf(lock))) {
    const found = written.filter((file) => {
      const path = resolveInside(cwd, file);
      return path !== null && files.has(path);
    }).length;
    if (found > 0 && found >= best.found) best = { cwd, found };
  }
  return best.cwd;
}

/** An annotated path; nested ones are sometimes relative to the file that includes them. */
function place(files: Files, cwd: string, lock: string, written: string): string | null {
  const path = resolveWritten(files, cwd, written);
  if (path !== null && files.has(path)) return path;
  const beside = resolveInside(folderOf(lock), written);
  return beside !== null && files.has(beside) ? beside : path;
}

/** The fewest files that reach all annotated ones. */
function rootsOf(
  files: Files,
  lock: string,
  annotated: readonly string[],
  neighbour: string | null,
  locks: ReadonlySet<string>,
): readonly string[] {
  if (annotated.length === 0) return neighbour === null ? [] : [neighbour];
  const reach = new Map(annotated.map((path) => [path, reached(files, lock, [path], locks)]));
  const fromNeighbour = neighbour === null ? new Set<string>() : reached(files, lock, [neighbour], locks);
  const useNeighbour = annotated.some((path) => fromNeighbour.has(path));
  const isReached = (path: string): boolean => {
    if (useNeighbour && path !== neighbour && fromNeighbour.has(path)) return true;
    return annotated.some((other) => {
      if (other === path || reach.get(other)?.has(path) !== true) return false;
      // Two that include each other: the first stays.
      return reach.get(path)?.has(other) !== true || annotated.indexOf(other) < annotated.indexOf(path);
    });
  };
  const roots = annotated.filter((path) => !isReached(path));
  const covered = neighbour !== null && roots.some((path) => reach.get(path)?.has(neighbour) === true);
  if (useNeighbour && neighbour !== null && !roots.includes(neighbour) && !covered) roots.push(neighbour);
  return roots.sort();
}

function reached(
  files: Files,
  lock: string,
  paths: readonly string[],
  locks: ReadonlySet<string>,
): ReadonlySet<string> {
  const starts = paths.map((path) => ({ cwd: folderOf(path), path, namedIn: lock }));
  return new Set(followInputs(files, lock, starts, locks).files);
}

/** For locks whose annotations name no file: an input whose name is like the lock's, and whose wishes are all pinned. */
function likelyInput(files: Files, lock: string, text: LockText, locks: ReadonlySet<string>): string | null {
  const folder = folderOf(lock);
  const stem = stemOf(lock).slice(folder === '.' ? 0 : folder.length + 1);
  const part = stem.replace(/^requirements[-_.]?|[-_.]?requirements$/gu, '');
  const names =
    part === '' ? ['base.in', 'main.in', 'requirements.in'] : [`${part}.in`, `requirements-${part}.in`];
  const pinned = new Set(text.pins.map(({ name }) => name));
  for (const below of ['', 'requirements/', 'in/', 'requirements/in/']) {
    for (const name of names) {
      const path = resolveInside(folder, below + name);
      if (path === null || !files.has(path)) continue;
      const start = { cwd: folder, path, namedIn: lock };
      const wished = followInputs(files, lock, [start], locks).entries.flatMap(({ entry }) =>
        entry.kind === 'requirement' && entry.marker === '' && entry.name !== null ? [entry.name] : [],
      );
      if (wished.length > 0 && wished.every((name) => pinned.has(name))) return path;
    }
  }
  return null;
}
