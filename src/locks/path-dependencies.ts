/** Dependencies that a manifest takes from the repository itself. Pure. */
import { posix } from 'node:path';
import type { Reason, Tree } from '../model.ts';
import { folderOf, reason, resolveInside } from './tree.ts';

export interface PathDependency {
  /** As written, relative to the manifest's folder. */
  readonly path: string;
  /** `pyproject.toml:12` */
  readonly namedIn: string;
}

/** A locker needs every one of them in the checkout, and none outside the repository; null when all are there. */
export function whyPathsFail(tree: Tree, manifest: string, paths: readonly PathDependency[]): Reason | null {
  for (const { path, namedIn } of paths) {
    const inside = placeInside(tree, manifest, path);
    if (inside === null) {
      return reason(
        'path-outside-repository',
        `${namedIn} wants \`${path.slice(0, 200)}\`, which is outside the repository.`,
        'Relock sees the repository only: take the dependency from an index or from git.',
      );
    }
    if (!existing(tree).has(inside)) {
      return reason(
        'missing-workspace-members',
        `${namedIn} wants \`${path.slice(0, 200)}\`, which is not in the checkout.`,
        'Check out submodules, or commit what is missing.',
      );
    }
  }
  return null;
}

/** The files that say what path dependencies need in turn, as far as they are there, sorted. */
export function projectFiles(
  tree: Tree,
  manifest: string,
  paths: readonly PathDependency[],
): readonly string[] {
  const files = new Set<string>();
  for (const { path } of paths) {
    const inside = placeInside(tree, manifest, path);
    for (const name of ['pyproject.toml', 'setup.py', 'setup.cfg']) {
      const file = inside === null ? null : resolveInside(inside, name);
      if (file !== null && file !== manifest && tree.files.has(file)) files.add(file);
    }
  }
  return [...files].sort();
}

/** A path as a lock tells it, always written the same way: tools differ in `./lib` and `lib`. An address stays as it is. */
export function plainPath(written: string): string {
  if (/^[a-z][a-z+]*:/iu.test(written)) return written;
  return posix.normalize(written).replace(/(?<=.)\/$/u, '');
}

/** Where a path leads within the repository, without the extras that Pipenv allows behind it; null when outside. */
function placeInside(tree: Tree, manifest: string, path: string): string | null {
  const inside = resolveInside(folderOf(manifest), path);
  if (inside === null || existing(tree).has(inside)) return inside;
  const bare = /^([^[]+)\[[^\]]*\]$/u.exec(path)?.[1];
  return bare === undefined ? inside : resolveInside(folderOf(manifest), bare);
}

/** Files and folders of a tree, listed once. Threat: a manifest of a megabyte that names a path in every line. */
const listed = new WeakMap<Tree, ReadonlySet<string>>();

function existing(tree: Tree): ReadonlySet<string> {
  const known = listed.get(tree);
  if (known !== undefined) return known;
  const all = new Set<string>(['.']);
  for (const path of tree.paths) {
    for (let at = path; at !== '.' && !all.has(at); at = folderOf(at)) all.add(at);
  }
  listed.set(tree, all);
  return all;
}
