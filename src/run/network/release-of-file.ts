/** Which release a file of an index belongs to, as its name tells. Pure. */
import { clean } from '@renovatebot/pep440';

/** As nearly all versions are: numbers without zeros before them. */
const PLAIN_VERSION = /^(?:0|[1-9]\d{0,9})(?:\.(?:0|[1-9]\d{0,9})){0,9}$/u;
/** Numbers that JavaScript does not tell apart. */
const VAST_NUMBER = /\d{16}/u;
const MAX_VERSION = 200;
const MAX_FILENAME = 500;

const ARCHIVE = /\.(?:tar\.(?:gz|bz2|xz|Z|lzma)|tgz|tbz|zip|exe|msi)$/u;
/** What installers and archives of old (`bdist_wininst`, `bdist_msi`, `bdist_dumb`) have behind the version. */
const PLATFORM =
  /\.(?:win32|win-[a-z0-9]{1,20}|linux-\w{1,20}|macosx-[\d.]{1,20}-\w{1,20})(?:-py\d[\d.]{0,5})?$/u;

/**
 * The same text for all spellings of a version that are equal by PEP 440 (`v1.0` and `1`), and only for them; what is no
 * version is itself.
 */
export function releaseKey(version: string): string {
  return knownRelease(version) ?? version;
}

/** A run of these is one `-` (PEP 503). */
function isBetween(character: string): boolean {
  return character === '-' || character === '_' || character === '.';
}

/** null: no version. */
function knownRelease(version: string): string | null {
  if (PLAIN_VERSION.test(version)) return version.replace(/(?:\.0)+$/u, '');
  const cleaned = version.length > MAX_VERSION ? null : clean(version);
  if (cleaned === null) return null;
  if (VAST_NUMBER.test(version)) return version;
  // Zeros at the end of the release segment.
  const release = /^(?:\d+!)?\d+(?:\.\d+)*/u.exec(cleaned)?.[0] ?? '';
  return release.replace(/(?:\.0)+$/u, '') + cleaned.slice(release.length);
}

/**
 * The release that a file belongs to: a wheel, an sdist (PEP 625 and what came before it), an egg, or an installer of old.
 * @param project normalised name; an old sdist's name may hold dashes itself.
 * @returns as `releaseKey` writes it; null when the name does not tell.
 */
export function releaseOfFile(filename: string, project: string): string | null {
  const version = versionIn(filename, project);
  return version === null ? null : knownRelease(version);
}

/** The same for the many files of one page, which have few versions. */
export function releaseReader(project: string): (filename: string) => string | null {
  const known = new Map<string, string | null>();
  return (filename) => {
    const version = versionIn(filename, project);
    if (version === null) return null;
    const release = known.get(version);
    if (release !== undefined) return release;
    const read = knownRelease(version);
    known.set(version, read);
    return read;
  };
}

function versionIn(filename: string, project: string): string | null {
  if (filename.length > MAX_FILENAME) return null;
  if (filename.endsWith('.whl') || filename.endsWith('.egg')) {
    return filename.split('-', 2)[1]?.replaceAll('_', '-') ?? null;
  }
  return behindName(filename.replace(ARCHIVE, '').replace(PLATFORM, ''), project);
}

/** What follows the project's name, however that is spelled (PEP 503), and a dash. Looks at each character once. */
function behindName(stem: string, project: string): string | null {
  let matched = 0;
  for (let at = 0; at < stem.length; at += 1) {
    const character = stem.charAt(at);
    if (matched === project.length) return character === '-' ? stem.slice(at + 1) : null;
    const isSeparator = isBetween(character);
    if ((isSeparator ? '-' : character.toLowerCase()) !== project[matched]) return null;
    matched += 1;
    if (isSeparator) while (isBetween(stem.charAt(at + 1))) at += 1;
  }
  return null;
}
