/** Which files of an image tell what apt in it would do. Pure. */

/** Content by path in the image, without a leading slash; a link that was not followed is absent. */
export type AptFiles = ReadonlyMap<string, Buffer>;

const KIB = 1024;
const TEXT = { limit: 256 * KIB };
/** The whole archive keyring of Debian has 60 KB. */
const KEYS = { limit: 1024 * KIB };

/**
 * @param path without a leading slash.
 * @returns the bytes that are read of it at most (longer ones are left out); null: nothing to do with apt.
 */
export function aptFileWanted(path: string): { readonly limit: number } | null {
  if (path === 'etc/machine-id' || path === 'var/lib/dpkg/arch') return { limit: 4 * KIB };
  if (/^usr\/share\/keyrings\/[^/]+\.(?:gpg|asc|pgp)$/u.test(path)) return KEYS;
  if (!path.startsWith('etc/apt/')) return null;
  const inside = path.slice('etc/apt/'.length);
  if (inside === 'trusted.gpg' || /^(?:trusted\.gpg\.d|keyrings)\/[^/]+\.(?:gpg|asc|pgp)$/u.test(inside))
    return KEYS;
  if (inside === 'sources.list' || inside === 'preferences' || inside === 'apt.conf') return TEXT;
  if (/^(?:sources\.list\.d|preferences\.d|apt\.conf\.d)\/[^/]+$/u.test(inside)) return TEXT;
  // `signed-by` may name any file; keys are often put here.
  return /\.(?:gpg|asc|pgp)$/u.test(inside) ? KEYS : null;
}

/** The files of a folder that apt would read, sorted as it reads them (by bytes). */
export function partsOf(
  files: AptFiles,
  folder: string,
  isPart: (name: string) => boolean,
): readonly string[] {
  return [...files.keys()]
    .filter((path) => {
      if (!path.startsWith(`${folder}/`)) return false;
      const name = path.slice(folder.length + 1);
      // apt passes over names with other characters (GetListOfFilesInDir).
      return /^[A-Za-z0-9_.-]+$/u.test(name) && !name.startsWith('.') && isPart(name);
    })
    .sort();
}

export function aptText(files: AptFiles, path: string): string {
  return files.get(path)?.toString('utf8') ?? '';
}
