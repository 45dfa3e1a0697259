/** What `uv lock` reads of a project: pyproject.toml, the workspace's members, uv.toml. Pure. */
import { globMatcher } from '../../config/glob.ts';
import type { Reason, Tree } from '../../model.ts';
import { LockSyntaxError } from '../ecosystem.ts';
import { normaliseName } from '../package-name.ts';
import { isTable, itemsOf, placeOf, readToml, tableAt, textAt, valueAt } from '../toml.ts';
import type { Table } from '../toml.ts';
import { isPublicIndex } from '../public-index.ts';
import { lineOf } from '../python-versions.ts';
import { folderOf, readText, reason, resolveInside } from '../tree.ts';

/** A setting, and where it stands. */
export interface Placed {
  readonly value: string;
  /** `pyproject.toml:12`. */
  readonly place: string;
}

export interface UvProject {
  /** The root's pyproject.toml first, then the members', sorted. */
  readonly manifests: readonly string[];
  /** Normalised names of the projects in them. */
  readonly names: readonly string[];
  /** `members` of the workspace, as written. */
  readonly memberGlobs: readonly string[];
  /** uv.toml beside it: then `[tool.uv]` of pyproject.toml says nothing of what uv.toml could say. */
  readonly settingsFile: string | null;
  /** `requires-python` of all members. */
  readonly requiresPython: readonly Placed[];
  readonly requiredVersion: Placed | null;
  /** The repository names the index that stands for the public one. */
  readonly ownDefaultIndex: boolean;
}

/** Threat: a tree of 50,000 pyproject.toml under `members = ["**"]`. */
const MOST_MEMBERS = 2000;

/**
 * Reads the project whose lock lies in `folder`.
 * @returns a reason when it cannot be locked at all.
 */
export function readUvProject(tree: Tree, folder: string): UvProject | Reason {
  const path = inFolder(folder, 'pyproject.toml');
  const root = readManifest(tree, path);
  if ('code' in root) return root;
  const members = membersOf(tree, folder, root.table);
  const tables: { readonly path: string; readonly text: string; readonly table: Table }[] = [
    { path, ...root },
  ];
  for (const member of members) {
    const read = readManifest(tree, member);
    if ('code' in read) return read;
    tables.push({ path: member, ...read });
  }
  const missing = missingMember(tables, folder);
  if (missing !== null) return missing;
  const settings = settingsOf(tree, folder, { path, ...root });
  if ('code' in settings) return settings;
  const { table, text } = settings;
  const required = textAt(table, 'required-version');
  return {
    manifests: [path, ...members],
    names: namesOf(tables),
    memberGlobs: itemsOf(valueAt(tableAt(root.table, 'tool', 'uv', 'workspace'), 'members')).filter(
      (glob) => typeof glob === 'string',
    ),
    settingsFile: settings.path === path ? null : settings.path,
    requiresPython: tables.flatMap((one) => {
      const range = textAt(tableAt(one.table, 'project'), 'requires-python');
      return range === null ? [] : [{ value: range, place: placeOf(one.path, one.text, 'requires-python') }];
    }),
    requiredVersion:
      required === null ? null : { value: required, place: placeOf(settings.path, text, 'required-version') },
    ownDefaultIndex: namesDefaultIndex(table),
  };
}

function readManifest(tree: Tree, path: string): { readonly text: string; readonly table: Table } | Reason {
  const text = readText(tree, path);
  if (text === null) return missingManifest(tree, path);
  try {
    return { text, table: readToml(path, text) };
  } catch (error) {
    if (!(error instanceof LockSyntaxError)) throw error;
    if (path.includes('{{')) {
      return reason('unsupported-kind', `${path} is a template, from which other repositories are made.`);
    }
    return reason('manifest-unreadable', error.message, `Repair ${path}.`);
  }
}

function missingManifest(tree: Tree, path: string): Reason {
  const file = tree.files.get(path);
  switch (file?.kind) {
    case 'symlink':
      return reason('symlink', `${path} is a symbolic link. Relock follows none.`, 'Commit the file itself.');
    case 'too-large':
      return reason('too-large', `${path} has ${file.bytes} bytes.`);
    case 'not-utf8':
      return reason('not-utf8', `${path} is not UTF-8 text.`, 'Save the file as UTF-8.');
    case 'text':
    case undefined:
      return reason(
        'manifest-missing',
        `There is no ${path}, from which uv would make the lock.`,
        'Remove the lock if nothing uses it any more.',
      );
    default:
      return file satisfies never;
  }
}

