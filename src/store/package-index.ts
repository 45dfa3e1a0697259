/** The port of the package index: which repository has which package, in a lock or in an image that it publishes. */

/** One release in a place. */
export interface PlacePackage {
  /** As OSV names it, with the release where that matters: `PyPI`, `Debian:12`. Compared letter by letter. */
  readonly ecosystem: string;
  /** Normalised (PEP 503) for Python; a distribution's source package. Compared letter by letter. */
  readonly name: string;
  readonly version: string;
  /** A manifest names it. */
  readonly direct: boolean;
  /** Nothing but development needs it. */
  readonly dev: boolean;
}

/** A lock or an image, and all that it holds. Without packages: there is no such place any more. */
export interface PackagePlace {
  readonly kind: 'lock' | 'image';
  /** The lock's path, or the image's reference as written. */
  readonly place: string;
  readonly packages: readonly PlacePackage[];
}

export interface IndexedRepository {
  readonly id: number;
  readonly owner: string;
  readonly name: string;
  readonly installation: number;
}

/** One release of a package that was asked for, where it was seen last. */
export interface PackageHolder extends PlacePackage {
  readonly repository: { readonly id: number; readonly owner: string; readonly name: string };
  readonly installation: number;
  /** Commit at which the repository was recorded. */
  readonly head: string;
  readonly kind: PackagePlace['kind'];
  readonly place: string;
}

export interface RecordOptions {
  /** `places`: the repository's other places stay as they are. Else they are gone. */
  readonly scope?: 'repository' | 'places';
}

export interface PackageIndex {
  /**
   * All or nothing. A place that comes twice (an image on two platforms) holds what either has. Writes next to nothing
   * when nothing is different. What no advisory can name (text of more than 300 characters) is left out, and so are
   * places past 100,000 packages of one call, which the log tells.
   */
  recordPackages(
    repository: IndexedRepository,
    head: string,
    places: readonly PackagePlace[],
    options?: RecordOptions,
  ): Promise<void>;
  /** Commit at which the repository was recorded; null: never, or the index was lost. */
  recordedHead(repositoryId: number): Promise<string | null>;
  /**
   * Who has one of these packages, in whatever version. Read some hundreds at a time; all of one repository come one after
   * the other.
   */
  repositoriesWith(
    queries: readonly { readonly ecosystem: string; readonly name: string }[],
  ): AsyncIterable<PackageHolder>;
  /** Of a repository that the App may no longer see: its packages, notices and last runs. Its jobs stay. */
  forgetRepository(repositoryId: number): Promise<void>;
  /** The same for every repository that was recorded in the name of this installation. */
  forgetInstallation(installation: number): Promise<void>;
}
