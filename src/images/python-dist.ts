/** Installed Python distributions and interpreters, by their files. Pure. */
import { normaliseName } from '../locks/package-name.ts';
import type { ImageInterpreter, ImagePackage } from './content.ts';
import { isWord, linesOf } from './package-words.ts';

/**
 * Copies that no interpreter imports as installed packages: what setuptools carries inside itself, and what the caches of
 * uv and conda keep.
 */
const NOT_INSTALLED = /(?:^|\/)(?:_vendor|archive-v\d+|pkgs)\//u;

const METADATA = /^(?:(.*)\/)?([^/]+)\.(dist-info|egg-info)(?:\/(?:METADATA|PKG-INFO))?$/u;

/** Whether a path is that of a distribution's metadata (PEP 376; `*.egg-info` as a folder, or a file of distutils). */
export function isPythonMetadata(path: string): boolean {
  return (
    path.endsWith('.dist-info/METADATA') || path.endsWith('.egg-info/PKG-INFO') || path.endsWith('.egg-info')
  );
}

/**
 * @param path of the metadata file, without a leading slash.
 * @param text the beginning of it; null: it could not be read (a link), so that the folder's name must do.
 * @returns null for a vendored or cached copy, and when there is no usable name and version.
 */
export function parsePythonDist(path: string, text: string | null): ImagePackage | null {
  const match = METADATA.exec(path);
  if (match === null || NOT_INSTALLED.test(path)) return null;
  const [, location = '', folder = ''] = match;
  const [folderName = '', folderVersion = ''] = folder.split('-');
  const fields = text === null ? new Map<string, string>() : headersOf(text);
  const name = fields.get('name') ?? folderName;
  const version = fields.get('version') ?? folderVersion;
  if (!isWord(name) || !isWord(version)) return null;
  return {
    kind: 'python',
    name: normaliseName(name),
    version,
    arch: '',
    source: normaliseName(name),
    sourceVersion: version,
    location: location === '' ? '.' : location,
  };
}

/** `Name` and `Version` of core metadata, which stand above the first empty line. */
function headersOf(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  for (const line of linesOf(text)) {
    if (line === '') break;
    const colon = line.indexOf(':');
    const field = line.slice(0, colon).toLowerCase();
    if ((field === 'name' || field === 'version') && !fields.has(field)) {
      fields.set(field, line.slice(colon + 1).trim());
    }
  }
  return fields;
}

const PATCHLEVEL = /(?:^|\/)include\/python3\.\d{1,2}t?\/patchlevel\.h$/u;

/** CPython's own header says its whole version: official images, uv's and conda's interpreters have it. */
export function isPythonHeader(path: string): boolean {
  return path.endsWith('/patchlevel.h') && PATCHLEVEL.test(path);
}

/** @param text the beginning of `patchlevel.h`. */
export function parsePythonHeader(path: string, text: string): ImageInterpreter | null {
  if (NOT_INSTALLED.test(path)) return null;
  const version = /^#define\s+PY_VERSION\s+"(3\.\d{1,2}\.\d{1,3}[a-z0-9.+]{0,16})"/mu.exec(text)?.[1];
  const location = path.replace(/\/?include\/[^/]+\/patchlevel\.h$/u, '');
  return version === undefined ? null : { version, location: location === '' ? '.' : location };
}

/** The interpreter that the environment of an official image names, or null. */
export function pythonOfEnvironment(env: readonly string[]): ImageInterpreter | null {
  for (const line of env.toReversed()) {
    const version = /^PYTHON_VERSION=(3\.\d{1,2}\.\d{1,3}[a-z0-9]{0,8})$/u.exec(line)?.[1];
    if (version !== undefined) return { version, location: 'PYTHON_VERSION' };
  }
  return null;
}

/** `python3.11-minimal`, Alpine's `python3`, Red Hat's `python3`, `python3.12`, `python39`. */
const SYSTEM_PYTHON = /^(?:python3\.\d{1,2}-minimal|python3(?:\.?\d{1,2})?)$/u;

/** The interpreters among a distribution's packages. */
export function pythonsOfPackages(packages: readonly ImagePackage[]): readonly ImageInterpreter[] {
  return packages.flatMap((one) => {
    const named = one.kind === 'deb' ? one.name.endsWith('-minimal') : one.kind !== 'python';
    if (!named || !SYSTEM_PYTHON.test(one.name)) return [];
    // Without epoch and revision; a package that only depends on the interpreter has the same number.
    const version = /^(?:\d+:)?(3\.\d{1,2}\.\d{1,3}(?:~?(?:a|b|rc)\d+)?)/u.exec(one.version)?.[1];
    return version === undefined ? [] : [{ version: version.replace('~', ''), location: one.name }];
  });
}
