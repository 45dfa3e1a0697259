/** Links of a package from its own core metadata (`Project-URL`, `Home-page`), by the labels of PEP 753. Pure. */
import type { PackageLinks } from '../model.ts';

/** Normalised labels (PEP 753: lower case, without punctuation and white space), best first. */
const CHANGELOG = ['changelog', 'changes', 'whatsnew', 'history', 'news', 'releasenotes', 'changelogs'];
const SOURCE = ['source', 'repository', 'sourcecode', 'github', 'gitlab', 'code', 'repo', 'scm'];
const RELEASES = ['releases', 'releasenotes', 'githubreleases'];
const HOME = ['homepage', 'home', 'website'];

const MAX_HEADER = 200_000;

/** A labelled address, as the package's own metadata gives it. */
export interface LabelledUrl {
  readonly label: string;
  readonly url: string;
}

/**
 * Chooses links among a package's labelled addresses.
 * @param from the version moved from, null for a new package.
 * @param to the version moved to, null for a removed one.
 */
export function chooseLinks(
  labelled: readonly LabelledUrl[],
  from: string | null,
  to: string | null,
): PackageLinks {
  const urls = byLabel(labelled);
  const pick = (labels: readonly string[]): string | null =>
    labels.map((label) => urls.get(label)).find((url) => url !== undefined) ?? null;
  const forge = repositoryOf(
    [...SOURCE, ...HOME].map((label) => urls.get(label)),
    [...urls.values()],
  );
  return {
    changelog: pick(CHANGELOG),
    releases: pick(RELEASES) ?? (forge === null ? null : releasesPage(forge)),
    compare: forge === null ? null : comparePage(forge, [...urls.values()], from, to),
    home: pick(HOME) ?? pick(SOURCE),
  };
}

/** Normalised label to checked address, the first of each label. */
function byLabel(labelled: readonly LabelledUrl[]): ReadonlyMap<string, string> {
  const urls = new Map<string, string>();
  for (const { label, url: text } of labelled) {
    const url = safeUrl(text);
    const key = normalise(label);
    if (url !== null && !urls.has(key)) urls.set(key, url);
  }
  return urls;
}

/** The labelled addresses of core metadata (the `METADATA` file of a wheel, RFC 822 headers). */
export function labelledUrls(metadata: string): readonly LabelledUrl[] {
  const found: LabelledUrl[] = [];
  const head = metadata.slice(0, MAX_HEADER).replaceAll('\r\n', '\n').split('\n\n', 1)[0] ?? '';
  for (const line of head.split('\n')) {
    const entry = /^(?<key>Project-URL|Home-page|Download-URL):\s*(?<value>\S.*)$/iu.exec(line)?.groups;
    const value = entry?.['value'];
    const key = entry?.['key']?.toLowerCase();
    if (value === undefined) continue;
    const comma = value.indexOf(',');
    if (key !== 'project-url')
      found.push({ label: key === 'home-page' ? 'homepage' : 'download', url: value });
    else if (comma !== -1) found.push({ label: value.slice(0, comma), url: value.slice(comma + 1) });
  }
  return found;
}

function normalise(label: string): string {
  return label.replace(/[\p{P}\p{S}\s]/gu, '').toLowerCase();
}

/**
 * An address that may stand in a pull request, or null.
 * Threat: `javascript:` and the like, credentials, text that ends the link early, and pages of issues or commits, which
 * GitHub would tell about our pull request.
 */
export function safeUrl(text: string): string | null {
  const url = URL.parse(text.trim());
  if (url === null || (url.protocol !== 'https:' && url.protocol !== 'http:')) return null;
  if (url.username !== '' || url.password !== '' || url.hostname === '' || url.href.length > 300) return null;
  if (
    /^\/[^/]+\/[^/]+\/(?:-\/)?(?:issues|pull|pulls|discussions|commit|merge_requests)\/\w/u.test(url.pathname)
  )
    return null;
  return url.href.replace(/[()[\]<>|`*_\\]/gu, (mark) =>
    mark === '_' ? '_' : encodeURIComponent(mark).replace(/[()*]/u, hex),
  );
}

function hex(mark: string): string {
  return `%${mark.charCodeAt(0).toString(16).toUpperCase()}`;
}

interface Repository {
  readonly host: 'github.com' | 'gitlab.com' | 'codeberg.org';
  /** `owner/name`. */
  readonly path: string;
}

function repositoryOf(first: readonly (string | undefined)[], all: readonly string[]): Repository | null {
  for (const text of [...first, ...all]) {
    const url = text === undefined ? null : URL.parse(text);
    const host = url?.hostname.replace(/^www\./u, '');
    if (url === null || (host !== 'github.com' && host !== 'gitlab.com' && host !== 'codeberg.org')) continue;
    const path = /^\/(?<path>[\w.-]{1,100}\/[\w.-]{1,100}?)(?:\.git)?(?:\/|$)/u.exec(url.pathname)?.groups?.[
      'path'
    ];
    if (path !== undefined && !path.startsWith('sponsors/') && !path.startsWith('orgs/'))
      return { host, path };
  }
  return null;
}

function releasesPage({ host, path }: Repository): string {
  return host === 'gitlab.com' ? `https://${host}/${path}/-/releases` : `https://${host}/${path}/releases`;
}

/** Only when some address of the metadata shows how this project writes its tags (`/blob/v1.2.3/CHANGES.md`). */
function comparePage(
  { host, path }: Repository,
  urls: readonly string[],
  from: string | null,
  to: string | null,
): string | null {
  if (from === null || to === null) return null;
  const tag = urls.map((url) => tagIn(url, to)).find((prefix) => prefix !== null);
  if (tag === undefined || tag === null) return null;
  const range = `${encodeURIComponent(tag + from)}...${encodeURIComponent(tag + to)}`;
  return host === 'gitlab.com'
    ? `https://${host}/${path}/-/compare/${range}`
    : `https://${host}/${path}/compare/${range}`;
}

/** What stands before the version in a tag: `v`, `release-`, or nothing. */
function tagIn(url: string, version: string): string | null {
  const found = /\/(?:blob|tree|tag|archive|raw)\/(?:refs\/tags\/)?(?<ref>[^/?#]{1,80})/u.exec(url)?.groups?.[
    'ref'
  ];
  if (found === undefined) return null;
  const ref = found.replace(/\.(?:tar\.gz|zip)$/u, '');
  return ref.endsWith(version) ? ref.slice(0, ref.length - version.length) : null;
}
