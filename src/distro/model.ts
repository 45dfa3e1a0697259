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
