/** From the wanted files of an image to what they say: packages, release, interpreters. Pure. */
import { parseApk } from './apk.ts';
import type { ImageInterpreter, ImagePackage, ImageSystem } from './content.ts';
import { compareText, sortPackages } from './content.ts';
import { parseDpkg } from './dpkg.ts';
import type { ImageFiles, LayerEntry } from './layer-stack.ts';
import { parseOsRelease } from './os-release.ts';
import type { ParsedPackages } from './package-words.ts';
import {
  isPythonMetadata,
  parsePythonDist,
  parsePythonHeader,
  pythonOfEnvironment,
  pythonsOfPackages,
  isPythonHeader,
} from './python-dist.ts';
import { RPM_FILES, parseRpm } from './rpm.ts';
import {
  APK_FILES,
  DPKG_STATUS,
  LOG_SUFFIX,
  OS_RELEASE,
  OS_RELEASE_USR,
  RPM_FOLDERS,
  isStatusFile,
} from './wanted-files.ts';

export interface FilesRead {
  readonly os: ImageSystem | null;
  readonly packages: readonly ImagePackage[];
  readonly pythons: readonly ImageInterpreter[];
  /** Why a package database could not be read, or null. */
  readonly unread: string | null;
  readonly notes: readonly string[];
}

/** @param env of the image's configuration. */
export function readFiles(files: ImageFiles, env: readonly string[]): FilesRead {
  const notes: string[] = [];
  const problems: string[] = [];
  const packages: ImagePackage[] = [];
  const take = (parsed: ParsedPackages<ImagePackage>, path: string): void => {
    for (const each of parsed.packages) packages.push(each);
    if (parsed.odd > 0) {
      notes.push(`${parsed.odd} entries of ${path} have no usable name or version and are left out.`);
    }
  };
  const text = (path: string, parse: (content: string, location: string) => ParsedPackages<ImagePackage>) => {
    const entry = files.get(path);
    if (entry === undefined || entry.type === 'folder') return;
    // All that is looked at is ASCII; this keeps a database of tens of megabytes at one byte a character.
    if (entry.bytes !== null) take(parse(entry.bytes.toString('latin1'), path), path);
    else problems.push(`${path} is a link, or stored in a way that is not read`);
  };
  text(DPKG_STATUS, parseDpkg);
  if (!files.has(DPKG_STATUS)) for (const path of statusFiles(files)) text(path, parseDpkg);
  for (const path of APK_FILES) text(path, parseApk);
  for (const folder of RPM_FOLDERS) {
    const read = readRpm(files, folder);
    if (typeof read === 'string') problems.push(read);
    else for (const each of read) packages.push(each);
  }
  const system = [...packages];
  const pythons: ImageInterpreter[] = [...pythonsOfPackages(system)];
  for (const [path, entry] of files) readPython(path, entry, packages, pythons);
  return {
    os: releaseOf(files),
    packages: sortPackages(packages),
    pythons: withEnvironment(pythons, env),
    unread: problems.length === 0 ? null : `${problems.join('; ')}.`,
    notes,
  };
}

function statusFiles(files: ImageFiles): readonly string[] {
  return [...files.keys()].filter(isStatusFile).sort(compareText);
}

/** @returns the packages, or why they could not be read. */
function readRpm(files: ImageFiles, folder: string): readonly ImagePackage[] | string {
  for (const { name, format } of RPM_FILES) {
    const path = `${folder}${name}`;
    const entry = files.get(path);
    if (entry === undefined || entry.type === 'folder') continue;
    if (entry.bytes === null) return `${path} is a link, or stored in a way that is not read`;
    if (entry.bytes.length === 0) continue;
    const log = files.get(`${path}${LOG_SUFFIX}`)?.bytes ?? null;
    const read = parseRpm(format, entry.bytes, log, path);
    return read.kind === 'read' ? read.packages : `${path} could not be read: ${read.why}`;
  }
  return [];
}

function readPython(
  path: string,
  entry: LayerEntry,
  packages: ImagePackage[],
  pythons: ImageInterpreter[],
): void {
  if (entry.type === 'folder') return;
  const content = entry.bytes?.toString('utf8') ?? null;
  if (isPythonMetadata(path)) {
    const one = parsePythonDist(path, content);
    if (one !== null) packages.push(one);
  } else if (isPythonHeader(path) && content !== null) {
    const one = parsePythonHeader(path, content);
    if (one !== null) pythons.push(one);
  }
}

function releaseOf(files: ImageFiles): ImageSystem | null {
  for (const path of [OS_RELEASE, OS_RELEASE_USR]) {
    const bytes = files.get(path)?.bytes;
    const release = bytes === null || bytes === undefined ? null : parseOsRelease(bytes.toString('utf8'));
    if (release !== null) return release;
  }
  return null;
}

/** The environment only counts where no file says the same version. */
function withEnvironment(
  pythons: readonly ImageInterpreter[],
  env: readonly string[],
): readonly ImageInterpreter[] {
  const named = pythonOfEnvironment(env);
  const known = named === null || pythons.some((each) => each.version === named.version);
  return [...pythons, ...(known ? [] : [named])].sort(
    (a, b) => compareText(a.location, b.location) || compareText(a.version, b.version),
  );
}
