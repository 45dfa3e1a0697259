/** Files that say which Python a project is for: version files, manifests, workflows. Pure. */
import { parse as parseToml } from 'smol-toml';
import type { PythonChoice, Tree } from '../model.ts';
import { foldersUp } from './python-images.ts';
import { lineOf, lowerBound, readVersion } from './python-versions.ts';
import { folderOf, readText, resolveInside } from './tree.ts';

/** A source that was looked at; `version` null when it names another implementation than CPython. */
export type Declared = PythonChoice;

/** `.python-version`, `.tool-versions`, `runtime.txt`: those of the nearest folder at or above `path`'s. */
export function fromVersionFiles(tree: Tree, path: string): Declared | null {
  for (const folder of foldersUp(folderOf(path))) {
    for (const [name, pattern] of VERSION_FILES) {
      const file = resolveInside(folder, name);
      const text = file === null ? null : readText(tree, file);
      const found = file === null || text === null ? null : fromVersionFile(file, text, pattern);
      if (found !== null) return found;
    }
  }
  return null;
}

const VERSION_FILES: readonly (readonly [string, RegExp])[] = [
  ['.python-version', /^\s*([^\s#]+)/u],
  ['.tool-versions', /^\s*python\s+([^\s#]+)/u],
  ['runtime.txt', /^\s*(python-[^\s#]+)/u],
];

function fromVersionFile(file: string, text: string, pattern: RegExp): Declared | null {
  for (const [at, line] of text.slice(0, 4096).split('\n').entries()) {
    const word = pattern.exec(line)?.[1];
    const version = word === undefined ? undefined : readVersion(word);
    if (word !== undefined && version !== undefined) return { version, from: `${file}:${at + 1} ${word}` };
  }
  return null;
}

/** What the manifests say: Pipfile `[requires]`, then the lower bound of `requires-python` and its like. */
export function fromManifests(tree: Tree, manifests: readonly string[]): Declared | null {
  const folders = new Set(manifests.map(folderOf));
  const files = new Set([
    ...manifests,
    ...[...folders].flatMap((folder) =>
      ['pyproject.toml', 'setup.cfg', 'setup.py'].map((name) => resolveInside(folder, name) ?? name),
    ),
  ]);
  for (const file of files) {
    const text = readText(tree, file);
    if (text === null) continue;
    const name = file.slice(file.lastIndexOf('/') + 1);
    const found =
      name === 'Pipfile'
        ? fromPipfile(file, text)
        : name === 'pyproject.toml'
          ? fromPyproject(file, text)
          : name === 'setup.cfg'
            ? fromSetupCfg(file, text)
            : name === 'setup.py'
              ? fromSetupPy(file, text)
              : null;
    if (found !== null) return found;
  }
  return null;
}

/** For a lock that no manifest stands behind: what the nearest folder's manifests say, its own first. */
export function fromNearestManifest(tree: Tree, lock: string): Declared | null {
  for (const folder of foldersUp(folderOf(lock))) {
    const found = fromManifests(tree, [folder === '.' ? 'Pipfile' : `${folder}/Pipfile`]);
    if (found !== null) return found;
  }
  return null;
}

function fromPipfile(file: string, text: string): Declared | null {
  const requires = tableAt(readToml(text), ['requires']);
  for (const key of ['python_full_version', 'python_version']) {
    const said = requires === null ? undefined : valueAt(requires, key);
    const version = typeof said === 'string' ? readVersion(said) : undefined;
    if (version !== undefined && typeof said === 'string') {
      return { version, from: `${file}${lineOf(text, key)} [requires] ${key} = "${said}"` };
    }
  }
  return null;
}

function fromPyproject(file: string, text: string): Declared | null {
  const root = readToml(text);
  const project = tableAt(root, ['project']);
  const poetry = tableAt(root, ['tool', 'poetry', 'dependencies']);
  const said: readonly (readonly [string, unknown])[] = [
    ['requires-python', project === null ? undefined : valueAt(project, 'requires-python')],
    ['python', poetry === null ? undefined : valueAt(poetry, 'python')],
  ];
  for (const [key, range] of said) {
    const version = typeof range === 'string' ? lowerBound(range) : null;
    if (version !== null && typeof range === 'string') {
      return { version, from: `${file}${lineOf(text, key)} ${key} = "${range.slice(0, 80)}"` };
    }
  }
  return null;
}

function fromSetupCfg(file: string, text: string): Declared | null {
  for (const [at, line] of text.split('\n').entries()) {
    const range = /^python_requires\s*=\s*(\S.*)$/u.exec(line.slice(0, 500))?.[1];
    const version = range === undefined ? null : lowerBound(range);
    if (range !== undefined && version !== null) {
      return { version, from: `${file}:${at + 1} python_requires = ${range.trim().slice(0, 80)}` };
    }
  }
  return null;
}

/** A literal argument of `setup()`; the script itself is never run. */
function fromSetupPy(file: string, text: string): Declared | null {
  for (const [at, line] of text.split('\n').entries()) {
    const range = /^[^#]*\bpython_requires\s*=\s*["']([^"']+)["']/u.exec(line.slice(0, 500))?.[1];
    const version = range === undefined ? null : lowerBound(range);
    if (range !== undefined && version !== null) {
      return { version, from: `${file}:${at + 1} python_requires = "${range.trim().slice(0, 80)}"` };
    }
  }
  return null;
}

/** The Python of the workflows, when they all name the same one. */
export function fromWorkflows(tree: Tree): Declared | null {
  let found: Declared | null = null;
  for (const [path] of tree.files) {
    if (!/^\.github\/workflows\/[^/]+\.ya?ml$/u.test(path)) continue;
    for (const [at, line] of (readText(tree, path) ?? '').slice(0, 200_000).split('\n').entries()) {
      const said = /^[\s-]*python-version\s*:\s*(.*)$/u.exec(line.slice(0, 300))?.[1];
      if (said === undefined) continue;
      const versions = [...said.matchAll(/(?<![\d.])3\.\d{1,2}(?:\.\d{1,2})?(?![\d.])/gu)].map(
        ([one]) => one,
      );
      // A matrix, an expression, or a list on the following lines: no single answer.
      const [only] = versions;
      if (only === undefined || versions.length > 1) return null;
      if (found !== null && found.version !== only) return null;
      found ??= { version: only, from: `${path}:${at + 1} python-version: ${only}` };
    }
  }
  return found;
}

type Table = Readonly<Record<string, unknown>>;

function readToml(text: string): unknown {
  try {
    return parseToml(text);
  } catch {
    return null;
  }
}

function tableAt(root: unknown, path: readonly string[]): Table | null {
  let at = root;
  for (const key of path) at = isTable(at) ? valueAt(at, key) : null;
  return isTable(at) ? at : null;
}

function valueAt(table: Table, key: string): unknown {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
