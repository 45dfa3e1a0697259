/** The files that a page of an index names: a client that read the page may fetch them, and nothing beside them. Pure. */
import { authorityOf, canonicalHost, plainPath } from './reach.ts';
import type { Origin } from './lending.ts';
import { sha256Of, type SimplePage } from './simple-page.ts';

/** Digests of a file and of its metadata (PEP 658), in hex; null where the page promises none. */
type Digests = readonly [file: string | null, metadata: string | null];

export interface NamedFiles {
  /** `host port` of each host with files. */
  readonly hosts: ReadonlySet<string>;
  readonly byAddress: ReadonlyMap<string, Digests>;
}

export interface NamedFile {
  /** Absolute. */
  readonly url: string;
  readonly sha256: string | null;
  readonly metadataSha256: string | null;
}

/** One page names fewer; a hostile one must not fill the memory. */
const MAX_FILES = 100_000;

export function collectFiles(files: Iterable<NamedFile>): NamedFiles {
  const hosts = new Set<string>();
  const byAddress = new Map<string, Digests>();
  /** Address of an origin by the text before a path: pages have thousands of files on one host. */
  const origins = new Map<string, Origin | null>();
  for (const { url, sha256, metadataSha256 } of files) {
    const start = /^https?:\/\/[^/?#\\]*/iu.exec(url)?.[0];
    if (start === undefined || byAddress.size >= MAX_FILES) continue;
    const known = origins.get(start);
    const origin = known === undefined ? originOf(start) : known;
    origins.set(start, origin);
    if (origin === null) continue;
    hosts.add(`${origin.host} ${origin.port}`);
    byAddress.set(addressOf(origin, url.slice(start.length)), [sha256, metadataSha256]);
  }
  return { hosts, byAddress };
}

/** The files of a page that was read as JSON. */
export function filesOfPage(page: SimplePage): NamedFiles {
  return collectFiles(
    page.files.map((file) => ({
      url: file.url,
      sha256: sha256Of(file['hashes']),
      metadataSha256: sha256Of(file['core-metadata'] ?? file['dist-info-metadata']),
    })),
  );
}

/**
 * The file at this address, or the metadata beside one.
 * @param target path, with or without a query.
 * @returns null when the page names no such file.
 */
export function findFile(
  { byAddress }: NamedFiles,
  origin: Origin,
  target: string,
): { readonly sha256: string | null } | null {
  const address = addressOf(origin, target);
  const file = byAddress.get(address);
  if (file !== undefined) return { sha256: file[0] };
  if (!address.endsWith('.metadata')) return null;
  const described = byAddress.get(address.slice(0, -'.metadata'.length));
  return described === undefined ? null : { sha256: described[1] };
}

function originOf(text: string): Origin | null {
  const url = URL.parse(text);
  const host = url === null ? null : canonicalHost(url.hostname.replace(/^\[|\]$/gu, ''));
  if (url === null || host === null) return null;
  const scheme = url.protocol === 'https:' ? 'https' : 'http';
  return { scheme, host, port: url.port === '' ? (scheme === 'https' ? 443 : 80) : Number(url.port) };
}

function addressOf(origin: Origin, target: string): string {
  return `${origin.scheme}://${authorityOf(origin)}${plainPath(target)}`;
}
