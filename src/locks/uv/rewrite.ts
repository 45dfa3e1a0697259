/**
 * Takes out of a uv.lock what only this run put into it: the addresses of a mirror. Pins, hashes and order are never
 * touched. Pure.
 */
import { PUBLIC_FILES, PUBLIC_INDEX } from '../public-index.ts';

/** What `withPublicAddresses` gives: the text, or the first address that has no public counterpart. */
export type Rewritten = { readonly text: string } | { readonly stranger: string };

/**
 * Puts the public index back where a mirror stood in for it, so that the lock is the one that a machine without the mirror
 * makes. A file's address is put back by its path, when the mirror keeps the public one (`…/packages/ab/cd/<60 hex>/name`),
 * else by the lock as it was.
 * @param mirror base of the mirror's simple index.
 * @param before the lock as it was, for the addresses of files that did not move.
 * @param unnamed packages that name no index (pylock.toml of `uv pip compile`) are the mirror's as well, as far as their
 * addresses show.
 */
export function withPublicAddresses(
  text: string,
  mirror: string,
  before: string,
  { unnamed = false }: { readonly unnamed?: boolean } = {},
): Rewritten {
  const known = filesByName(before);
  let stranger: string | null = null;
  const blocks = text.split(/(?=^\[\[packages?\]\]$)/mu).map((block) => {
    const source = indexOf(block);
    if (source === null ? !unnamed : !isSame(source, mirror)) return block;
    return block.replaceAll(/(?<=\burl = ")[^"\n]+(?=")/gu, (url) => {
      const found = publicAddress(url) ?? known.get(nameOf(url));
      if (found === undefined && (source !== null || url.startsWith(originOf(mirror)))) stranger ??= url;
      return found ?? url;
    });
  });
  if (stranger !== null) return { stranger };
  return {
    text: blocks
      .join('')
      .replaceAll(/(?<=\b(?:registry|index) = ")[^"\n]+(?=")/gu, (url) =>
        isSame(url, mirror) ? PUBLIC_INDEX : url,
      ),
  };
}

/** `source = { registry = "…" }` of uv.lock, `index = "…"` of pylock.toml; null when the block names none. */
function indexOf(block: string): string | null {
  const source = /^(?:source = \{ registry = "([^"\n]+)"|index = "([^"\n]+)")/mu.exec(block);
  return source === null ? null : (source[1] ?? source[2] ?? '');
}

/** `https://host:port/` */
function originOf(url: string): string {
  return /^https?:\/\/[^/]+\//iu.exec(bare(url))?.[0] ?? bare(url);
}

/** Whether two addresses name one index: user, password and a last slash aside. */
function isSame(a: string, b: string): boolean {
  return bare(a) === bare(b);
}

function bare(url: string): string {
  return url.replace(/^(https?:\/\/)[^/@]*@/u, '$1').replace(/\/+$/u, '');
}

function publicAddress(url: string): string | null {
  if (url.startsWith(`${PUBLIC_FILES}/`)) return url;
  const path = /\/packages\/([0-9a-f]{2}\/[0-9a-f]{2}\/[0-9a-f]{60}\/[^/?#]+)(?:[?#].*)?$/u.exec(url)?.[1];
  return path === undefined ? null : `${PUBLIC_FILES}/packages/${path}`;
}

/** Addresses by the file's name: the index has each name once, for ever. */
function filesByName(lock: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [url] of lock.matchAll(/(?<=\burl = ")[^"\n]+(?=")/gu)) {
    if (url.startsWith(`${PUBLIC_FILES}/`)) found.set(nameOf(url), url);
  }
  return found;
}

function nameOf(url: string): string {
  const path = url.split(/[?#]/u, 1)[0] ?? '';
  return path.slice(path.lastIndexOf('/') + 1);
}
