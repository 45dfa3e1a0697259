/** The `Release` file of a suite (Debian's RepositoryFormat). Pure. */
import { isWord } from '../images/package-words.ts';
import { controlParagraphs, readFlag, wordsOf } from './deb-control.ts';

export interface AptRelease {
  readonly origin: string;
  readonly label: string;
  readonly suite: string;
  readonly codename: string;
  readonly version: string;
  /** Milliseconds since 1970; null: not told, or no date. */
  readonly date: number | null;
  readonly validUntil: number | null;
  readonly notAutomatic: boolean;
  readonly butAutomaticUpgrades: boolean;
  readonly byHash: boolean;
  readonly architectures: readonly string[];
  /** Whether packages for all architectures have an index of their own that must be read too. */
  readonly hasIndexForAll: boolean;
  /** By path below the suite. */
  readonly files: ReadonlyMap<string, ReleaseFile>;
}

export interface ReleaseFile {
  /** Hex, lower case. */
  readonly sha256: string;
  readonly size: number;
}

/** Debian's have some 8,000. */
const MAX_FILES = 200_000;

/** @returns null when the text is no Release file, or names no file by SHA-256. */
export function parseRelease(text: string): AptRelease | null {
  const [fields] = [...controlParagraphs(text, { comments: false, only: null })];
  if (fields === undefined) return null;
  const files = new Map<string, ReleaseFile>();
  for (const line of (fields.get('sha256') ?? '').split('\n')) {
    const [sha256 = '', size = '', path = ''] = wordsOf(line);
    if (!/^[0-9a-f]{64}$/iu.test(sha256) || !/^\d{1,15}$/u.test(size) || !isWord(path)) continue;
    if (files.size >= MAX_FILES) return null;
    files.set(path, { sha256: sha256.toLowerCase(), size: Number(size) });
  }
  if (!fields.has('sha256')) return null;
  const get = (name: string): string => (fields.get(name) ?? '').split('\n', 1)[0]?.slice(0, 200) ?? '';
  const architectures = wordsOf(fields.get('architectures'));
  return {
    origin: get('origin'),
    label: get('label'),
    suite: get('suite'),
    codename: get('codename'),
    version: get('version'),
    date: readDate(get('date')),
    validUntil: readDate(get('valid-until')),
    notAutomatic: readFlag(get('notautomatic')) === true,
    butAutomaticUpgrades: readFlag(get('butautomaticupgrades')) === true,
    byHash: readFlag(get('acquire-by-hash')) === true,
    architectures,
    hasIndexForAll:
      architectures.includes('all') &&
      !wordsOf(fields.get('no-support-for-architecture-all')).includes('Packages'),
    files,
  };
}

/** RFC 1123 in UTC, as Debian writes them: `Mon, 23 Nov 2026 11:22:37 UTC`. */
function readDate(text: string): number | null {
  if (!/^[A-Z][a-z]{2}, +\d{1,2} [A-Z][a-z]{2} \d{4} \d{1,2}:\d{2}:\d{2} (?:UTC|GMT|Z|\+0000)$/u.test(text)) {
    return null;
  }
  const time = Date.parse(text.replace(/(?:UTC|Z|\+0000)$/u, 'GMT'));
  return Number.isNaN(time) ? null : time;
}

/** True for suites that hold nothing but security fixes. */
export function isSecuritySuite(release: AptRelease | null, suite: string): boolean {
  if (release?.label === 'Debian-Security') return true;
  const names = [suite, release?.suite ?? '', release?.codename ?? ''];
  // Debian 10 and older: `buster/updates`, with the label above.
  return names.some((name) => name.endsWith('-security'));
}
