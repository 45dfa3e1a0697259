/** What a Pipfile says: names, sources, Python, remotes, paths. Pure. */
import type { PythonChoice, Remote } from '../../model.ts';
import { normaliseName } from '../package-name.ts';
import type { PathDependency } from '../path-dependencies.ts';
import { isRemote, remoteUrl, withoutUser } from '../remote-url.ts';
import { isTable, itemsOf, lineOfText, placeOf, readToml, tableAt, textAt, valueAt } from '../toml.ts';
import type { Table } from '../toml.ts';
import { isPublicIndex } from '../public-index.ts';

/** One `[[source]]`. */
export interface PipfileSource {
  readonly name: string;
  /** Without user and password. */
  readonly url: string;
  /** What of its URL it takes from environment variables. */
  readonly variables: 'none' | 'credentials' | 'address';
  readonly isPublic: boolean;
}

export interface Pipfile {
  /** The whole file, as read. */
  readonly root: Table;
  /** Normalised names that the Pipfile itself wants. */
  readonly direct: ReadonlySet<string>;
  readonly sources: readonly PipfileSource[];
  /** `[requires]`, or null. */
  readonly python: PythonChoice | null;
  /** A pin of Pipenv itself among the packages, with its place, or null. */
  readonly pipenv: { readonly version: string; readonly namedIn: string } | null;
  readonly remotes: readonly Remote[];
  readonly paths: readonly PathDependency[];
  /** The name of the pylock.toml that Pipenv writes beside its own lock, when `[pipenv]` asks for one. */
  readonly pylock: string | null;
}

/** Tables of a Pipfile that hold no packages; every other one is a category. */
const NO_PACKAGES = new Set(['source', 'requires', 'scripts', 'pipenv', 'build-system']);

/**
 * Reads a Pipfile.
 * @param path its repository-relative path, for messages.
 * @throws {LockSyntaxError} when it is not TOML.
 */
export function readPipfile(path: string, text: string): Pipfile {
  const root = readToml(path, text);
  const entries = Object.entries(root)
    .filter(([section, table]) => !NO_PACKAGES.has(section) && isTable(table))
    .flatMap(([section]) => Object.entries(tableAt(root, section)));
  const sources = itemsOf(valueAt(root, 'source')).flatMap((item) => sourceOf(item));
  const pin = entries.find(([name]) => normaliseName(name) === 'pipenv')?.[1];
  const pinned = exactVersion(isTable(pin) ? textAt(pin, 'version') : pin);
  return {
    root,
    direct: new Set(entries.map(([name]) => normaliseName(name))),
    sources,
    python: pythonOf(path, text, tableAt(root, 'requires')),
    pipenv: pinned === null ? null : { version: pinned, namedIn: placeOf(path, text, pinned) },
    remotes: [
      ...sources.flatMap((source, index) => remoteOfSource(source, index, path, text)),
      ...entries.flatMap(([, value]) => remotesOf(value, path, text)),
    ],
    paths: entries.flatMap(([, value]) => pathsOf(value, path, text)),
    pylock: pylockOf(tableAt(root, 'pipenv')),
  };
}

function sourceOf(item: unknown): readonly PipfileSource[] {
  const url = isTable(item) ? textAt(item, 'url') : null;
  if (url === null || !isTable(item)) return [];
  return [
    {
      name: textAt(item, 'name') ?? url,
      url: withoutUser(url),
      variables: withoutUser(url).includes('$') ? 'address' : url.includes('$') ? 'credentials' : 'none',
      isPublic: isPublicIndex(url),
    },
  ];
}

function remoteOfSource(source: PipfileSource, index: number, path: string, text: string): readonly Remote[] {
  if (source.isPublic || source.url.includes('$')) return [];
  const purpose = index === 0 ? 'index' : 'extra-index';
  const shown = source.url.replace(/^https?:\/\//u, '');
  return [{ url: source.url, purpose, namedIn: placeOf(path, text, shown) }];
}

function pylockOf(settings: Table): string | null {
  if (valueAt(settings, 'use_pylock') !== true) return null;
  const name = textAt(settings, 'pylock_name');
  if (name === null || name === '') return 'pylock.toml';
  return /^[\w-]{1,100}$/u.test(name) ? `pylock.${name}.toml` : null;
}

function exactVersion(value: unknown): string | null {
  return typeof value === 'string'
    ? (/^={2,3}\s*(\d+(?:\.\d+){1,3})$/u.exec(value.trim())?.[1] ?? null)
    : null;
}

function pythonOf(path: string, text: string, requires: Table): PythonChoice | null {
  for (const key of ['python_full_version', 'python_version']) {
    const said = textAt(requires, key);
    const version =
      said === null ? undefined : /^3\.\d{1,2}(?:\.\d{1,2})?$|^2\.7(?:\.\d{1,2})?$/u.exec(said.trim())?.[0];
    if (version === undefined) continue;
    const line = lineOfText(text, key);
    return { version, from: `${path}${line === null ? '' : `:${line}`} [requires] ${key} = "${version}"` };
  }
  return null;
}

function remotesOf(value: unknown, path: string, text: string): readonly Remote[] {
  if (!isTable(value)) return [];
  for (const vcs of ['git', 'hg', 'svn', 'bzr']) {
    const url = textAt(value, vcs);
    if (url === null) continue;
    const plain = url.replace(/^git\+/u, '');
    return isRemote(plain)
      ? [{ url: remoteUrl(plain), purpose: 'git', namedIn: placeOf(path, text, url) }]
      : [];
  }
  const url = textAt(value, 'file') ?? textAt(value, 'url');
  return url !== null && /^https?:\/\//u.test(url)
    ? [{ url: remoteUrl(url), purpose: 'url', namedIn: placeOf(path, text, url) }]
    : [];
}

function pathsOf(value: unknown, path: string, text: string): readonly PathDependency[] {
  if (!isTable(value)) return [];
  const written = textAt(value, 'path') ?? textAt(value, 'file');
  if (written === null || /^[a-z+]+:/iu.test(written)) return [];
  return [{ path: written, namedIn: placeOf(path, text, written) }];
}
