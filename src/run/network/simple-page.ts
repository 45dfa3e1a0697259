/**
 * One project's page of a simple index: read as JSON (PEP 691, with the upload times of PEP 700), cut at an instant, and
 * written again as JSON or as HTML (PEP 503, 592, 658, 714). Pure.
 */
import { releaseKey, releaseOfFile } from './release-of-file.ts';

export type PageFile = Readonly<Record<string, unknown>> & {
  readonly filename: string;
  readonly url: string;
};

export interface SimplePage {
  /** Normalised (PEP 503). */
  readonly name: string;
  readonly files: readonly PageFile[];
  /** Null where the index lists none (PEP 691 before PEP 700). */
  readonly versions: readonly string[] | null;
  /** What else the page says of the project (`meta`, `project-status` of PEP 792). */
  readonly more: Readonly<Record<string, unknown>>;
}

export interface HiddenFile {
  readonly name: string;
  readonly filename: string;
  /** As the index gives it; null where it gives none. */
  readonly uploadTime: string | null;
}

/**
 * Reads PEP 691 JSON. File URLs become absolute against `base`; what is no http(s) URL is dropped.
 * @returns null when the text is not such JSON.
 */
export function readSimplePage(text: string, name: string, base: string): SimplePage | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isRecord(value) || !Array.isArray(value['files'])) return null;
  const files = value['files'].flatMap((file: unknown) => readFile(file, base));
  const { files: _files, versions, name: _name, ...more } = value;
  return { name, files, versions: Array.isArray(versions) ? versions.filter(isString) : null, more };
}

function readFile(file: unknown, base: string): PageFile[] {
  if (!isRecord(file)) return [];
  const { filename, url } = file;
  if (!isString(filename) || filename === '' || !isString(url)) return [];
  const absolute = absoluteUrl(url, base);
  return absolute === null ? [] : [{ ...file, filename, url: absolute }];
}

/** Without its fragment; null for what is no http(s) URL. */
function absoluteUrl(url: string, base: string): string | null {
  // Most are as they should be, and pages have thousands.
  if (/^https:\/\/[a-z0-9.-]+\/[A-Za-z0-9._~+/-]*$/u.test(url) && !url.includes('/.')) return url;
  const absolute = URL.parse(url, base);
  if (absolute?.protocol !== 'https:' && absolute?.protocol !== 'http:') return null;
  absolute.hash = '';
  return absolute.href;
}

/** True when the page lists files and gives an upload time for none: nothing can be said of their age. */
export function hasNoUploadTimes(page: SimplePage): boolean {
  return page.files.length > 0 && page.files.every((file) => uploadedAt(file) === null);
}

/**
 * The page without the files uploaded at or after `cutoff` (milliseconds since 1970), and those files. A file without an
 * upload time is hidden: it might be younger.
 * @param exempt releases, as `releaseKey` writes them, whose files stay.
 */
export function hideYounger(
  page: SimplePage,
  cutoff: number,
  exempt: ReadonlySet<string> = new Set(),
): { page: SimplePage; hidden: HiddenFile[] } {
  const files: PageFile[] = [];
  const hidden: HiddenFile[] = [];
  for (const file of page.files) {
    const time = uploadedAt(file);
    const isOld = time !== null && time < cutoff;
    if (isOld || isExempt(file.filename, page.name, exempt)) files.push(file);
    else hidden.push({ name: page.name, filename: file.filename, uploadTime: uploadTimeText(file) });
  }
  const left = new Set(files.map((file) => releaseOfFile(file.filename, page.name)));
  const versions = page.versions?.filter((version) => left.has(releaseKey(version))) ?? null;
  return { page: { ...page, files, versions }, hidden };
}

/** True for a file of one of these releases, which are as `releaseKey` writes them. */
export function isExempt(filename: string, project: string, exempt: ReadonlySet<string>): boolean {
  if (exempt.size === 0) return false;
  const version = releaseOfFile(filename, project);
  return version !== null && exempt.has(version);
}

