/** The forges that are known: where a repository is, and the addresses of its releases and files. Pure. */
import type { LabelledUrl } from '../report/links.ts';

/** `host` is one of a fixed list: a package's metadata cannot name another one to be asked. */
export interface Repository {
  readonly host: ForgeHost;
  /** `owner/name`; on GitLab there may be more folders. */
  readonly path: string;
}

export type ForgeHost = 'github.com' | 'gitlab.com' | 'codeberg.org';

export interface Forge {
  /** The host that answers `releases`. */
  readonly apiHost: string;
  readonly perPage: number;
  /** @param page from 1. */
  releases(path: string, page: number): string;
  /** @param ref a tag; null: the default branch. */
  raw(path: string, ref: string | null, file: string): string;
  /** The same file for people. */
  page(path: string, ref: string | null, file: string): string;
  releasesPage(path: string): string;
  compare(path: string, from: string, to: string): string;
}

const each = (path: string): string => path.split('/').map(encodeURIComponent).join('/');

export const FORGES: Readonly<Record<ForgeHost, Forge>> = {
  'github.com': {
    apiHost: 'api.github.com',
    perPage: 100,
    releases: (path, page) => `https://api.github.com/repos/${each(path)}/releases?per_page=100&page=${page}`,
    raw: (path, ref, file) =>
      `https://raw.githubusercontent.com/${each(path)}/${each(ref ?? 'HEAD')}/${each(file)}`,
    page: (path, ref, file) => `https://github.com/${each(path)}/blob/${each(ref ?? 'HEAD')}/${each(file)}`,
    releasesPage: (path) => `https://github.com/${each(path)}/releases`,
    compare: (path, from, to) => `https://github.com/${each(path)}/compare/${range(from, to)}`,
  },
  'gitlab.com': {
    apiHost: 'gitlab.com',
    perPage: 100,
    releases: (path, page) =>
      `https://gitlab.com/api/v4/projects/${encodeURIComponent(path)}/releases?per_page=100&page=${page}`,
    raw: (path, ref, file) => `https://gitlab.com/${each(path)}/-/raw/${each(ref ?? 'HEAD')}/${each(file)}`,
    page: (path, ref, file) => `https://gitlab.com/${each(path)}/-/blob/${each(ref ?? 'HEAD')}/${each(file)}`,
    releasesPage: (path) => `https://gitlab.com/${each(path)}/-/releases`,
    compare: (path, from, to) => `https://gitlab.com/${each(path)}/-/compare/${range(from, to)}`,
  },
  'codeberg.org': {
    apiHost: 'codeberg.org',
    // Forgejo gives no more at once.
    perPage: 50,
    releases: (path, page) =>
      `https://codeberg.org/api/v1/repos/${each(path)}/releases?draft=false&limit=50&page=${page}`,
    raw: (path, ref, file) =>
      `https://codeberg.org/api/v1/repos/${each(path)}/raw/${each(file)}${ref === null ? '' : `?ref=${encodeURIComponent(ref)}`}`,
    page: (path, ref, file) =>
      `https://codeberg.org/${each(path)}/src/${ref === null ? 'HEAD' : `tag/${each(ref)}`}/${each(file)}`,
    releasesPage: (path) => `https://codeberg.org/${each(path)}/releases`,
    compare: (path, from, to) => `https://codeberg.org/${each(path)}/compare/${range(from, to)}`,
  },
};

function range(from: string, to: string): string {
  return `${encodeURIComponent(from)}...${encodeURIComponent(to)}`;
}

const SOURCE = [
  'source',
  'repository',
  'sourcecode',
  'github',
  'gitlab',
  'codeberg',
  'code',
  'repo',
  'scm',
  'vcs',
];
const CHANGELOG = [
  'changelog',
  'changes',
  'whatsnew',
  'history',
  'news',
  'releasenotes',
  'changelogs',
  'changelogfile',
];
const HOME = ['homepage', 'home', 'website', 'download'];

/** Among a package's labelled addresses the repository: by the label first (PEP 753), then any that is on a forge. */
export function repositoryIn(urls: readonly LabelledUrl[]): Repository | null {
  for (const { url } of ordered(urls, [...SOURCE, ...HOME, ...CHANGELOG])) {
    const found = repositoryOf(url);
    if (found !== null) return found;
  }
  return null;
}

/** The file of the repository that the changelog link leads to, and how it names tags when it leads to one. */
export function changelogIn(
  urls: readonly LabelledUrl[],
  repository: Repository,
): { readonly file: string } | null {
  for (const { url } of ordered(urls, CHANGELOG)) {
    const found = repositoryOf(url);
    if (found?.host !== repository.host || found.path.toLowerCase() !== repository.path.toLowerCase())
      continue;
    const path = URL.parse(url)?.pathname ?? '';
    const file = /\/(?:blob|raw|tree|src\/(?:branch|tag))\/[^/]+\/(?<file>[^?#]{1,200})$/u.exec(path)
      ?.groups?.['file'];
    const name = file === undefined ? null : decoded(file);
    if (name !== null && isTextFile(name)) return { file: name };
  }
  return null;
}

/** `CHANGES.rst`, `docs/changelog.md`, `NEWS`; no page that would have to be made of it. */
function isTextFile(path: string): boolean {
  const segments = path.split('/');
  return (
    segments.every((segment) => segment !== '' && segment !== '.' && segment !== '..') &&
    /^(?:[^.]{1,60}|.{1,60}\.(?:md|markdown|rst|txt|rest))$/iu.test(segments.at(-1) ?? '')
  );
}

function ordered(urls: readonly LabelledUrl[], labels: readonly string[]): readonly LabelledUrl[] {
  const rank = ({ label }: LabelledUrl): number => {
    const found = labels.indexOf(label.replace(/[\p{P}\p{S}\s]/gu, '').toLowerCase());
    return found === -1 ? labels.length : found;
  };
  return urls.toSorted((one, other) => rank(one) - rank(other));
}

function repositoryOf(text: string): Repository | null {
  const url = URL.parse(text.trim());
  if (url === null || !/^(?:https?|git\+https):$/u.test(url.protocol)) return null;
  const host = url.hostname.toLowerCase().replace(/^www\./u, '');
  if (host !== 'github.com' && host !== 'gitlab.com' && host !== 'codeberg.org') return null;
  const parts = url.pathname.split('/').slice(1);
  const end = parts.indexOf('-');
  const owned = host === 'gitlab.com' && end > 1 ? parts.slice(0, end) : parts.slice(0, 2);
  const names = owned.map((part) => part.replace(/\.git$/u, ''));
  if (names.length < 2 || !names.every((name) => /^(?!\.{1,2}$)[\w.-]{1,100}$/u.test(name))) return null;
  if (/^(?:sponsors|orgs|users|apps|marketplace|features|topics|search|settings)$/u.test(names[0] ?? ''))
    return null;
  return { host, path: names.join('/') };
}

function decoded(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
