/** Which files of an image tell what apk or dnf in it would do. Pure. */

/** Content by path in the image, without a leading slash; a link that was not followed is absent. */
export type RepoFiles = ReadonlyMap<string, Buffer>;

export interface RepoFileWanted {
  /** Bytes that are read of it at most; longer ones are left out. */
  readonly limit: number;
}

/** Where apk keeps what is installed. */
export const APK_DATABASES: readonly string[] = ['lib/apk/db/installed', 'usr/lib/apk/db/installed'];

const KIB = 1024;
const TEXT: RepoFileWanted = { limit: 256 * KIB };
/** A distribution's keys have some kilobytes each. */
const KEY: RepoFileWanted = { limit: 256 * KIB };
const DATABASE: RepoFileWanted = { limit: 32 * KIB * KIB };

const APK =
  /^(?:etc\/apk\/(?:arch|world|repositories|repositories\.d\/[^/]+\.list)|lib\/apk\/repositories\.d\/[^/]+\.list)$/u;
const APK_KEY = /^(?:etc|lib)\/apk\/keys\/[^/]+$/u;
const RPM =
  /^(?:etc\/(?:yum\.repos\.d|distro\.repos\.d)\/[^/]+\.repo|usr\/share\/dnf5\/repos\.d\/[^/]+\.repo|etc\/(?:dnf\/dnf|yum)\.conf|(?:etc\/(?:dnf|yum)|usr\/share\/dnf5)\/vars(?:\.d)?\/[^/]+|etc\/dnf\/modules\.d\/[^/]+\.module)$/u;
/** `gpgkey` may name any file; these are where distributions and vendors put them. */
const RPM_KEY = /^(?:etc\/pki\/rpm-gpg|usr\/share\/distribution-gpg-keys(?:\/[^/]+)?)\/[^/]+$/u;

/**
 * For Alpine and what is made like it (Wolfi, Chainguard), and for the RPM family.
 * @param path without a leading slash.
 * @returns null: nothing to do with apk or dnf.
 */
export function systemFileWanted(path: string): RepoFileWanted | null {
  if (APK_DATABASES.includes(path)) return DATABASE;
  if (APK.test(path) || RPM.test(path)) return TEXT;
  return APK_KEY.test(path) || RPM_KEY.test(path) ? KEY : null;
}

/** The text of a file; empty when the image has none. */
export function repoText(files: RepoFiles, path: string): string {
  return files.get(path)?.toString('utf8') ?? '';
}

/** Paths right inside a folder that end so, sorted by bytes. */
export function filesIn(files: RepoFiles, folder: string, end: string): readonly string[] {
  return [...files.keys()]
    .filter(
      (path) =>
        path.startsWith(`${folder}/`) && path.endsWith(end) && !path.slice(folder.length + 1).includes('/'),
    )
    .sort();
}

/** As it may stand in a message: without user name, password, and what is no printable ASCII. */
export function shownText(text: string): string {
  return text
    .slice(0, 300)
    .replaceAll(/\/\/[^/@\s]*@/gu, '//…@')
    .replaceAll(/[^\x21-\x7E…]/gu, '?')
    .slice(0, 120);
}

/**
 * The address of a repository as it is used: http or https, no slash at the end.
 * Threat: a user name and password of somebody else's image must not be shown, nor sent.
 * @returns null when it is something else.
 */
export function readRepoUrl(text: string): string | null {
  if (text.length > 1000) return null;
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return null;
  if (url.username !== '' || url.password !== '' || url.hash !== '') return null;
  return url.search === '' ? url.href.replace(/\/+$/u, '') : url.href;
}
