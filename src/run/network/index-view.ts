/** What one client of the door is shown of an index: so that nothing can move but what may. Pure. */
import { normaliseName } from '../../locks/package-name.ts';
import { releaseKey } from './release-of-file.ts';

export interface IndexView {
  /**
   * By name (PEP 503): the versions (PEP 440) that are shown; all others of the project are hidden, and so are files whose
   * version cannot be told. Projects that are not named are shown as they are, as far as the cool-down allows.
   *
   * A version that is named is shown whatever its age. Where a part of its files is too young (a wheel that was added
   * later) that part stays hidden, unless the release is exempt.
   */
  readonly versions: ReadonlyMap<string, readonly string[]>;
  /**
   * Versions that are named lose the mark of being yanked (PEP 592). What is locked may have been withdrawn since, and
   * lockers would not keep it; a caller who names other versions leaves out those that are yanked.
   */
  readonly unyank: boolean;
  /** Releases that the cool-down is not for, beside those of the door. */
  readonly exempt: readonly { readonly name: string; readonly version: string }[];
}

/** What a view says of one project. */
export interface ProjectView {
  /** Tells apart what different clients are shown. */
  readonly id: string;
  /** As `releaseKey` writes them; null: all. */
  readonly shown: ReadonlySet<string> | null;
  readonly unyank: boolean;
  /** Releases that the cool-down is not for, as `releaseKey` writes them. */
  readonly exempt: ReadonlySet<string>;
}

/**
 * @param id of the client that has the view.
 * @returns what the view says of a project (normalised name); null when it says nothing of it.
 */
export function readView(view: IndexView | undefined, id: string): (project: string) => ProjectView | null {
  const shown = new Map<string, Set<string>>();
  for (const [name, versions] of view?.versions ?? []) addTo(shown, name, versions);
  const exempt = new Map<string, Set<string>>();
  for (const { name, version } of view?.exempt ?? []) addTo(exempt, name, [version]);
  return (project) => {
    if (!shown.has(project) && !exempt.has(project)) return null;
    return {
      id,
      shown: shown.get(project) ?? null,
      unyank: view?.unyank === true && shown.has(project),
      exempt: exempt.get(project) ?? new Set(),
    };
  };
}

function addTo(map: Map<string, Set<string>>, name: string, versions: readonly string[]): void {
  const project = normaliseName(name);
  const known = map.get(project) ?? new Set();
  for (const version of versions) known.add(releaseKey(version));
  map.set(project, known);
}
