/** The repository's own policy, `.github/relock.toml`, as the pure code uses it. Every key optional. */

export const POLICY_PATH = '.github/relock.toml';

export type Solver = 'auto' | 'uv' | 'pip-compile';

/** `[[lock]]`: what the repository says of the locks that `path` matches. The last match wins, key by key. */
export interface LockPolicy {
  /** Glob of lock paths. */
  readonly path: string;
  readonly enabled?: boolean;
  /** `3.11`: the Python that the lock is for, over everything that is learned. */
  readonly python?: string;
  /** Exact version of the lock's own tool, over what the lock says. */
  readonly toolVersion?: string;
  /** For a header that hides its inputs: repository-relative manifests, in order. */
  readonly inputs?: readonly string[];
  /** For a header that hides its options: further options of the lock's tool (understood and checked like a header's). */
  readonly options?: readonly string[];
  readonly solver?: Solver;
}

export interface Policy {
  /** Cool-down as written: `7 days`, `P7D`, `2026-11-01`; null: none. */
  readonly excludeNewer: string | null;
  /** Globs of paths that are left alone. */
  readonly ignore: readonly string[];
  /** What solves pip-compile locks. */
  readonly solver: Solver;
  readonly locks: readonly LockPolicy[];
}