/** Sha-256, in lower case hex, of a dictionary of hashes; null when there is none. */
export function sha256Of(hashes: unknown): string | null {
  const digest = isRecord(hashes) ? hashes['sha256'] : null;
  return isString(digest) && /^[0-9a-fA-F]{64}$/u.test(digest) ? digest.toLowerCase() : null;
}

/** PEP 691 JSON; version 1.1 of the API (PEP 700) where the index lists versions. */
export function simplePageJson(page: SimplePage): string {
  const { name, files, versions, more } = page;
  if (versions !== null) {
    return JSON.stringify({ meta: { 'api-version': '1.1' }, ...more, name, versions, files });
  }
  const meta = isRecord(more['meta']) ? more['meta'] : {};
  return JSON.stringify({ ...more, meta: { ...meta, 'api-version': '1.0' }, name, files });
}

/** PEP 503 HTML. */
export function simplePageHtml(page: SimplePage): string {
  const title = escapeHtml(`Links for ${page.name}`);
  const links = page.files.map((file) => `    ${anchor(file)}<br>\n`).join('');
  return (
    '<!DOCTYPE html>\n<html>\n  <head>\n    <meta name="pypi:repository-version" content="1.0">\n' +
    `    <title>${title}</title>\n  </head>\n  <body>\n    <h1>${title}</h1>\n${links}  </body>\n</html>\n`
  );
}

function anchor(file: PageFile): string {
  const hash = firstHash(file['hashes'], '#');
  const attributes = [`href="${escapeHtml(file.url + hash)}"`];
  const requiresPython = file['requires-python'];
  if (isString(requiresPython) && requiresPython !== '') {
    attributes.push(`data-requires-python="${escapeHtml(requiresPython)}"`);
  }
  const metadata = file['core-metadata'] ?? file['dist-info-metadata'];
  if (metadata === true || isRecord(metadata)) {
    // Both spellings: PEP 658 named it first, PEP 714 renamed it.
    const value = escapeHtml(firstHash(metadata, '') || 'true');
    attributes.push(`data-dist-info-metadata="${value}"`, `data-core-metadata="${value}"`);
  }
  const yanked = file['yanked'];
  if (yanked === true || (isString(yanked) && yanked !== '')) {
    attributes.push(`data-yanked="${yanked === true ? '' : escapeHtml(yanked)}"`);
  }
  return `<a ${attributes.join(' ')}>${escapeHtml(file.filename)}</a>`;
}

/** `sha256=…` where there is one, else the first hash; '' where there is none. */
function firstHash(hashes: unknown, prefix: string): string {
  if (!isRecord(hashes)) return '';
  const algorithms = Object.keys(hashes);
  const algorithm = Object.hasOwn(hashes, 'sha256') ? 'sha256' : algorithms[0];
  const digest = algorithm === undefined ? undefined : hashes[algorithm];
  if (algorithm === undefined || !isString(digest)) return '';
  if (!/^[a-z0-9_]{1,20}$/u.test(algorithm) || !/^[0-9a-fA-F]{1,256}$/u.test(digest)) return '';
  return `${prefix}${algorithm}=${digest}`;
}

function uploadTimeText(file: PageFile): string | null {
  const time = file['upload-time'];
  return isString(time) ? time : null;
}

function uploadedAt(file: PageFile): number | null {
  return uploadInstant(file['upload-time']);
}

/** Milliseconds since 1970, rounded down, of an upload time; null when it is none that can be read. */
export function uploadInstant(text: unknown): number | null {
  // PEP 700: ISO 8601, UTC, ends in Z. A time without a zone would be read as local time.
  if (!isString(text) || !/^\d{4}-\d\d-\d\dT[\d:.]{5,20}Z$/u.test(text)) return null;
  const time = Date.parse(text);
  return Number.isNaN(time) ? null : time;
}

function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

function isString(value: unknown): value is string {
  return typeof value === 'string';
}

/** True for a JSON object. */
export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
