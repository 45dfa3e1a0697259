/** What one client of the door may reach. Pure. */
import { isIP } from 'node:net';
import { normaliseName } from '../../locks/package-name.ts';
import { isPublicIndex, PUBLIC_INDEX } from '../../locks/public-index.ts';
import type { IndexView } from './index-view.ts';
import { readAuthority, type Origin } from './lending.ts';

export interface Reach {
  /**
   * Base URLs of simple indexes (PEP 503/691), without trailing slash: pages are read, and files that they name may be
   * fetched. The first one is that on which a cool-down must be kept.
   */
  readonly indexes: readonly string[];
  /** Further `host` (https, 443) or `host:port` (https or http): forges of git dependencies, hosts of direct URLs. */
  readonly hosts: readonly string[];
  /** Hosts (as above) that may lie in a private range: what the operator himself named. Never from a repository. */
  readonly privateHosts: readonly string[];
  /** False: the door's cool-down is not for this client. */
  readonly cooled?: boolean;
  /** What it is shown of the indexes; absent: all that the cool-down allows. */
  readonly view?: IndexView;
}

/** What a request to an index is for. */
export type IndexRequest =
  | {
      /** A project's page of the simple index. */
      readonly kind: 'simple';
      /** Base URL of the index as this request's scheme has it; no trailing slash. */
      readonly base: string;
      readonly isFirst: boolean;
      /** Normalised. */
      readonly project: string;
      /** False: the client should ask at `base/project/` instead. */
      readonly isCanonical: boolean;
    }
  | {
      /** `/pypi/NAME/json` and `/pypi/NAME/VERSION/json` beside a simple index of the public one's kind. */
      readonly kind: 'legacy';
      readonly isFirst: boolean;
      readonly project: string;
      /** As in the URL; null: all of them. */
      readonly version: string | null;
    };

export interface AllowList {
  /** By a rule for the whole host. */
  mayReach(origin: Origin): boolean;
  /** True when an operator named it, so that it may lie in a private range. */
  mayBePrivate(origin: Origin): boolean;
  /** @param path of the request, with or without query. */
  indexRequest(origin: Origin, path: string): IndexRequest | null;
}

/** What a forge serves from other hosts: archives, release files, large files. */
const COMPANIONS: ReadonlyMap<string, readonly string[]> = new Map([
  [
    'github.com',
    [
      'codeload.github.com',
      'objects.githubusercontent.com',
      'release-assets.githubusercontent.com',
      'raw.githubusercontent.com',
    ],
  ],
]);

interface Index {
  readonly origin: Origin;
  /** '' or `/simple`; decoded as `plainPath` does. */
  readonly path: string;
  readonly isFirst: boolean;
}

/** Entries that cannot be read allow nothing. */
export function createAllowList(reach: Reach): AllowList {
  // All spellings of the public index lead to this one.
  const named = reach.indexes.some(isPublicIndex) ? [...reach.indexes, PUBLIC_INDEX] : reach.indexes;
  const first = reach.indexes[0] ?? '';
  const indexes = named.flatMap((url) =>
    readIndex(url, url === first || (isPublicIndex(first) && isPublicIndex(url))),
  );
  const hosts = new Set(reach.hosts.flatMap(keysOf));
  for (const [host, companions] of COMPANIONS) {
    if (hosts.has(`https ${host} 443`))
      for (const companion of companions) hosts.add(`https ${companion} 443`);
  }
  for (const { origin } of indexes) hosts.add(keyOf(origin));
  const privateHosts = new Set(reach.privateHosts.flatMap(keysOf));

  return {
    mayReach: (origin) => hosts.has(keyOf(origin)),
    mayBePrivate: (origin) => privateHosts.has(keyOf(origin)),
    indexRequest(origin, target) {
      const path = plainPath(target);
      const own = indexes.filter((index) => keyOf(index.origin) === keyOf(origin));
      for (const index of own) {
        const wanted = simpleRequest(index, path) ?? legacyRequest(index, path);
        if (wanted !== null) return wanted;
      }
      return null;
    },
  };
}

/**
 * A host as clients may write it, in its one form: lower case, no trailing dot, IPv4 addresses in dotted decimal (they can be
 * written as `0x7f.1` or `2130706433`), IPv6 addresses compressed and without brackets.
 * @returns null when it is none.
 */
export function canonicalHost(host: string): string | null {
  if (isIP(host) === 6) return URL.parse(`http://[${host}]/`)?.hostname.slice(1, -1) ?? null;
  if (!/^[A-Za-z0-9._-]{1,253}$/u.test(host)) return null;
  const hostname = URL.parse(`http://${host}/`)?.hostname.replace(/\.$/u, '') ?? '';
  return hostname === '' ? null : hostname;
}

