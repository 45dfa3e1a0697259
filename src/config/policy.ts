/** The repository's own policy, `.github/relock.toml`, as the pure code uses it. Every key optional. */
import type { BuiltImage } from '../rebuild/model.ts';
import type { ScannerName, SeverityLevel } from '../scan/model.ts';
import type { Schedule } from '../schedule/is-due.ts';

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

/** What the locks are made by. */
export interface Policy {
  /** Cool-down as written: `7 days`, `P7D`, `2026-11-01`; null: none. */
  readonly excludeNewer: string | null;
  /** Globs of paths that are left alone. */
  readonly ignore: readonly string[];
  /** `host` or `host:port` that lockers may reach besides what manifests name; public addresses only. */
  readonly allowHosts: readonly string[];
  /** What solves pip-compile locks. */
  readonly solver: Solver;
  readonly locks: readonly LockPolicy[];
  readonly images: ImagesPolicy;
  /** `[[image]]`: what the repository builds and publishes. No two of one name. */
  readonly builtImages: readonly BuiltImage[];
  readonly scan: ScanPolicy;
}

/** `[images]`: what the repository says of the images that it builds on or runs. */
export interface ImagesPolicy {
  /** Whether an image without a digest is given one. */
  readonly pin: boolean;
  /** How far a tag is moved by itself: `3.11.4` to `3.11.9` is a patch, to `3.12.1` minor. Always suggested. */
  readonly tags: 'off' | 'patch' | 'minor';
  /** Globs of images that are left alone, as written or in full: `python:3.8*`, `ghcr.io/our-org/**`. */
  readonly ignore: readonly string[];
}

/** `[scan]`: what the repository says of known vulnerabilities. */
export interface ScanPolicy {
  /** What looks for them; `auto`: the built-in one, and trivy for images where the operator has it. Empty: nothing does. */
  readonly with: 'auto' | readonly ScannerName[];
  /** Findings of less are counted, not shown. */
  readonly severity: Exclude<SeverityLevel, 'unknown'>;
  readonly ignore: readonly IgnoredVulnerability[];
  /** Whether the App uploads SARIF to GitHub's code scanning. */
  readonly upload: boolean;
}

/** `[[scan.ignore]]`. */
export interface IgnoredVulnerability {
  /** Any of its ids. */
  readonly id: string;
  readonly reason: string;
  /** `2027-03-31`, its last day (UTC); null: for good. */
  readonly until: string | null;
  /** The package (of a distribution: the source package) in which alone it is ignored; null: in all. */
  readonly package: string | null;
}

/** The whole policy: of the locks, and what only the App asks for. */
export interface AppPolicy extends Policy {
  /** When the repository is looked over unasked; null: never. */
  readonly schedule: Schedule | null;
  /** IANA name; the schedule's, and that in which a month begins. */
  readonly timeZone: string;
  readonly pullRequest: PullRequestPolicy;
  readonly security: SecurityPolicy;
}

/** `[security]`: what is done when an advisory on a locked package is published. */
export interface SecurityPolicy {
  readonly enabled: boolean;
  /** Nothing is proposed for less; what nobody has rated counts as low. */
  readonly severity: Exclude<SeverityLevel, 'unknown'>;
  /** Beside those of `[pull-request]`; of an issue on what blocks a fix, too. */
  readonly labels: readonly string[];
}

export interface PullRequestPolicy {
  readonly labels: readonly string[];
  /** Logins. */
  readonly assignees: readonly string[];
  readonly reviewers: {
    /** Logins. */
    readonly users: readonly string[];
    /** Slugs of teams of the repository's owner. */
    readonly teams: readonly string[];
  };
  readonly draft: boolean;
  /** One pull request for all locks, or one for each lock and those that go with it. */
  readonly group: 'one' | 'per-lock';
  /** Before the title of commit and pull request, as written; empty: none. */
  readonly commitPrefix: string;
  /** How GitHub itself merges it once all that it requires is there; null: it does not. */
  readonly autoMerge: 'merge' | 'squash' | 'rebase' | null;
  /** Whether an issue greets a repository when the App is installed on it. */
  readonly welcome: boolean;
}
