/** Manifests that would make a locker read files of the machine, outside the checkout. Pure. */
import type { Reason, Target, Tree } from '../model.ts';
import { LockSyntaxError } from './ecosystem.ts';
import { isTable, placeOf, readToml, tableAt, valueAt, type Table } from './toml.ts';
import { readText, reason } from './tree.ts';

/** `file:///…`, `git+file:…`, `name @ file:/…`; a `file:` followed by a path below stays in the checkout. */
const FILE_URL = /(?:^|[\s@+"'])file:(?:\/|\.\.(?:\/|$))/iu;
const MAX_DEPTH = 30;

/**
 * Why a lock's TOML manifests (pyproject.toml, Pipfile, uv.toml) must not be given to its tool, or null.
 * Threat: a stranger's manifest has the locker read, and quote, what lies outside the checkout.
 */
export function outsideProblem(tree: Tree, { manifests }: Pick<Target, 'manifests'>): Reason | null {
  for (const path of manifests) {
    const text = /(?:\.toml|(?:^|\/)Pipfile)$/u.test(path) ? readText(tree, path) : null;
    if (text === null || !/file:/iu.test(text)) continue;
    const found = firstFileUrl(path, text);
    if (found === null) continue;
    return reason(
      'path-outside-repository',
      `${placeOf(path, text, found)} names a file URL (${found.slice(0, 120)}), which would have the tool read outside the repository.`,
      'Use a path relative to the manifest, or a URL that others can reach as well.',
    );
  }
  return null;
}

function firstFileUrl(path: string, text: string): string | null {
  try {
    const root = readToml(path, text);
    return wantedTables(path, root).reduce<string | null>(
      (found, table) => found ?? findText(table, 0),
      null,
    );
  } catch (error) {
    // What is no TOML is the ecosystem's to say.
    if (error instanceof LockSyntaxError) return null;
    throw error;
  }
}

/** Tables of other tools in a pyproject.toml may name files as they like. */
function wantedTables(path: string, root: Table): readonly unknown[] {
  if (!path.endsWith('pyproject.toml')) return [root];
  const { urls: _, ...project } = tableAt(root, 'project');
  const groups = valueAt(root, 'dependency-groups');
  return [
    project,
    groups,
    valueAt(root, 'build-system'),
    tableAt(root, 'tool', 'uv'),
    tableAt(root, 'tool', 'poetry'),
  ];
}

function findText(value: unknown, depth: number): string | null {
  if (depth > MAX_DEPTH) return null;
  if (typeof value === 'string') return FILE_URL.test(value) ? value : null;
  const inner = Array.isArray(value) ? value : isTable(value) ? Object.values(value) : [];
  for (const item of inner) {
    const found = findText(item, depth + 1);
    if (found !== null) return found;
  }
  return null;
}
