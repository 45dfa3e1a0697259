/** The public index's own JSON (`/pypi/NAME/json`, `/pypi/NAME/VERSION/json`), cut at an instant. Pure. */
import { clean, compare, valid } from '@renovatebot/pep440';
import { collectFiles, type NamedFiles } from './named-files.ts';
import { isExempt, isRecord, sha256Of, uploadInstant } from './simple-page.ts';

type JsonObject = Readonly<Record<string, unknown>>;

export interface LegacyCut {
  /** Milliseconds since 1970; null: nothing is hidden. */
  readonly cutoff: number | null;
  /** Releases, as `releaseKey` writes them, that stay. */
  readonly exempt: ReadonlySet<string>;
  /** Normalised. */
  readonly project: string;
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
  const urls = filesIn(value['urls']);
  const releases = isRecord(value['releases']) ? value['releases'] : null;
  const all = [...urls, ...Object.values(releases ?? {}).flatMap(filesIn)];
  if (cut.cutoff === null) return { kind: 'page', value, isChanged: false, files: namedIn(all) };
  if (all.length > 0 && all.every((file) => uploadedAt(file) === null)) {
    return { kind: 'undated', files: namedIn(all) };
  }
  const stays = (file: JsonObject): boolean => isOld(file, cut);
  const kept = all.filter(stays);
  if (kept.length === 0) return { kind: 'hidden' };
  const files = namedIn(kept);
  const { info } = value;
  if (releases === null) {
    const left = urls.filter(stays);
    return { kind: 'page', value: { ...value, urls: left }, isChanged: left.length !== urls.length, files };
  }
  const left = Object.entries(releases).flatMap<[string, readonly JsonObject[]]>(([version, list]) => {
    const old = filesIn(list).filter(stays);
    return old.length === 0 ? [] : [[version, old]];
  });
  const newest = Object.hasOwn(Object.fromEntries(left), String(info['version'])) ? null : newestOf(left);
  const cutPage = {
    ...value,
    releases: Object.fromEntries(left),
    ...(newest === null
      ? { urls: urls.filter(stays) }
      : { urls: newest[1], info: describe(info, newest[0], newest[1]) }),
  };
  return { kind: 'page', value: cutPage, isChanged: true, files };
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

function isOld(file: JsonObject, { cutoff, exempt, project }: LegacyCut): boolean {
  const time = uploadedAt(file);
  if (time !== null && cutoff !== null && time < cutoff) return true;
  const { filename } = file;
  return typeof filename === 'string' && isExempt(filename, project, exempt);
}

function uploadedAt(file: JsonObject): number | null {
  return uploadInstant(file['upload_time_iso_8601']);
}

function filesIn(list: unknown): readonly JsonObject[] {
  return Array.isArray(list) ? list.filter(isRecord) : [];
}

function namedIn(files: readonly JsonObject[]): NamedFiles {
  return collectFiles(
    files.flatMap((file) => {
      const { url } = file;
      if (typeof url !== 'string') return [];
      const metadataSha256 = sha256Of(file['core-metadata']);
      return [{ url, sha256: sha256Of(file['digests']), metadataSha256 }];
    }),
  );
}
