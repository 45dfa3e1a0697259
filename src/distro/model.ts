/** What a distribution offers now to what an image holds. Plain data, pure. */
import type { Reason } from '../reason.ts';

/** One repository of packages that an image is set up for, as its own configuration names it. */
export interface PackageSource {
  readonly kind: 'deb' | 'apk' | 'rpm';
  /** Root of the repository, no trailing slash: `http://deb.debian.org/debian`. */
  readonly url: string;
  /** Debian: `bookworm-security`; ends with a slash for a flat one. Alpine, RPM: empty. */
  readonly suite: string;
  /** Debian: `main`. Alpine, RPM: empty. */
  readonly components: readonly string[];
  /** `amd64`, `x86_64`. */
  readonly architecture: string;
  /** Where the image names it: `etc/apt/sources.list.d/debian.sources`. */
  readonly namedIn: string;
  /** Its indexes need no signature (`[trusted=yes]`). */
  readonly trusted: boolean;
  /** `signed-by` paths or fingerprints, in the image; empty: all that the image trusts. */
  readonly signedBy: readonly string[];
}

/** One package that a source offers. */
export interface OfferedPackage {
  readonly name: string;
  readonly version: string;
  readonly arch: string;
  readonly source: string;
  readonly sourceVersion: string;
  /** Index in the list of sources. */
  readonly from: number;
  /** From a suite of security fixes, or named by an advisory that is one. */
  readonly security: boolean;
  /** Advisories of the distribution that name this version (`updateinfo`, `secdb`), or empty. */
  readonly advisories: readonly string[];
  /** Share of machines that get it yet, 0 to 100 (Ubuntu); null: all do. */
  readonly phased: number | null;
  /** Installed packages are kept or moved together by these (dpkg's grammar, as written); empty texts for others. */
  readonly depends: string;
  readonly breaks: string;
}

/** One package of the image that a newer version is offered for. */
export interface PackageUpdate {
  readonly name: string;
  readonly arch: string;
  readonly source: string;
  readonly from: string;
  readonly to: string;
  readonly security: boolean;
  readonly advisories: readonly string[];
  /** `upgrade`: a plain upgrade step brings it; `kept-back`: only one that may install or remove others; `phased`: not everybody's yet. */
  readonly kind: 'upgrade' | 'kept-back' | 'phased';
  /** For `kept-back`: why, for people. */
  readonly because: string | null;
  /** Suite or repository that offers it, for people: `bookworm-security`. */
  readonly suite: string;
  /** ISO 8601: since when it is offered at the latest, by the date of the index or the advisory; null: not told. */
  readonly since: string | null;
}

/** What the distribution says of one image. */
export type SystemUpdates =
  | {
      readonly state: 'clean' | 'behind';
      readonly updates: readonly PackageUpdate[];
      /** The indexes that were read, with their dates, for people. */
      readonly indexes: readonly {
        readonly source: PackageSource;
        readonly date: string | null;
        readonly signed: boolean;
      }[];
      readonly notes: readonly string[];
    }
  /** Never to be read as clean: an index that is down, expired or badly signed. */
  | { readonly state: 'unknown'; readonly reason: Reason };
