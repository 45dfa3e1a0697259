/** Reads a project's page of a simple index: PEP 691 JSON, or PEP 503 HTML with the attributes of PEP 592, 658 and 714. */
import { normaliseName } from '../locks/package-name.ts';
import { readAnchors } from './anchors.ts';
import type { IndexFile } from './simple-client.ts';

/** A file, and what only the client itself needs to know of it. */
export interface PageFile extends IndexFile {
  /** `sha256` of the metadata file in hex; true: it is there; null: the index does not tell. */
  readonly metadata: string | boolean | null;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * @param base the page's own address, which relative links start from.
 * @throws {Error} when the text is no such page.
 */
export function parseJsonPage(text: string, base: string): readonly PageFile[] {
  const page: unknown = JSON.parse(text);
  if (!isFields(page) || !Array.isArray(page['files'])) throw new Error('it has no list of files (PEP 691)');
  const files: PageFile[] = [];
  for (const entry of page['files'] as readonly unknown[]) {
    if (!isFields(entry)) continue;
    const url = absolute(entry['url'], base);
    const filename = textOf(entry['filename']);
    if (url === null || filename === null) continue;
    const metadata = metadataOf(entry['core-metadata'] ?? entry['dist-info-metadata']);
    const yanked = entry['yanked'];
    files.push({
      filename,
      url,
      hashes: hashesOf(entry['hashes']),
      requiresPython: textOf(entry['requires-python']),
      uploadTime: instant(entry['upload-time']),
      yanked: yanked === true ? '' : (textOf(yanked) ?? false),
      hasMetadata: metadata !== null && metadata !== false,
      metadata,
    });
  }
  return files;
}

/** @throws {Error} when the text is no such page. */
export function parseHtmlPage(text: string, base: string): readonly PageFile[] {
  const page = readAnchors(text);
  if (!page.isHtml) throw new Error('it is not HTML');
  const from = page.base === null ? base : (absolute(page.base, base) ?? base);
  const files: PageFile[] = [];
  for (const { text: filename, attributes } of page.anchors) {
    const link = absolute(attributes.get('href'), from);
    if (link === null || filename === '') continue;
    const [url = '', fragment = ''] = link.split('#');
    const hash = /^(?<name>sha256|sha384|sha512|md5)=(?<hex>[0-9a-f]{32,128})/u.exec(fragment)?.groups;
    const metadata = htmlMetadata(
      attributes.get('data-core-metadata') ?? attributes.get('data-dist-info-metadata'),
    );
    files.push({
      filename,
      url,
      hashes: hash?.['name'] === undefined ? {} : { [hash['name']]: hash['hex'] ?? '' },
      requiresPython: attributes.get('data-requires-python') ?? null,
      uploadTime: null,
      yanked: attributes.get('data-yanked') ?? false,
      hasMetadata: metadata !== null && metadata !== false,
      metadata,
    });
  }
  return files;
}

/** Whether a text can be the name of a project (PEP 508); nothing else is put into a URL. */
export function isProjectName(name: string): boolean {
  return name.length <= 200 && /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?$/u.test(normaliseName(name));
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}

/** Only what can be fetched: `file:`, `javascript:` and the like are no places of an index. */
function absolute(value: unknown, base: string): string | null {
  if (typeof value !== 'string') return null;
  const url = URL.parse(value.trim(), base);
  return url !== null && (url.protocol === 'https:' || url.protocol === 'http:') ? url.href : null;
}

function hashesOf(value: unknown): Readonly<Record<string, string>> {
  if (!isFields(value)) return {};
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, hex]) =>
      typeof hex === 'string' && /^[a-z0-9_]{2,20}$/u.test(name) && /^[0-9a-f]+$/iu.test(hex)
        ? [[name, hex.toLowerCase()]]
        : [],
    ),
  );
}

function metadataOf(value: unknown): string | boolean | null {
  if (typeof value === 'boolean') return value;
  return isFields(value) ? (hashesOf(value)['sha256'] ?? true) : null;
}

/** `true`, or `sha256=…`. */
function htmlMetadata(value: string | undefined): string | boolean | null {
  if (value === undefined) return null;
  if (value === 'false') return false;
  return /^sha256=(?<hex>[0-9a-f]{64})$/iu.exec(value)?.groups?.['hex']?.toLowerCase() ?? true;
}

function instant(value: unknown): string | null {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) ? null : new Date(time).toISOString();
}
