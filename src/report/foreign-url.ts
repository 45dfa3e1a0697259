/** Addresses in foreign text: which may be linked, and how. Pure; see `foreign.ts`. */
import { safeUrl } from './links.ts';

/** GitHub's own host for links that leave no trace on the issue that they lead to. */
const TRACELESS = 'redirect.github.com';
const MAX_LENGTH = 300;

/** Pages on which a link leaves a trace, and what they are called in a text: `owner/name#12`. */
const TRACED =
  /^\/+(?<repository>[\w.-]{1,100}\/+[\w.-]{1,100})\/+(?:issues|pulls?|discussions|commits?)\/+(?<what>\w{1,60})(?<rest>[/?#].*)?$/u;

export interface ForeignLink {
  /** Percent-encoded, fit for `[text](…)`. */
  readonly url: string;
  readonly host: string;
  /** What it is called for short: `owner/name#12`, `owner/name@1234567`; null: it has no short name. */
  readonly short: string | null;
}

/**
 * An address that may be linked, or null.
 * Threat: other schemes, plain http, credentials, and pages of issues that would tell their people of our pull request.
 */
export function foreignLink(text: string): ForeignLink | null {
  const url = URL.parse(text.trim());
  if (url === null || url.protocol !== 'https:' || url.href.length > MAX_LENGTH) return null;
  if (!/^[a-z0-9-]+(?:\.[a-z0-9-]+)+\.?$/u.test(url.hostname)) return null;
  const path = decoded(url.pathname);
  if (path === null) return null;
  const traced = TRACED.exec(path)?.groups;
  let short: string | null = null;
  if (traced !== undefined && /^(?:www\.)?github\.com$/u.test(url.hostname) && url.port === '') {
    const what = traced['what'] ?? '';
    short = `${traced['repository'] ?? ''}${/^\d+$/u.test(what) ? `#${what}` : `@${what.slice(0, 7)}`}`;
    url.hostname = TRACELESS;
  } else if (traced !== undefined && url.hostname !== TRACELESS) return null;
  // Checked as the report's own are, but for the kinds of pages, which were looked at above.
  const page = safeUrl(traced === undefined ? url.href : url.origin);
  if (page === null || url.username !== '' || url.password !== '') return null;
  const href = url.href.replace(
    /[()[\]<>|`*\\'"@$~]/gu,
    (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`,
  );
  // Markdown reads entities in addresses too.
  const inert = href.replace(/&(?=#?\w{1,40};)/gu, '&amp;');
  return { url: inert, host: url.hostname, short };
}

function decoded(path: string): string | null {
  try {
    return decodeURIComponent(path);
  } catch {
    return null;
  }
}

/** Ends of host names that are no ends of a module's or file's name. */
const TOPS: ReadonlySet<string> = new Set(
  'com org net edu gov info app ai co uk de eu ch fr nl ru cn xyz site online shop club top'.split(' '),
);

/**
 * Whether a link's words name another host than the one that it leads to.
 * Threat: `[https://pypi.org](https://evil.test)`.
 */
export function misleads(words: string, host: string): boolean {
  const named =
    /(?:^|[^\w.-])(?:(?<scheme>[a-z][a-z0-9+.-]{0,20}:\/{1,9}|www\.)|(?<![\w.-]))(?<host>(?:[\w-]{1,63}\.){1,8}[a-z]{2,24})(?![\w-])/iu.exec(
      words,
    )?.groups;
  const top = /[a-z]+$/iu.exec(named?.['host'] ?? '')?.[0].toLowerCase() ?? '';
  if (named?.['host'] === undefined || (named['scheme'] === undefined && !TOPS.has(top))) return false;
  const bare = (name: string): string => name.toLowerCase().replace(/^(?:www|redirect)\./u, '');
  return bare(named['host']) !== bare(host);
}

/** Where an address that stands in a text by itself ends (GFM's extended autolinks): its length. */
export function addressLength(text: string): number {
  let length = /^[^\s<]{1,2000}/u.exec(text)?.[0].length ?? 0;
  for (; length > 0; length -= 1) {
    const last = text[length - 1] ?? '';
    if (/[?!.,:;*_~'"`|\]]/u.test(last)) continue;
    if (last !== ')') break;
    const part = text.slice(0, length);
    if (part.split('(').length >= part.split(')').length) break;
  }
  return length;
}
