/** Names of files on a Python package index (PEP 427, PEP 625). Pure. */
import { valid } from '@renovatebot/pep440';

/** The version that a wheel's or source distribution's address tells; null when it tells none. */
export function pipFileVersion(url: string): string | null {
  const path = url.slice(0, 2000).split(/[?#]/u, 1)[0] ?? '';
  const file = path.slice(path.lastIndexOf('/') + 1);
  const stem = /^(.+)\.(?:whl|tar\.gz|zip|tar\.bz2)$/u.exec(file)?.[1];
  if (stem === undefined) return null;
  const words = stem.split('-');
  const version = file.endsWith('.whl') ? words[1] : words.at(-1);
  return words.length < 2 || version === undefined || valid(version) === null ? null : version;
}
