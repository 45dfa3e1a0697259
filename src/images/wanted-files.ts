/** Which files of a layer are looked at, and how much of them is kept. Pure. */
import { aptFileWanted } from '../distro/apt-files.ts';
import { systemFileWanted } from '../distro/repo-files.ts';
import type { ImageWant } from './content.ts';
import { isPythonHeader, isPythonMetadata } from './python-dist.ts';
import { RPM_FILES } from './rpm.ts';

export interface WantedFile {
  /** Bytes that are kept at most. */
  readonly limit: number;
  /** Longer files: only their beginning is kept; else they are refused. */
  readonly beginning: boolean;
  /** A longer one is as good as absent. */
  readonly leaveOut?: true;
}

const MIB = 1024 * 1024;
const TEXT_DATABASE: WantedFile = { limit: 32 * MIB, beginning: false };
const RPM_DATABASE: WantedFile = { limit: 96 * MIB, beginning: false };
const SMALL: WantedFile = { limit: 64 * 1024, beginning: false };
/** Name and version stand in the first lines of core metadata, and of `patchlevel.h`. */
const METADATA: WantedFile = { limit: 4 * 1024, beginning: true };

export const DPKG_STATUS = 'var/lib/dpkg/status';
/** One file a package: images that are put together without dpkg (distroless). */
const DPKG_FOLDER = 'var/lib/dpkg/status.d/';
export const APK_FILES = ['lib/apk/db/installed', 'usr/lib/apk/db/installed'] as const;
export const RPM_FOLDERS = ['usr/lib/sysimage/rpm/', 'var/lib/rpm/'] as const;
export const OS_RELEASE = 'etc/os-release';
export const OS_RELEASE_USR = 'usr/lib/os-release';
/** What SQLite's write-ahead log adds to the database's name. */
export const LOG_SUFFIX = '-wal';

const SYSTEM: ReadonlyMap<string, WantedFile> = new Map([
  [DPKG_STATUS, TEXT_DATABASE],
  ...APK_FILES.map((path) => [path, TEXT_DATABASE] as const),
  ...RPM_FOLDERS.flatMap((folder) => [
    ...RPM_FILES.map(({ name }) => [`${folder}${name}`, RPM_DATABASE] as const),
    [`${folder}rpmdb.sqlite${LOG_SUFFIX}`, RPM_DATABASE] as const,
  ]),
]);

/** @param path without a leading slash. @returns null for a file that nobody looks at. */
export function wantedFile(path: string, want: ImageWant): WantedFile | null {
  if (want.system) {
    const known = SYSTEM.get(path);
    if (known !== undefined) return known;
    if (isStatusFile(path)) return TEXT_DATABASE;
  }
  if (want.release && (path === OS_RELEASE || path === OS_RELEASE_USR)) return SMALL;
  if (want.sources === true) {
    const found = sourceFile(path);
    if (found !== null) return { ...found, beginning: false, leaveOut: true };
  }
  if (want.python && (isPythonMetadata(path) || isPythonHeader(path))) return METADATA;
  return null;
}

/** A file that tells where the package manager of the image looks for packages, and whom it trusts. */
export function sourceFile(path: string): { readonly limit: number } | null {
  return aptFileWanted(path) ?? systemFileWanted(path);
}

/** `status.d` also holds the checksums of each package's files. */
export function isStatusFile(path: string): boolean {
  if (!path.startsWith(DPKG_FOLDER)) return false;
  const name = path.slice(DPKG_FOLDER.length);
  return name !== '' && !name.includes('/') && !name.endsWith('.md5sums');
}