/** `host:port` of a request; null when it is none. IPv6 addresses come in brackets. */
export function readTarget(
  authority: string,
  defaultPort: number | null,
): { readonly host: string; readonly port: number } | null {
  const read = readAuthority(authority, defaultPort);
  const host = read === null ? null : canonicalHost(read.host);
  return read === null || host === null ? null : { host, port: read.port };
}

/** `host`, or `host:port` where the scheme has another; IPv6 in brackets. */
export function authorityOf({ scheme, host, port }: Origin): string {
  const name = isIP(host) === 6 ? `[${host}]` : host;
  return port === (scheme === 'https' ? 443 : 80) ? name : `${name}:${port}`;
}

function keyOf({ scheme, host, port }: Origin): string {
  return `${scheme} ${host} ${port}`;
}

function keysOf(entry: string): readonly string[] {
  const withPort = readTarget(entry, null);
  if (withPort === null) {
    const bare = readTarget(entry, 443);
    return bare === null ? [] : [keyOf({ scheme: 'https', ...bare })];
  }
  // Https on the port of http would be a mistake, and the other way round: the secret path in the clear.
  const schemes = withPort.port === 443 ? ['https'] : withPort.port === 80 ? ['http'] : ['https', 'http'];
  return schemes.map((scheme) => `${scheme} ${withPort.host} ${withPort.port}`);
}

function readIndex(text: string, isFirst: boolean): readonly Index[] {
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return [];
  const host = canonicalHost(url.hostname.replace(/^\[|\]$/gu, ''));
  if (host === null) return [];
  const path = plainPath(url.pathname).replace(/\/+$/u, '');
  const secured = { scheme: 'https', host, port: url.port === '' ? 443 : Number(url.port) } as const;
  if (url.protocol === 'https:') return [{ origin: secured, path, isFirst }];
  const clear = { scheme: 'http', host, port: url.port === '' ? 80 : Number(url.port) } as const;
  const index = { origin: clear, path, isFirst };
  // Many an index sends those who ask in the clear to its https side.
  return url.port === '' ? [index, { origin: secured, path, isFirst }] : [index];
}

function simpleRequest(index: Index, path: string): IndexRequest | null {
  if (!path.startsWith(`${index.path}/`)) return null;
  const rest = path.slice(index.path.length + 1);
  const project = projectOf(rest.endsWith('/') ? rest.slice(0, -1) : rest);
  if (project === null) return null;
  const base = `${index.origin.scheme}://${authorityOf(index.origin)}${index.path}`;
  return { kind: 'simple', base, isFirst: index.isFirst, project, isCanonical: rest === `${project}/` };
}

function legacyRequest(index: Index, path: string): IndexRequest | null {
  if (!index.path.endsWith('/simple')) return null;
  const root = `${index.path.slice(0, -'/simple'.length)}/pypi/`;
  const parts = path.startsWith(root) ? path.slice(root.length).replace(/\/$/u, '').split('/') : [];
  const project = projectOf(parts[0] ?? '');
  if (project === null || parts.at(-1) !== 'json' || parts.length < 2 || parts.length > 3) return null;
  return {
    kind: 'legacy',
    isFirst: index.isFirst,
    project,
    version: parts.length === 3 ? (parts[1] ?? null) : null,
  };
}

function projectOf(text: string): string | null {
  return text.length <= 200 && /^[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?$/u.test(text)
    ? normaliseName(text)
    : null;
}

/**
 * The path alone, with unreserved characters and slashes decoded, slashes single, and `.` and `..` resolved (RFC 3986
 * section 6.2.2): two spellings of one address are equal.
 * Threat: another spelling of a page's address is not seen to be a page, and its young files are not hidden.
 */
export function plainPath(target: string): string {
  // Most paths are plain, and pages have thousands.
  if (/^\/[A-Za-z0-9._~+/-]*$/u.test(target) && !/\/[./]/u.test(target)) return target;
  const path = (target.split(/[?#]/u, 1)[0] ?? '')
    .replace(/%(?:[46][1-9A-Fa-f]|[57][0-9Aa]|3[0-9]|2[DEFdef]|5[Ff]|7[Ee])/gu, (escape) =>
      String.fromCharCode(Number.parseInt(escape.slice(1), 16)),
    )
    .replace(/[/\\]{2,}/gu, '/');
  return URL.parse(path, 'http://index.invalid')?.pathname ?? path;
}
