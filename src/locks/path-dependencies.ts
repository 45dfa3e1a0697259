/** Dependencies that a manifest takes from the repository itself. Pure. */
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
    const inside = resolveInside(folderOf(manifest), path);
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
    const inside = resolveInside(folderOf(manifest), path);
    for (const name of ['pyproject.toml', 'setup.py', 'setup.cfg']) {
      const file = inside === null ? null : resolveInside(inside, name);
      if (file !== null && file !== manifest && tree.files.has(file)) files.add(file);
    }
  }
  return [...files].sort();
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
