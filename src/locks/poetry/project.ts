/** What a pyproject.toml says to Poetry: names, groups, sources, remotes, paths. Pure. */
import type { Remote } from '../../model.ts';
import { normaliseName } from '../package-name.ts';
import { isPublicIndex } from '../public-index.ts';
import type { PathDependency } from '../path-dependencies.ts';
import { isRemote, remoteUrl, withoutUser } from '../remote-url.ts';
import { hasTable, isTable, itemsOf, placeOf, readToml, tableAt, textAt, valueAt } from '../toml.ts';
import type { Table } from '../toml.ts';

/** One `[[tool.poetry.source]]` with a URL; Poetry asks it as a simple index, even when the URL is the public one's. */
export interface PoetrySource {
  readonly name: string;
  readonly url: string;
  /** It stands in the place of the public index (`default = true`, `priority = "default"`). */
  readonly replacesPublic: boolean;
}

export interface PoetryProject {
  /** The whole manifest, as read. */
  readonly root: Table;
  /** `[tool.poetry]`, or poetry-core as the build backend. */
  readonly usesPoetry: boolean;
  /** `[project]` (PEP 621). */
  readonly hasProject: boolean;
  /** Normalised names of direct dependencies, and the groups that name them, sorted. */
  readonly direct: ReadonlyMap<string, readonly string[]>;
  /** What the project says of its Python, in Poetry's notation; each one counts. */
  readonly pythonRanges: readonly string[];
  readonly requiresPoetry: string | null;
  /** `[tool.poetry.group.…]`, which Poetry reads since 1.2. */
  readonly hasGroups: boolean;
  readonly sources: readonly PoetrySource[];
  readonly remotes: readonly Remote[];
  readonly paths: readonly PathDependency[];
}

/** A dependency as some table or array of the manifest has it. */
interface Entry {
  readonly name: string;
  readonly group: string;
  /** Text or table of Poetry's, or a PEP 508 requirement. */
  readonly value: unknown;
}

/**
 * Reads a pyproject.toml.
 * @param path its repository-relative path, for messages.
 * @throws {LockSyntaxError} when it is not TOML.
 */
