/** Where the offline database keeps what, and by which names. */
import { createHash } from 'node:crypto';
import { join, resolve } from 'node:path';
import { normaliseName } from '../locks/package-name.ts';

/** osv-scanner's own folder in a database folder. */
export const SCANNER_FOLDER = 'osv-scalibr';

/** The zip's name in its ecosystem's folder. */
const ZIP_NAME = 'all.zip';

/** `Debian` of `Debian:12`: databases are for whole ecosystems. */
export function rootOf(ecosystem: string): string {
  const colon = ecosystem.indexOf(':');
  return colon < 0 ? ecosystem : ecosystem.slice(0, colon);
}

/** Whether it can be a folder's name: OSV's ecosystems are words, some with spaces and dots (`Red Hat`, `crates.io`). */
export function isEcosystem(root: string): boolean {
  return /^[A-Za-z][A-Za-z0-9 .+_-]{0,63}$/u.test(root) && !root.endsWith('.') && !root.endsWith(' ');
}

/**
 * Where an ecosystem's zip may be, best first: OSV's own layout, then osv-scanner's.
 * @param root without release. @returns none for what can be no ecosystem.
 */
export function zipPlaces(folder: string, root: string): readonly string[] {
  if (!isEcosystem(root)) return [];
  return [join(folder, root, ZIP_NAME), join(folder, SCANNER_FOLDER, root, ZIP_NAME)];
}

/** Where its index may be kept, best first: beside the zip; in the cache, where the zip's folder cannot be written. */
export function indexPlaces(zip: string, cacheFolder: string | null): readonly string[] {
  const beside = `${zip}.relock-index`;
  if (cacheFolder === null) return [beside];
  const digest = createHash('sha256').update(resolve(zip)).digest('hex');
  return [beside, join(cacheFolder, 'osv', 'index', digest.slice(0, 40))];
}

/** Where `db update` notes what it got. */
export function notePlace(zip: string): string {
  return `${zip}.relock-update.json`;
}

/** As packages are told apart: by PEP 503 for Python, by the letter elsewhere. */
export function packageName(root: string, name: string): string {
  return root === 'PyPI' ? normaliseName(name) : name;
}
