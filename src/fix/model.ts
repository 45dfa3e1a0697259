/** The nouns of the search for the smallest change that takes a vulnerability out of a group of locks. */

/** A package that has to move. */
export interface Vulnerable {
  /** Normalised. */
  readonly name: string;
  /** Releases without the vulnerability that the index has, lowest first. Never empty. */
  readonly candidates: readonly [string, ...string[]];
  /** Locked versions without it (another one is locked for other markers), which may stay. */
  readonly keep: readonly string[];
}

/** A locked package that may have to move with it. */
export interface Movable {
  /** Normalised. */
  readonly name: string;
  /** As the locks have it, in as many versions as there are. */
  readonly locked: readonly string[];
  /** Its releases above the lowest locked one, lowest first; null: nobody knows them, and freed it is shown whole. */
  readonly releases: readonly string[] | null;
  /** What is known of it says that, as it is locked, it lets no candidate in. */
  readonly caps: boolean;
  /** The lowest of `releases` that is known to let a candidate in; null: not known. */
  readonly likely: string | null;
}

export interface FixProblem {
  /** Those first whose low version counts most. Never empty. */
  readonly vulnerable: readonly Vulnerable[];
  /**
   * Those first that are rather moved than others. What is not among them stays as it is locked; what is in no lock is not
   * limited.
   */
  readonly movable: readonly Movable[];
  /** So many attempts at most. */
  readonly attempts: number;
}

/** What a locker is shown: everything else that is locked, at its locked versions alone. */
export interface Attempt {
  /** By name of a vulnerable package: all that is shown of it. */
  readonly candidates: ReadonlyMap<string, readonly string[]>;
  /** By name of a freed package: what is shown beside its locked versions; null: all. */
  readonly freed: ReadonlyMap<string, readonly string[] | null>;
}

/** What came of an attempt. */
export type AttemptOutcome =
  | {
      readonly kind: 'solved';
      /** By normalised name: all versions that the locks hold now. */
      readonly versions: ReadonlyMap<string, readonly string[]>;
    }
  /** What it was shown allows no solution. */
  | { readonly kind: 'failed' };

export type Verdict =
  | { readonly do: 'attempt'; readonly attempt: Attempt }
  | {
      readonly do: 'found';
      /** Index in the history of the outcome to publish. */
      readonly at: number;
      /** Freed packages that moved with the vulnerable ones, in the problem's order. */
      readonly moved: readonly string[];
      /** It is the minimum; false: attempts ran out before it was known to be. */
      readonly proven: boolean;
    }
  | {
      /** Not even with all movable packages freed. */
      readonly do: 'blocked';
      /** It was tried; false: there was no attempt left for that. */
      readonly proven: boolean;
    };
