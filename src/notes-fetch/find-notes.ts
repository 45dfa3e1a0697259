/** The notes of one move: the forge's releases, else the changelog file, else where to look oneself. Never throws. */
import { eq } from '@renovatebot/pep440';
import { normaliseName } from '../locks/package-name.ts';
import { notesOfChangelog } from '../notes/changelog.ts';
import { changelogIn, FORGES, repositoryIn, type Repository } from '../notes/forges.ts';
import type { NotesVersion, NotesWanted, ReleaseNotes } from '../notes/model.ts';
import { notesOfReleases, readReleases, releasesOf, type Release } from '../notes/releases.ts';
import { newestFirst } from '../notes/versions.ts';
import type { LabelledUrl } from '../report/links.ts';
import type { ForgeClient } from './forge-client.ts';

const MAX_PAGES = 3;
/** Fewer letters than this in all versions together say no more than a link. */
const MIN_LETTERS = 60;
/** Where changelogs are kept, most usual first; each group is asked at once. */
const GUESSES: readonly (readonly string[])[] = [
  ['CHANGELOG.md', 'CHANGES.rst', 'CHANGES.md', 'CHANGELOG.rst'],
  ['HISTORY.md', 'HISTORY.rst', 'docs/changelog.md', 'docs/changelog.rst', 'NEWS.rst'],
  ['docs/source/changelog.rst', 'doc/changelog.rst', 'NEWS.md', 'CHANGES.txt', 'CHANGES', 'CHANGELOG'],
];

interface Releases {
  readonly versions: readonly NotesVersion[];
  /** Tags of both versions, as far as they are known. */
  readonly tags: { readonly from: string | null; readonly to: string | null };
  readonly truncated: boolean;
  readonly problem: string | null;
}

/** @param urls of the package's own metadata. */
export async function findNotes(
  wanted: NotesWanted,
  urls: readonly LabelledUrl[],
  client: ForgeClient,
): Promise<ReleaseNotes> {
  const repository = repositoryIn(urls);
  if (repository === null)
    return nothing(wanted, 'its metadata names no repository on a forge that Relock knows.');
  const forge = FORGES[repository.host];
  const releases = await releasesBetween(wanted, repository, client);
  const { from, to } = releases.tags;
  const compare = from === null || to === null ? null : forge.compare(repository.path, from, to);
  const found = { ...wanted, compare, url: forge.releasesPage(repository.path), problem: null };
  const { versions, truncated } = releases;
  if (letters(versions) >= MIN_LETTERS) return { ...found, source: 'releases', versions, truncated };
  const changelog = await changelogBetween(wanted, { urls, repository, tag: to }, client);
  if (changelog.versions.length > 0)
    return {
      ...found,
      source: 'changelog',
      versions: changelog.versions,
      truncated: false,
      url: changelog.url,
    };
  if (versions.length > 0) return { ...found, source: 'releases', versions, truncated };
  const problem =
    releases.problem ?? changelog.problem ?? 'neither releases nor a changelog speak of these versions.';
  return { ...found, source: null, versions: [], truncated: false, problem };
}

/** A move of which nothing can be said. */
export function nothing(wanted: NotesWanted, problem: string): ReleaseNotes {
  return { ...wanted, source: null, versions: [], truncated: false, problem, url: null, compare: null };
}

async function releasesBetween(
  wanted: NotesWanted,
  repository: Repository,
  client: ForgeClient,
): Promise<Releases> {
  const forge = FORGES[repository.host];
  const all: Release[] = [];
  let truncated = false;
  let problem: string | null = null;
  for (let page = 1; page <= MAX_PAGES; page += 1) {
    const answer = await client.ask(forge.releases(repository.path, page), 'api', (body) =>
      readReleases(repository.host, JSON.parse(body)),
    );
    if (answer.kind === 'refused') problem = answer.why;
    if (answer.kind !== 'found') break;
    const releases = answer.data as readonly Release[];
    all.push(...releases);
    // An old branch may have a release of yesterday: the page's last one tells how far back it goes.
    const own = releasesOf(wanted.package, repository, releases);
    const last = own.at(-1)?.version ?? null;
    const old =
      own.some(({ version }) => eq(version, wanted.from)) ||
      (last !== null && newestFirst(last, wanted.from) >= 0);
    truncated = page === MAX_PAGES && !old && releases.length >= forge.perPage;
    if (old || releases.length < forge.perPage) break;
  }
  const read = releasesOf(wanted.package, repository, all);
  const tagOf = (version: string): string | null =>
    read.find((one) => eq(one.version, version))?.release.tag ?? null;
  const to = read.find((one) => eq(one.version, wanted.to));
  return {
    versions: notesOfReleases(read, wanted),
    tags: {
      to: to?.release.tag ?? null,
      from: tagOf(wanted.from) ?? (to === undefined ? null : `${to.prefix}${wanted.from}`),
    },
    truncated,
    problem,
  };
}

/** Letters of the texts, without the lines that every forge writes by itself. */
function letters(versions: readonly NotesVersion[]): number {
  return versions.reduce((sum, { text }) => {
    const own = text
      .replace(/^.{0,20}full changelog.{0,300}$/gimu, '')
      .replace(/<!--[^>]{0,500}-->/gu, '')
      .replace(/https?:\/\/\S{1,500}/gu, '');
    return sum + (own.match(/\p{L}/gu)?.length ?? 0);
  }, 0);
}

interface Changelog {
  readonly versions: readonly NotesVersion[];
  readonly url: string | null;
  readonly problem: string | null;
}

interface Place {
  readonly file: string;
  /** A tag; null: the default branch. */
  readonly ref: string | null;
}

interface Where {
  readonly urls: readonly LabelledUrl[];
  readonly repository: Repository;
  readonly tag: string | null;
}

async function changelogBetween(wanted: NotesWanted, where: Where, client: ForgeClient): Promise<Changelog> {
  const linked = changelogIn(where.urls, where.repository);
  const groups: readonly (readonly Place[])[] = [
    ...(linked === null ? [] : refsOf(wanted, where.tag).map((ref) => [{ file: linked.file, ref }])),
    ...GUESSES.map((files) => files.map((file) => ({ file, ref: where.tag }))),
  ];
  let problem: string | null = null;
  for (const places of groups) {
    const found = await Promise.all(
      places.map((place) => readPlace(wanted, where.repository, place, client)),
    );
    const best = found.find(({ versions }) => versions.length > 0);
    if (best !== undefined) return best;
    problem = found.map((one) => one.problem).find((why) => why !== null) ?? problem;
    // A host that refuses once refuses all.
    if (problem !== null) break;
  }
  return { versions: [], url: null, problem };
}

/** At the tag, and where that is not known, as most write it; the default branch last. */
function refsOf({ to }: NotesWanted, tag: string | null): readonly (string | null)[] {
  return tag === null ? [`v${to}`, to, null] : [tag, null];
}

async function readPlace(
  wanted: NotesWanted,
  { host, path }: Repository,
  { file, ref }: Place,
  client: ForgeClient,
): Promise<Changelog> {
  const forge = FORGES[host];
  const answer = await client.ask(forge.raw(path, ref, file), 'file', (body) => body);
  if (answer.kind !== 'found')
    return { versions: [], url: null, problem: answer.kind === 'refused' ? answer.why : null };
  const names = [wanted.package, normaliseName(path.split('/').at(-1) ?? '')];
  const versions = notesOfChangelog(String(answer.data), file, names, wanted);
  return { versions, url: forge.page(path, ref, file), problem: null };
}
