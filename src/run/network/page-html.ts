/**
 * A project's page in HTML (PEP 503, 592, 658, 714) as the same data that one in JSON gives, so that what is written from
 * it holds nothing that was not understood. Pure.
 */
import { linksOf, unescapeHtml, type PageLink } from './page-links.ts';
import type { PageFile, SimplePage } from './simple-page.ts';

/** A digest in the fragment of a link, or the value of a metadata attribute. */
const DIGEST = /(?:^|[&#])([a-z0-9_]{1,20})=([0-9a-fA-F]{32,256})(?:&|$)/u;

/**
 * @param name normalised.
 * @param base address of the page.
 */
export function readHtmlPage(html: string, name: string, base: string): SimplePage {
  return { name, files: Array.from(linksOf(html, base)).flatMap(fileOf), versions: null, more: {} };
}

function fileOf({ url, attributes }: PageLink): readonly PageFile[] {
  const filename = decoded(url.pathname.split('/').at(-1) ?? '');
  if (filename === null || filename === '') return [];
  const hashes = hashesIn(url.hash);
  url.hash = '';
  const requiresPython = attributes.get('data-requires-python');
  const metadata = attributes.get('data-core-metadata') ?? attributes.get('data-dist-info-metadata');
  const yanked = attributes.get('data-yanked');
  return [
    {
      filename,
      url: url.href,
      hashes,
      ...(requiresPython === undefined ? {} : { 'requires-python': unescapeHtml(requiresPython) }),
      ...(metadata === undefined ? {} : { 'core-metadata': metadataOf(metadata) }),
      // Its reason may be empty.
      ...(yanked === undefined ? {} : { yanked: yanked === '' ? true : unescapeHtml(yanked) }),
    },
  ];
}

function hashesIn(text: string): Readonly<Record<string, string>> {
  const [, algorithm, digest] = DIGEST.exec(text) ?? [];
  return algorithm === undefined || digest === undefined ? {} : { [algorithm]: digest };
}

/** PEP 658: a digest, or `true`; an index that has none says nothing, or `false`. */
function metadataOf(value: string): Readonly<Record<string, string>> | boolean {
  return DIGEST.test(value) ? hashesIn(value) : value.toLowerCase() === 'true';
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
