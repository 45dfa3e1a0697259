/** Looking up files of the tree, each parsed once a detection. */
import { parse } from 'smol-toml';
import type { Reason, Tree } from '../../model.ts';
import type { RequirementsFile } from '../requirements/file.ts';
import { parseRequirements } from '../requirements/parse.ts';
import { folderOf, normaliseText, readText, reason, resolveInside } from '../tree.ts';

export type TomlTable = Readonly<Record<string, unknown>>;

export interface Files {
  readonly tree: Tree;
  has(path: string): boolean;
  /** Whether a folder has any file below it. */
  hasFolder(path: string): boolean;
  /** Without BOM, `\n` line ends; null when absent or not readable. */
  text(path: string): string | null;
  /** null when absent or not readable. */
  requirements(path: string): RequirementsFile | null;
  /** null when absent or broken. */
  toml(path: string): TomlTable | null;
  /** Why an input cannot be read, or null. `namedIn` says who asks for it. */
  problem(path: string, namedIn: string): Reason | null;
  /** Every path that ends with `/ending`, or is it. */
  endingWith(ending: string): readonly string[];
}

export function indexFiles(tree: Tree): Files {
  const paths = new Set(tree.paths);
  const folders = new Set<string>(['.']);
  for (const path of tree.paths) {
    for (let folder = folderOf(path); !folders.has(folder); folder = folderOf(folder)) folders.add(folder);
  }
  const parsed = new Map<string, RequirementsFile | null>();
  const tables = new Map<string, TomlTable | null>();
  const text = (path: string): string | null => readText(tree, path);
  return {
    tree,
    has: (path) => paths.has(path),
    hasFolder: (path) => folders.has(path),
    text,
    requirements: (path) =>
      remembered(parsed, path, () => {
        const found = text(path);
        return found === null ? null : parseRequirements(normaliseText(found));
      }),
    toml: (path) => remembered(tables, path, () => parseToml(text(path))),
    problem: (path, namedIn) => problemOf(tree, paths, path, namedIn),
    endingWith: (ending) => tree.paths.filter((path) => path === ending || path.endsWith(`/${ending}`)),
  };
}

function remembered<Value>(known: Map<string, Value>, path: string, make: () => Value): Value {
  const had = known.get(path);
  if (had !== undefined) return had;
  const made = make();
  known.set(path, made);
  return made;
}

function parseToml(text: string | null): TomlTable | null {
  if (text === null) return null;
  try {
    return parse(text);
  } catch {
    // Broken TOML is the business of the tool that reads it; here it only means that nothing is known.
    return null;
  }
}

function problemOf(tree: Tree, paths: ReadonlySet<string>, path: string, namedIn: string): Reason | null {
  if (!paths.has(path)) {
    return reason(
      'missing-input',
      `${namedIn} reads ${path}, which is not in the repository.`,
      'Put the file back, or make the lock anew by hand with the inputs that it has now.',
    );
  }
  const file = tree.files.get(path);
  switch (file?.kind) {
    case 'text':
      return null;
    case undefined:
      return reason(
        'manifest-unreadable',
        `${namedIn} reads ${path}, whose name is not that of a requirements file, so Relock did not look into it.`,
        'Give it a name that ends with .in or .txt.',
      );
    case 'symlink':
      return reason(
        'symlink',
        `${namedIn} reads ${path}, a symbolic link. Relock follows none, since a link can leave the repository.`,
        'Replace the link by the file, or by a line `-r` with the path of the file.',
      );
    case 'too-large':
      return reason('too-large', `${namedIn} reads ${path}, which is too large (${file.bytes} bytes).`);
    case 'not-utf8':
      return reason(
        'not-utf8',
        `${namedIn} reads ${path}, which is not UTF-8 text.`,
        'Save the file as UTF-8.',
      );
    default:
      return file satisfies never;
  }
}

/** `\` to `/`, for paths that were written on Windows. */
export function posixPath(path: string): string {
  return path.includes('/') ? path : path.replaceAll('\\', '/');
}

/**
 * Resolves a path of a command against its folder. An absolute one (`/app/requirements.in`, of a container or of somebody's
 * machine) stands for the file of the repository with the longest common ending.
 * @returns null when it leaves the repository.
 */
export function resolveWritten(files: Files, cwd: string, written: string): string | null {
  const path = posixPath(written.replace(/^file:(?:\/\/(?=\/))?/u, ''));
  const inside = resolveInside(cwd, path);
  if (inside !== null) return inside;
  const absolute = /^(?:[A-Za-z]:)?\/(.*)$/u.exec(path)?.[1];
  if (absolute === undefined) return null;
  const parts = absolute.split('/');
  for (let at = 0; at < Math.min(parts.length, 40); at += 1) {
    const ending = resolveInside(cwd, parts.slice(at).join('/'));
    if (ending !== null && files.has(ending)) return ending;
  }
  return null;
}

/** The folder and all above it, the root first. */
export function foldersUpTo(folder: string): readonly string[] {
  const folders: string[] = [];
  for (let at = folder; at !== '.'; at = folderOf(at)) folders.unshift(at);
  return ['.', ...folders];
}

/** A file to read, and who asks for it. */
export interface ReadStart {
  readonly cwd: string;
  /** Repository-relative. */
  readonly path: string;
  /** Who names it: `requirements.txt:5`. */
  readonly namedIn: string;
}
