/** A page of an index as a view shows it. Pure. */
import type { ProjectView } from './index-view.ts';
import { releaseKey, releaseReader } from './release-of-file.ts';
import { hideYounger, uploadInstant, type PageFile, type SimplePage } from './simple-page.ts';

export interface AgeLimit {
  /** Milliseconds since 1970: what was uploaded at or after it is too young. */
  readonly cutoff: number;
  /** Releases, as `releaseKey` writes them, whose files may be young. */
  readonly exempt: ReadonlySet<string>;
}

/** One file of a page, as the choice needs it. */
export interface AgedFile {
  /** As `releaseKey` writes it; null when it cannot be told. */
  readonly release: string | null;
  /** Milliseconds since 1970; null when the index tells none. */
  readonly uploaded: number | null;
}

/**
 * What a view that names a project's versions shows of it.
 * @param files of the whole page: a release that has files of age shows only those, and one that has none is shown whole.
 */
export function chooseFiles(
  files: Iterable<AgedFile>,
  shown: ReadonlySet<string>,
  age: AgeLimit | null,
): (file: AgedFile) => boolean {
  const isOld = ({ uploaded }: AgedFile): boolean =>
    age === null || (uploaded !== null && uploaded < age.cutoff);
  const settled = new Set<string>();
  for (const file of files) if (file.release !== null && isOld(file)) settled.add(file.release);
  return (file) => {
    const { release } = file;
    if (release === null || !shown.has(release)) return false;
    return isOld(file) || !settled.has(release) || age?.exempt.has(release) === true;
  };
}

/** @param age null: nothing is hidden for its age. */
export function pageInView(page: SimplePage, view: ProjectView, age: AgeLimit | null): SimplePage {
  const exempt = new Set([...(age?.exempt ?? []), ...view.exempt]);
  const { shown } = view;
  if (shown === null) return age === null ? page : hideYounger(page, age.cutoff, exempt).page;
  const releaseOf = releaseReader(page.name);
  const told = page.files.map((file) => {
    const release = releaseOf(file.filename);
    // Times are read of the few that may be shown.
    const isTimed = age !== null && release !== null && shown.has(release);
    return { file, release, uploaded: isTimed ? uploadInstant(file['upload-time']) : null };
  });
  const left = told.filter(chooseFiles(told, shown, age === null ? null : { ...age, exempt }));
  const releases = new Set(left.map(({ release }) => release));
  return {
    ...page,
    files: left.map(({ file }) => (view.unyank ? withoutYank(file) : file)),
    versions: page.versions?.filter((version) => releases.has(releaseKey(version))) ?? null,
  };
}

function withoutYank(file: PageFile): PageFile {
  const { yanked: _, ...rest } = file;
  return rest;
}
