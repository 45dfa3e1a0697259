/** `repomd.xml`, which names the other files of a repository, and Metalink (version 3), which names its mirrors. Pure. */
import { createXmlReader } from './rpm-xml.ts';
import { RepoFormatError } from './repo-store.ts';

export type Checksum = {
  readonly algorithm: 'sha256' | 'sha384' | 'sha512';
  /** Lower case. */ readonly hex: string;
};

export interface RepomdFile {
  /** `primary`, `updateinfo`. */
  readonly type: string;
  /** Below the repository's address. */
  readonly path: string;
  /** Of the file as it is sent. */
  readonly checksum: Checksum;
  /** Bytes; null: not told. */
  readonly size: number | null;
  /** Bytes when unpacked; null: not told. */
  readonly openSize: number | null;
}

export interface Repomd {
  readonly files: readonly RepomdFile[];
  /** Types of files that are named in a way that is not believed: no SHA-2, or an address elsewhere. */
  readonly refused: readonly string[];
  /** ISO 8601: when the newest of its files was made; null: not told. */
  readonly date: string | null;
}

const MAX_FILES = 1000;

/** @throws {RepoFormatError} */
export function parseRepomd(text: Buffer): Repomd {
  const files: RepomdFile[] = [];
  const refused: string[] = [];
  let newest = 0;
  let isRepomd = false;
  let current = { type: '', href: '', base: '', kind: '', hex: '', size: '', openSize: '', time: '' };
  let depth = 0;
  const reader = createXmlReader({
    wantsText: (name) => ['checksum', 'size', 'open-size', 'timestamp'].includes(name),
    open(name, attribute) {
      depth += 1;
      if (depth === 1) isRepomd = name === 'repomd';
      if (name === 'data') {
        current = { ...EMPTY, type: attribute('type') };
      } else if (name === 'location') {
        current = { ...current, href: attribute('href'), base: attribute('xml:base') };
      } else if (name === 'checksum') current = { ...current, kind: attribute('type') };
    },
    close(name, value) {
      depth -= 1;
      if (name === 'checksum') current = { ...current, hex: value };
      else if (name === 'size') current = { ...current, size: value };
      else if (name === 'open-size') current = { ...current, openSize: value };
      else if (name === 'timestamp') current = { ...current, time: value };
      else if (name === 'data') {
        if (files.length >= MAX_FILES) throw new RepoFormatError('it names too many files');
        newest = Math.max(newest, readTime(current.time));
        const file = fileOf(current);
        if (file === null) refused.push(current.type);
        else files.push(file);
      }
    },
  });
  reader.write(text);
  reader.end();
  if (!isRepomd) throw new RepoFormatError('it is no repomd.xml');
  return { files, refused, date: newest === 0 ? null : new Date(newest * 1000).toISOString() };
}

const EMPTY = { type: '', href: '', base: '', kind: '', hex: '', size: '', openSize: '', time: '' };

/** @returns null for a file that nobody needs, or whose name leads elsewhere. */
function fileOf(data: typeof EMPTY): RepomdFile | null {
  const { type, href } = data;
  // Threat: `../../other/` or another host in the place of this repository.
  const isInside =
    /^[A-Za-z0-9][\w.+~/-]{0,300}$/u.test(href) && !href.split('/').includes('..') && data.base === '';
  const checksum = readChecksum(data.kind, data.hex);
  if (!isInside || checksum === null || type === '') return null;
  return { type, path: href, checksum, size: readCount(data.size), openSize: readCount(data.openSize) };
}

/** @returns null also for MD5 and SHA-1, which prove nothing. */
function readChecksum(kind: string, text: string): Checksum | null {
  const hex = text.toLowerCase();
  const length = { sha256: 64, sha384: 96, sha512: 128 }[kind];
  if (length === undefined || hex.length !== length || !/^[0-9a-f]+$/u.test(hex)) return null;
  return { algorithm: kind as Checksum['algorithm'], hex };
}

function readCount(text: string): number | null {
  return /^\d{1,12}$/u.test(text) ? Number(text) : null;
}

/** Some writers add a fraction. */
function readTime(text: string): number {
  const match = /^(\d{1,11})(?:\.\d+)?$/u.exec(text);
  return match === null ? 0 : Number(match[1]);
}

export interface Metalink {
  /** Of repomd.xml; null: none that proves anything. */
  readonly checksum: Checksum | null;
  /** Addresses of repomd.xml, the best first, https before http. */
  readonly urls: readonly string[];
}

const MAX_MIRRORS = 200;

/** @throws {RepoFormatError} */
export function parseMetalink(text: Buffer): Metalink {
  const found: { readonly url: string; readonly preference: number }[] = [];
  const sums: Checksum[] = [];
  const path: string[] = [];
  let kind = '';
  let preference = 0;
  const reader = createXmlReader({
    wantsText: (name) => name === 'hash' || name === 'url',
    open(name, attribute) {
      path.push(name);
      if (name === 'hash') kind = attribute('type');
      if (name === 'url') preference = readCount(attribute('preference')) ?? 0;
    },
    close(name, value) {
      // `alternates` hold checksums of older states, which mirrors may still have.
      const isOwn = !path.some((each) => each.endsWith('alternates'));
      path.pop();
      if (name === 'hash' && isOwn) {
        const sum = readChecksum(kind, value);
        if (sum !== null) sums.push(sum);
      }
      if (name === 'url' && /^https?:\/\//u.test(value) && found.length < MAX_MIRRORS)
        found.push({ url: value, preference });
    },
  });
  reader.write(text);
  reader.end();
  const urls = found
    .sort(
      (a, b) =>
        Number(b.url.startsWith('https:')) - Number(a.url.startsWith('https:')) ||
        b.preference - a.preference,
    )
    .map(({ url }) => url);
  return { checksum: sums.find(({ algorithm }) => algorithm === 'sha256') ?? sums[0] ?? null, urls };
}

/** A mirror list: addresses of the repository, one a line; comments start with `#`. */
export function parseMirrorList(text: string): readonly string[] {
  return text
    .split(/\r?\n/u)
    .map((line) => line.trim())
    .filter((line) => /^https?:\/\/\S+$/u.test(line))
    .slice(0, MAX_MIRRORS);
}
