/** Which keys apt in an image would take for a source. Pure. */
import { partsOf, type AptFiles } from './apt-files.ts';

export interface TrustedKeys {
  /** Keyrings, in files or written into the source itself. */
  readonly rings: readonly Buffer[];
  /** Only keys with one of these fingerprints count; empty: all of the rings. */
  readonly fingerprints: readonly string[];
  /** Named, but not in the image (or a link that was not followed). */
  readonly missing: readonly string[];
}

const KEY_FILE = /\.(?:gpg|asc|pgp)$/u;

/** @param signedBy as the source says: paths, fingerprints, or a key itself; empty: all that the image trusts. */
export function trustedKeys(files: AptFiles, signedBy: readonly string[]): TrustedKeys {
  const rings: Buffer[] = [];
  const fingerprints: string[] = [];
  const missing: string[] = [];
  for (const each of signedBy) {
    if (each.includes('-----BEGIN PGP')) rings.push(Buffer.from(each));
    else if (each.startsWith('/')) {
      const ring = findRing(files, each.replace(/^\/+/u, ''));
      if (ring === null) missing.push(each);
      else rings.push(ring);
    } else if (/^(?:[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64})!?$/u.test(each)) fingerprints.push(each);
    else missing.push(each);
  }
  if (signedBy.length > 0 && (rings.length > 0 || fingerprints.length === 0)) {
    return { rings, fingerprints, missing };
  }
  return { rings: generalRings(files), fingerprints, missing };
}

/** Debian moves its keyrings from `.gpg` to `.pgp`, with a link at the old name. */
function findRing(files: AptFiles, path: string): Buffer | null {
  const stem = path.replace(KEY_FILE, '');
  const names = [path, ...['.gpg', '.pgp', '.asc'].map((end) => `${stem}${end}`)];
  for (const name of names) {
    const found = files.get(name);
    if (found !== undefined) return found;
  }
  return null;
}

/** What is trusted for all sources; where the image has none of it, the keyrings that its distribution brought. */
function generalRings(files: AptFiles): readonly Buffer[] {
  const paths = [
    ...(files.has('etc/apt/trusted.gpg') ? ['etc/apt/trusted.gpg'] : []),
    ...partsOf(files, 'etc/apt/trusted.gpg.d', (name) => KEY_FILE.test(name)),
  ];
  const all =
    paths.length > 0
      ? paths
      : partsOf(files, 'usr/share/keyrings', (name) => KEY_FILE.test(name) && !/removed/u.test(name));
  return all.flatMap((path) => files.get(path) ?? []);
}