export function readProject(path: string, text: string): PoetryProject {
  const root = readToml(path, text);
  const poetry = tableAt(root, 'tool', 'poetry');
  const project = tableAt(root, 'project');
  const entries = [...poetryEntries(poetry), ...projectEntries(root, project)];
  const python = tableAt(poetry, 'dependencies');
  const sources = sourcesOf(poetry);
  return {
    root,
    usesPoetry:
      hasTable(root, 'tool', 'poetry') ||
      (textAt(tableAt(root, 'build-system'), 'build-backend') ?? '').startsWith('poetry.'),
    hasProject: hasTable(root, 'project'),
    direct: groupsByName(entries),
    pythonRanges: [textAt(project, 'requires-python'), versionOf(valueAt(python, 'python'))].filter(
      (range) => range !== null,
    ),
    requiresPoetry: textAt(poetry, 'requires-poetry'),
    hasGroups: hasTable(poetry, 'group'),
    sources,
    remotes: [
      ...sources
        .filter(({ url }) => !isPublicIndex(url))
        .map(({ url, replacesPublic }): Remote => ({
          url,
          purpose: replacesPublic ? 'index' : 'extra-index',
          namedIn: placeOf(path, text, url.replace(/^https?:\/\//u, '')),
        })),
      ...entries.flatMap((entry) => remotesOf(entry, path, text)),
    ],
    paths: entries.flatMap((entry) => pathsOf(entry, path, text)),
  };
}

function poetryEntries(poetry: Table): readonly Entry[] {
  const entries: Entry[] = [];
  const add = (table: Table, group: string): void => {
    for (const [name, value] of Object.entries(table)) {
      if (name.toLowerCase() === 'python') continue;
      for (const one of Array.isArray(value) ? itemsOf(value) : [value]) {
        entries.push({ name: normaliseName(name), group, value: one });
      }
    }
  };
  add(tableAt(poetry, 'dependencies'), 'main');
  add(tableAt(poetry, 'dev-dependencies'), 'dev');
  const groups = tableAt(poetry, 'group');
  for (const group of Object.keys(groups)) add(tableAt(groups, group, 'dependencies'), group);
  return entries;
}

/** PEP 621 and PEP 735. */
function projectEntries(root: Table, project: Table): readonly Entry[] {
  const entries: Entry[] = [];
  const add = (requirements: unknown, group: string): void => {
    for (const requirement of itemsOf(requirements)) {
      if (typeof requirement !== 'string') continue;
      const name = /^\s*([A-Za-z0-9][A-Za-z0-9._-]*)/u.exec(requirement)?.[1];
      if (name !== undefined) entries.push({ name: normaliseName(name), group, value: requirement });
    }
  };
  add(valueAt(project, 'dependencies'), 'main');
  for (const requirements of Object.values(tableAt(project, 'optional-dependencies')))
    add(requirements, 'main');
  for (const [group, requirements] of Object.entries(tableAt(root, 'dependency-groups')))
    add(requirements, group);
  return entries;
}

function groupsByName(entries: readonly Entry[]): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, Set<string>>();
  for (const { name, group } of entries) {
    const known = groups.get(name);
    if (known === undefined) groups.set(name, new Set([group]));
    else known.add(group);
  }
  return new Map([...groups].map(([name, set]) => [name, [...set].sort()]));
}

function sourcesOf(poetry: Table): readonly PoetrySource[] {
  return itemsOf(valueAt(poetry, 'source')).flatMap((item) => {
    if (!isTable(item)) return [];
    const url = textAt(item, 'url');
    // The public index may be named to give it a priority; it then has no URL.
    if (url === null) return [];
    const replacesPublic = valueAt(item, 'default') === true || textAt(item, 'priority') === 'default';
    return [{ name: textAt(item, 'name') ?? url, url: withoutUser(url), replacesPublic }];
  });
}

function versionOf(value: unknown): string | null {
  if (typeof value === 'string') return value;
  return isTable(value) ? textAt(value, 'version') : null;
}

function remotesOf({ value }: Entry, path: string, text: string): readonly Remote[] {
  const named = isTable(value)
    ? namedByTable(value)
    : typeof value === 'string'
      ? namedByRequirement(value)
      : null;
  if (named === null) return [];
  return [{ url: remoteUrl(named.url), purpose: named.purpose, namedIn: placeOf(path, text, named.url) }];
}

interface Named {
  readonly url: string;
  readonly purpose: 'git' | 'url';
}

function namedByTable(table: Table): Named | null {
  const git = textAt(table, 'git');
  if (git !== null) return isRemote(git) ? { url: git, purpose: 'git' } : null;
  const url = textAt(table, 'url');
  return url !== null && isRemote(url) ? { url, purpose: 'url' } : null;
}

/** `name @ git+https://host/path@tag ; marker` (PEP 508). */
function namedByRequirement(requirement: string): Named | null {
  const at = requirement.indexOf('@');
  const target =
    at === -1
      ? ''
      : (requirement
          .slice(at + 1)
          .trim()
          .split(/\s/u)[0] ?? '');
  if (target.startsWith('git+')) {
    const url = target.slice('git+'.length).replace(/#.*$/u, '');
    const reference = url.lastIndexOf('@');
    return {
      url:
        reference > url.indexOf('://') + 3 && !url.slice(reference).includes('/')
          ? url.slice(0, reference)
          : url,
      purpose: 'git',
    };
  }
  return /^https?:\/\//u.test(target) ? { url: target, purpose: 'url' } : null;
}

function pathsOf({ value }: Entry, path: string, text: string): readonly PathDependency[] {
  const written = isTable(value) ? textAt(value, 'path') : null;
  return written === null ? [] : [{ path: written, namedIn: placeOf(path, text, written) }];
}
