/** Where programs and interpreters are on this machine. */
import { readdir, stat } from 'node:fs/promises';
import { delimiter, isAbsolute, join, normalize } from 'node:path';

type Variables = Readonly<Record<string, string | undefined>>;

export interface SearchPath {
  /** Folders of the user's PATH that are good for children, in order: git, compilers, system interpreters. */
  readonly programs: readonly string[];
  /** Further folders with a Python interpreter (version managers), newest version first. */
  readonly pythons: readonly string[];
}

/** Folders of version managers: `*` stands for one folder whose name holds a version. */
const MANAGERS: readonly {
  readonly variable: string | null;
  readonly home: string;
  readonly below: string;
}[] = [
  { variable: 'PYENV_ROOT', home: '.pyenv', below: 'versions/*/bin' },
  { variable: 'ASDF_DATA_DIR', home: '.asdf', below: 'installs/python/*/bin' },
  { variable: 'MISE_DATA_DIR', home: '.local/share/mise', below: 'installs/python/*/bin' },
  { variable: 'UV_PYTHON_INSTALL_DIR', home: '.local/share/uv/python', below: '*/bin' },
  { variable: null, home: '.local/share/hatch/pythons', below: '*/python/bin' },
  { variable: null, home: '.rye/py', below: '*/bin' },
  // Hosted runners of GitHub Actions.
  { variable: 'RUNNER_TOOL_CACHE', home: '', below: 'Python/*/x64/bin' },
  { variable: 'RUNNER_TOOL_CACHE', home: '', below: 'Python/*/arm64/bin' },
];

/**
 * Reads the folders of the parent's PATH and of the usual version managers.
 *
 * Left out: relative folders (they would mean the repository), `node_modules/.bin`, shims (they answer by the working
 * folder's configuration, break uv's search, and start something else than they seem), and virtual environments.
 */
export async function readSearchPath(parent: Variables): Promise<SearchPath> {
  const programs: string[] = [];
  for (const folder of pathFolders(parent)) {
    if (isShims(folder) || (await isVirtualEnvironment(folder))) continue;
    if ((await stat(folder).catch(() => null))?.isDirectory() === true) programs.push(folder);
  }
  const found: { folder: string; version: readonly number[] }[] = [];
  for (const manager of MANAGERS) {
    const named = manager.variable === null ? undefined : parent[manager.variable];
    const { HOME: home = '' } = parent;
    const root = named ?? (manager.home === '' || home === '' ? '' : join(home, manager.home));
    if (!isAbsolute(root)) continue;
    found.push(...(await versionFolders(root, manager.below)));
  }
  found.sort((a, b) => compareParts(b.version, a.version));
  const pythons = [...new Set(found.map((entry) => entry.folder))].filter(
    (folder) => !programs.includes(folder),
  );
  return { programs, pythons };
}

/** Absolute folders of PATH, without trailing slashes, each once. */
export function pathFolders(parent: Variables): readonly string[] {
  const folders = (parent['PATH'] ?? '')
    .split(delimiter)
    .filter((folder) => isAbsolute(folder))
    .map((folder) => normalize(folder).replace(/(?<=.)\/$/u, ''));
  return [...new Set(folders)].filter((folder) => !folder.endsWith('/node_modules/.bin'));
}

function isShims(folder: string): boolean {
  return folder.endsWith('/shims') || folder.endsWith('/pyenv/bin') || folder.endsWith('/.pyenv/bin');
}

async function isVirtualEnvironment(folder: string): Promise<boolean> {
  return (await stat(join(folder, '../pyvenv.cfg')).catch(() => null)) !== null;
}

async function versionFolders(
  root: string,
  below: string,
): Promise<readonly { folder: string; version: readonly number[] }[]> {
  const [before = '', after = ''] = below.split('*');
  const parent = join(root, before);
  const found: { folder: string; version: readonly number[] }[] = [];
  for (const name of await readdir(parent).catch(() => [])) {
    // CPython only, and none that uv cannot ask for its version (2.x).
    const version = /^(?:cpython@?-?)?(?<version>3\.\d{1,3}(?:\.\d{1,3})?)(?=$|[-+])/u.exec(name)?.groups?.[
      'version'
    ];
    if (version === undefined) continue;
    const folder = join(parent, name, after);
    const info = await stat(folder).catch(() => null);
    if (info?.isDirectory() === true) found.push({ folder, version: version.split('.').map(Number) });
  }
  return found;
}

/** Negative when `a` is older. */
export function compareParts(a: readonly number[], b: readonly number[]): number {
  for (let at = 0; at < Math.max(a.length, b.length); at += 1) {
    const difference = (a[at] ?? 0) - (b[at] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}
