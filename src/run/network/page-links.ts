/** The links of an index page in HTML (PEP 503), of indexes that have no JSON. Pure. */
import type { NamedFile } from './named-files.ts';

/** Threat: an endless page of opened tags. */
const MAX_TAGS = 50_000;
const MAX_TAG_LENGTH = 8192;

/** One attribute: name, then the value in double quotes, in single ones, or bare. Reads forward only. */
const ATTRIBUTE = /[\s/]*([^\s"'<>/=]{1,100})(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/y;

const ENTITIES: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

/** A link to an http or https address. */
export interface PageLink {
  /** Absolute, with its fragment. */
  readonly url: URL;
  /** By name in lower case; values are as they stand in the page. */
  readonly attributes: ReadonlyMap<string, string>;
}

/** @param base address of the page. */
export function* linksOf(html: string, base: string): Generator<PageLink> {
  let from = base;
  for (const [tag, attributes] of tagsOf(html)) {
    const url = URL.parse(unescapeHtml(attributes.get('href') ?? ''), from);
    if (url === null || !attributes.has('href')) continue;
    if (tag === 'base') from = url.href;
    else if (url.protocol === 'https:' || url.protocol === 'http:') yield { url, attributes };
  }
}

/**
 * @param base address of the page.
 * @returns links to http and https addresses, absolute, with the digest of their fragment.
 */
export function pageLinks(html: string, base: string): readonly NamedFile[] {
  return Array.from(linksOf(html, base), ({ url, attributes }) => {
    const sha256 = digestIn(url.hash.slice(1));
    url.hash = '';
    const metadata = attributes.get('data-core-metadata') ?? attributes.get('data-dist-info-metadata') ?? '';
    return { url: url.href, sha256, metadataSha256: digestIn(metadata) };
  });
}

/** The page with the address that its relative links lead from, where it does not say one itself. */
export function withBase(html: string, address: string): string {
  if (/<base[\s/]/iu.test(html)) return html;
  const base = `<base href="${address.replaceAll('&', '&amp;').replaceAll('"', '%22')}">`;
  const before = /<head(?:\s[^<>]{0,500})?>/iu.exec(html) ?? /^\s{0,99}<!doctype[^<>]{0,500}>/iu.exec(html);
  const at = before === null ? 0 : before.index + before[0].length;
  return html.slice(0, at) + base + html.slice(at);
}

function* tagsOf(html: string): Generator<[tag: string, attributes: ReadonlyMap<string, string>]> {
  const opening = /<(a|base)(?=[\s/])/giu;
  for (let count = 0; count < MAX_TAGS; count += 1) {
    const tag = opening.exec(html);
    if (tag === null) return;
    const text = html.slice(opening.lastIndex, opening.lastIndex + MAX_TAG_LENGTH);
    yield [(tag[1] ?? '').toLowerCase(), attributesOf(text)];
  }
}

function attributesOf(text: string): ReadonlyMap<string, string> {
  const attributes = new Map<string, string>();
  ATTRIBUTE.lastIndex = 0;
  for (let found = ATTRIBUTE.exec(text); found !== null; found = ATTRIBUTE.exec(text)) {
    const name = (found[1] ?? '').toLowerCase();
    if (!attributes.has(name)) attributes.set(name, found[2] ?? found[3] ?? found[4] ?? '');
  }
  return attributes;
}

function digestIn(text: string): string | null {
  return /(?:^|&)sha256=([0-9a-fA-F]{64})(?:&|$)/u.exec(text)?.[1]?.toLowerCase() ?? null;
}

export function unescapeHtml(text: string): string {
  return text.replace(
    /&(?:#(\d{1,7})|#[xX]([0-9a-fA-F]{1,6})|(amp|lt|gt|quot|apos));/gu,
    (whole, dec, hex, name) => {
      if (typeof name === 'string') return ENTITIES[name] ?? whole;
      const code = typeof dec === 'string' ? Number(dec) : Number.parseInt(String(hex), 16);
      return code > 0x10_ff_ff ? whole : String.fromCodePoint(code);
    },
  );
}
