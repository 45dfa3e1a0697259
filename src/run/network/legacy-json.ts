/** The public index's own JSON (`/pypi/NAME/json`, `/pypi/NAME/VERSION/json`), cut at an instant. Pure. */
import { clean, compare, valid } from '@renovatebot/pep440';
import { collectFiles, type NamedFiles } from './named-files.ts';
import type { ProjectView } from './index-view.ts';
import { chooseFiles, type AgedFile } from './page-view.ts';
import { releaseKey, releaseReader } from './release-of-file.ts';
import { isExempt, isRecord, sha256Of, uploadInstant } from './simple-page.ts';

type JsonObject = Readonly<Record<string, unknown>>;

export interface LegacyCut {
  /** Milliseconds since 1970; null: nothing is hidden. */
  readonly cutoff: number | null;
  /** Releases, as `releaseKey` writes them, that stay. */
  readonly exempt: ReadonlySet<string>;
  /** Normalised. */
  readonly project: string;
  /** Of the page's address; null: all of them. */
  readonly version?: string | null;
  /** What is shown of the project; null: all that the cool-down allows. */
  readonly view?: ProjectView | null;
}

export type LegacyPage =
  | {
      readonly kind: 'page';
      /** As it came; changed where files were hidden. */
      readonly value: JsonObject;
      readonly isChanged: boolean;
      readonly files: NamedFiles;
    }
  /** It has files, and a time for none of them. */
  | { readonly kind: 'undated'; readonly files: NamedFiles }
  /** All its files are too young. */
  | { readonly kind: 'hidden' }
  | { readonly kind: 'unreadable' };

/** Reads and cuts such a page. */
export function readLegacyPage(text: string, cut: LegacyCut): LegacyPage {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return { kind: 'unreadable' };
  }
  if (!isRecord(value) || !isRecord(value['info'])) return { kind: 'unreadable' };
  const shown = cut.view?.shown ?? null;
  if (shown !== null && typeof cut.version === 'string' && !shown.has(releaseKey(cut.version))) {
    return { kind: 'hidden' };
  }
  const files = toldFiles(value, cut);
  const isUndated = files.length > 0 && files.every(({ uploaded }) => uploaded === null);
  if (shown === null && cut.cutoff === null) {
    return { kind: 'page', value, isChanged: false, files: namedIn(files) };
  }
  if (shown === null && isUndated) return { kind: 'undated', files: namedIn(files) };
  const kept = files.filter(choiceOf(files, cut));
  if (kept.length === 0) return { kind: 'hidden' };
  const left = cut.view?.unyank === true ? kept.map(unyanked) : kept;
  const isChanged = isRecord(value['releases']) || left.length !== files.length || left !== kept;
  return { kind: 'page', value: rebuilt(value, left, cut), isChanged, files: namedIn(left) };
}

interface ToldFile extends AgedFile {
  readonly file: JsonObject;
  /** The key of `releases` that it stands below; null: it stands in `urls`. */
  readonly below: string | null;
  /** False: its name tells another release than the place where it stands. */
  readonly isAgreed: boolean;
}

/** All files that the page names, and what it tells of each. */
function toldFiles(value: JsonObject, { project, version = null }: LegacyCut): readonly ToldFile[] {
  const told = isRecord(value['info']) ? value['info']['version'] : null;
  const releaseOf = releaseReader(project);
  const tell = (file: JsonObject, below: string | null): ToldFile => {
    const place = below ?? version ?? (typeof told === 'string' ? told : null);
    const { filename } = file;
    const named = typeof filename === 'string' ? releaseOf(filename) : null;
    const release = place === null ? named : releaseKey(place);
    const uploaded = uploadInstant(file['upload_time_iso_8601']);
    return { file, below, release, uploaded, isAgreed: named === null || named === release };
  };
  const releases = isRecord(value['releases']) ? Object.entries(value['releases']) : [];
  return [
    ...filesIn(value['urls']).map((file) => tell(file, null)),
    ...releases.flatMap(([key, list]) => filesIn(list).map((file) => tell(file, key))),
  ];
}

function choiceOf(files: readonly ToldFile[], cut: LegacyCut): (file: ToldFile) => boolean {
  const { cutoff, project, view } = cut;
  const exempt = new Set([...cut.exempt, ...(view?.exempt ?? [])]);
  const shown = view?.shown ?? null;
  if (shown !== null) {
    const chosen = chooseFiles(files, shown, cutoff === null ? null : { cutoff, exempt });
    return (file) => file.isAgreed && chosen(file);
  }
  return ({ file, uploaded }) => {
    if (uploaded !== null && cutoff !== null && uploaded < cutoff) return true;
    const { filename } = file;
    return typeof filename === 'string' && isExempt(filename, project, exempt);
  };
}

/** The page with these of its files. */
function rebuilt(value: JsonObject, left: readonly ToldFile[], { view }: LegacyCut): JsonObject {
  const urls = left.filter(({ below }) => below === null).map(({ file }) => file);
  const isShown = view?.unyank === true;
  const said: JsonObject = isRecord(value['info']) ? value['info'] : {};
  const info = isShown && said['yanked'] === true ? { ...said, ...NOT_YANKED } : said;
  if (!isRecord(value['releases'])) return { ...value, info, urls };
  const below = Map.groupBy(
    left.filter((one) => one.below !== null),
    (one) => one.below ?? '',
  );
  const releases = Object.keys(value['releases']).flatMap<[string, readonly JsonObject[]]>((version) => {
    const files = below.get(version) ?? [];
    return files.length === 0 ? [] : [[version, files.map(({ file }) => file)]];
  });
  const newest = below.has(String(info['version'])) ? null : newestOf(releases);
  return {
    ...value,
    releases: Object.fromEntries(releases),
    ...(newest === null ? { info, urls } : { urls: newest[1], info: describe(info, newest[0], newest[1]) }),
  };
}

const NOT_YANKED = { yanked: false, yanked_reason: null };

function unyanked(told: ToldFile): ToldFile {
  return told.file['yanked'] === true ? { ...told, file: { ...told.file, ...NOT_YANKED } } : told;
}

/** What the page says of a release that is hidden is not true of an older one. */
function describe(info: JsonObject, version: string, files: readonly JsonObject[]): JsonObject {
  return {
    ...info,
    version,
    requires_dist: null,
    requires_python: files[0]?.['requires_python'] ?? null,
    yanked: files.every((file) => file['yanked'] === true),
    yanked_reason: null,
  };
}

/** Of the finished releases that are not yanked where there are any. */
function newestOf(
  releases: readonly [string, readonly JsonObject[]][],
): readonly [string, readonly JsonObject[]] | null {
  const known = releases.filter(([version]) => valid(version) !== null);
  const finished = known.filter(
    ([version, files]) =>
      !/(?:a|b|rc|dev)\d/u.test(clean(version) ?? '') && !files.every((file) => file['yanked'] === true),
  );
  const from = finished.length > 0 ? finished : known.length > 0 ? known : releases;
  const ordered = from === releases ? from : from.toSorted(([one], [other]) => compare(one, other));
  return ordered.at(-1) ?? null;
}

function filesIn(list: unknown): readonly JsonObject[] {
  return Array.isArray(list) ? list.filter(isRecord) : [];
}

function namedIn(files: readonly ToldFile[]): NamedFiles {
  return collectFiles(
    files.flatMap(({ file }) => {
      const { url } = file;
      if (typeof url !== 'string') return [];
      const metadataSha256 = sha256Of(file['core-metadata']);
      return [{ url, sha256: sha256Of(file['digests']), metadataSha256 }];
    }),
  );
}
