/** Links to the sources that an image was built from, as its labels and annotations tell. Pure. */
import type { ImageContent } from './content.ts';

export interface ImageSourceRevision {
  /** https or http, without `.git`. */
  readonly repository: string;
  /** Hexadecimal; null when it is not told. */
  readonly revision: string | null;
  /** The commit's page where the forge's addresses are known, else the repository's. */
  readonly url: string;
}

const REVISION = /^[0-9a-f]{7,64}$/u;
const LONGEST_URL = 2048;
const SOURCE = 'org.opencontainers.image.source';
const REVISION_KEY = 'org.opencontainers.image.revision';

/**
 * `org.opencontainers.image.source` and `.revision` (OCI image annotations): the manifest's annotations, which official
 * images have, before the labels, which an image inherits from the image that it was built on.
 * Threat: both are the publisher's free text; only an http(s) address without credentials and a hexadecimal revision
 * count.
 */
export function sourceRevisionOf(
  image: Pick<ImageContent, 'annotations' | 'config'>,
): ImageSourceRevision | null {
  return read(image.annotations) ?? read(image.config.labels);
}

function read(words: Readonly<Record<string, string>>): ImageSourceRevision | null {
  const word = (name: string): string => (Object.hasOwn(words, name) ? (words[name] ?? '').trim() : '');
  const repository = repositoryUrl(word(SOURCE));
  if (repository === null) return null;
  const said = word(REVISION_KEY).toLowerCase();
  const revision = REVISION.test(said) ? said : null;
  return { repository, revision, url: revision === null ? repository : commitPage(repository, revision) };
}

/** Docker's own images write `https://github.com/docker-library/python.git#<commit>:3.12/slim`. */
function repositoryUrl(text: string): string | null {
  if (text === '' || text.length > LONGEST_URL || !URL.canParse(text)) return null;
  const url = new URL(text);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return null;
  if (url.username !== '' || url.password !== '') return null;
  url.hash = '';
  url.search = '';
  return url.href.replace(/\/$/u, '').replace(/\.git$/u, '');
}

type Page = 'commit' | 'compare';

/** null where the forge's addresses are not known, or the address is deeper than a repository. */
function pageOf(repository: string, page: Page): string | null {
  const { hostname, pathname } = new URL(repository);
  const depth = pathname.split('/').filter((part) => part !== '').length;
  const github = hostname === 'github.com' || hostname === 'codeberg.org';
  if (github && depth === 2) return `${repository}/${page}`;
  if (/(?:^|\.)gitlab\./u.test(hostname) && depth >= 2 && !pathname.includes('/-/')) {
    return `${repository}/-/${page}`;
  }
  return null;
}

function commitPage(repository: string, revision: string): string {
  const page = pageOf(repository, 'commit');
  return page === null ? repository : `${page}/${revision}`;
}

/** The page that compares both, or null. */
export function compareRevisions(
  from: ImageSourceRevision | null,
  to: ImageSourceRevision | null,
): string | null {
  if (from === null || to === null || from.repository !== to.repository) return null;
  if (from.revision === null || to.revision === null || from.revision === to.revision) return null;
  const page = pageOf(to.repository, 'compare');
  return page === null ? null : `${page}/${from.revision}...${to.revision}`;
}
