/** What the name of a distribution file says. */
import { valid } from '@renovatebot/pep440';
import { normaliseName } from '../locks/package-name.ts';

const SDIST = /\.(?:tar\.gz|zip|tar\.bz2|tgz|tar\.xz)$/iu;

/**
 * The version in the name of a wheel ("Binary distribution format") or sdist (PEP 625 and what came before it).
 * @param project normalised name; an old sdist's name may hold dashes itself.
 * @returns null for other files and for what is no version (PEP 440).
 */
export function versionOfFile(filename: string, project: string): string | null {
  if (filename.length > 500) return null;
  if (filename.toLowerCase().endsWith('.whl')) {
    const [name = '', version = ''] = filename.split('-');
    return normaliseName(name) === project && valid(version) !== null ? version : null;
  }
  if (!SDIST.test(filename)) return null;
  const stem = filename.replace(SDIST, '');
  for (let dash = stem.indexOf('-'); dash > 0; dash = stem.indexOf('-', dash + 1)) {
    const version = stem.slice(dash + 1);
    if (normaliseName(stem.slice(0, dash)) === project && valid(version) !== null) return version;
  }
  return null;
}
