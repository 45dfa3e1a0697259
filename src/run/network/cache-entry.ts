/** What is kept of an answer besides its body. Pure, but for hashing. */
import { createHash } from 'node:crypto';
import type { CacheHeaders, CacheRequest } from './http-cache.ts';

/** A change of what is stored must not be read by an older or newer Relock. */
const FORMAT = 1;
/** Of an entry's text. */
export const MAX_ENTRY_BYTES = 64 * 1024;

/** whole: a GET's 200 (or 404, 410); part: a GET's 206; head: a HEAD's 200, without a body. */
export type EntryKind = 'whole' | 'part' | 'head';

export interface CacheEntry {
  /** Its own name: an entry that lies under another one's is refused. */
  readonly key: string;
  /** For people who look into the folder; without the query, which may be a signature. */
  readonly url: string;
  readonly space: string;
  readonly kind: EntryKind;
  readonly status: number;
  /** Lower-case names, of `KEPT_HEADERS` only. */
  readonly headers: Readonly<Record<string, string>>;
  /** Headers of the request that the answer varies by. */
  readonly vary: Readonly<Record<string, string>>;
  /** Hex, of the body that is kept. */
  readonly sha256: string;
  /** Bytes of that body. */
  readonly length: number;
  /** Hex digest that was promised for the whole file when it came. */
  readonly promised: string | null;
  /** Milliseconds since 1970: when upstream gave or confirmed it. */
  readonly time: number;
}

/** What clients of indexes and file hosts read. Set-Cookie and headers of one hop are not among them. */
const KEPT_HEADERS: ReadonlySet<string> = new Set([
  'accept-ranges',
  'age',
  'cache-control',
  'content-disposition',
  'content-encoding',
  'content-language',
  'content-range',
  'content-type',
  'date',
  'etag',
  'expires',
  'last-modified',
  'link',
  'pragma',
  'vary',
  'x-pypi-last-serial',
]);

/** Those of `headers` that an entry keeps. */
export function keptHeaders(headers: CacheHeaders): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of KEPT_HEADERS) {
    const value = headerOf(headers, name);
    if (value !== null) kept[name] = value;
  }
  return kept;
}

/** @param name lower case. @returns null when it is not there. */
export function headerOf(headers: CacheHeaders, name: string): string | null {
  const value = Object.hasOwn(headers, name) ? headers[name] : undefined;
  if (value === undefined) return null;
  return typeof value === 'string' ? value : value.join(', ');
}

/**
 * The name of an entry: 64 hex digits. A promised file is the same for everybody; other answers differ by what they were
 * asked as. What else an answer varies by is checked when it is read.
 * @param range in its one spelling; '' without one.
 */
export function entryKey(kind: EntryKind, request: CacheRequest, range = ''): string {
  const asked =
    request.sha256 === null
      ? [headerOf(request.headers, 'accept'), headerOf(request.headers, 'accept-encoding')]
      : ['file'];
  return createHash('sha256')
    .update(JSON.stringify([FORMAT, request.space, request.url, kind, range, ...asked]))
    .digest('hex');
}

export function entryText(entry: CacheEntry): string {
  return JSON.stringify({ format: FORMAT, ...entry });
}

/**
 * Reads an entry's text.
 * @returns null when it is not what `entryText` writes under this key. Threat: a digest that is none names a path.
 */
export function readEntry(text: string, key: string): CacheEntry | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(value) || value['format'] !== FORMAT || value['key'] !== key) return null;
  const { url, space, kind, status, sha256, length, promised, time } = value;
  const headers = readHeaders(value['headers']);
  const vary = readHeaders(value['vary']);
  if (headers === null || vary === null) return null;
  if (Object.keys(headers).some((name) => !KEPT_HEADERS.has(name) && name !== 'content-length')) return null;
  if (typeof url !== 'string' || typeof space !== 'string') return null;
  if (kind !== 'whole' && kind !== 'part' && kind !== 'head') return null;
  if (!isCount(status) || status < 200 || status > 599) return null;
  if (!isDigest(sha256) || !isCount(length) || !isCount(time)) return null;
  if (promised !== null && !isDigest(promised)) return null;
  return { key, url, space, kind, status, headers, vary, sha256, length, promised, time };
}

function isDigest(value: unknown): value is string {
  return typeof value === 'string' && /^[0-9a-f]{64}$/u.test(value);
}

function readHeaders(value: unknown): Record<string, string> | null {
  if (!isRecord(value)) return null;
  const read: [string, string][] = [];
  for (const [name, text] of Object.entries(value)) {
    // Threat: a line break in a value makes a header, or an answer, of its own.
    if (!/^[a-z0-9!#$%&'*+.^_`|~-]+$/u.test(name)) return null;
    if (typeof text !== 'string' || !/^[\t\x20-\x7e\x80-\xff]*$/u.test(text)) return null;
    read.push([name, text]);
  }
  return Object.fromEntries(read);
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