/** pyproject.toml of every member but the root (uv's documentation, "Workspaces"). */
function membersOf(tree: Tree, folder: string, root: Table): readonly string[] {
  const workspace = tableAt(root, 'tool', 'uv', 'workspace');
  const members = matchersOf(folder, valueAt(workspace, 'members'));
  const excluded = matchersOf(folder, valueAt(workspace, 'exclude'));
  if (members.length === 0) return [];
  return [...tree.files.keys()]
    .filter((path) => path.endsWith('/pyproject.toml') && folderOf(path) !== folder)
    .filter((path) => {
      const at = folderOf(path);
      return members.some((matches) => matches(at)) && !excluded.some((matches) => matches(at));
    })
    .sort()
    .slice(0, MOST_MEMBERS);
}

function matchersOf(folder: string, globs: unknown): readonly ((path: string) => boolean)[] {
  return itemsOf(globs).flatMap((glob) => {
    const inside = typeof glob === 'string' ? resolveInside(folder, glob) : null;
    return inside === null ? [] : [globMatcher(inside)];
  });
}

interface Manifest {
  readonly path: string;
  readonly text: string;
  readonly table: Table;
}

function namesOf(manifests: readonly Manifest[]): readonly string[] {
  return manifests.flatMap(({ table }) => {
    const name = textAt(tableAt(table, 'project'), 'name');
    return name === null ? [] : [normaliseName(name)];
  });
}

/** `name = { workspace = true }` for which there is no member of that name: uv stops there. */
function missingMember(manifests: readonly Manifest[], folder: string): Reason | null {
  const names = new Set(namesOf(manifests));
  for (const { path, text, table } of manifests) {
    for (const [name, said] of Object.entries(tableAt(table, 'tool', 'uv', 'sources'))) {
      const wanted = (Array.isArray(said) ? said : [said]).some(
        (source: unknown) => isTable(source) && valueAt(source, 'workspace') === true,
      );
      if (!wanted || names.has(normaliseName(name))) continue;
      const globs = itemsOf(valueAt(tableAt(manifests[0]?.table, 'tool', 'uv', 'workspace'), 'members'));
      const shown = globs
        .filter((glob) => typeof glob === 'string')
        .map((glob) => `\`${glob.slice(0, 60)}\``);
      return reason(
        'missing-workspace-members',
        `${path}${lineOf(text, name)} takes ${name} from the workspace, but no member of that name is in the repository (members of ${inFolder(folder, 'pyproject.toml')}: ${shown.slice(0, 8).join(', ') || 'none'}).`,
        'Check the member out (a submodule, perhaps), or correct `members` under [tool.uv.workspace].',
      );
    }
  }
  return null;
}

/** The table of settings that counts: uv.toml beside pyproject.toml wins as a whole. */
function settingsOf(tree: Tree, folder: string, root: Manifest): Manifest | Reason {
  const path = inFolder(folder, 'uv.toml');
  if (!tree.files.has(path)) return { ...root, table: tableAt(root.table, 'tool', 'uv') };
  const read = readManifest(tree, path);
  return 'code' in read ? read : { path, ...read };
}

function namesDefaultIndex(settings: Table): boolean {
  const url = textAt(settings, 'index-url');
  if (url !== null && !isPublicIndex(url)) return true;
  return itemsOf(valueAt(settings, 'index')).some(
    (index) =>
      isTable(index) && valueAt(index, 'default') === true && !isPublicIndex(textAt(index, 'url') ?? ''),
  );
}

/**
 * The workspace root above that has `folder` as a member; null when it stands alone. uv locks there, not here.
 */
export function workspaceAbove(tree: Tree, folder: string): string | null {
  const own = `${folder}/pyproject.toml`;
  for (let at = folder; at !== '.';) {
    at = folderOf(at);
    const text = readText(tree, inFolder(at, 'pyproject.toml'));
    if (text === null || !text.includes('workspace')) continue;
    const read = readManifest(tree, inFolder(at, 'pyproject.toml'));
    if (!('code' in read) && membersOf(tree, at, read.table).includes(own)) return at;
  }
  return null;
}

/** A file of a folder, as a repository path. */
export function inFolder(folder: string, name: string): string {
  return folder === '.' ? name : `${folder}/${name}`;
}
