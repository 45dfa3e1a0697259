/**
 * The nouns of Relock. Plain data, readonly, no behaviour, no imports: every layer may use these, and everything that
 * crosses a layer is made of these.
 *
 * All paths are POSIX paths relative to the root of the repository, without a leading `./`; the root itself is `.`.
 */

import type { Reason } from './reason.ts';

export type { Reason, ReasonCode } from './reason.ts';

/** What asked for the run. */
export type Trigger = 'terminal' | 'schedule' | 'comment' | 'advisory';

/** One request to look over a repository. Plain JSON; carries no state of its own. */
export interface Job {
  /** How the report names the repository: `owner/name`, or the folder's name at a terminal. */
  readonly repository: string;
  readonly trigger: Trigger;
  /** Globs of lock paths to work on; empty means all. */
  readonly only: readonly string[];
  /** Cool-down: no release uploaded at or after this ISO 8601 instant (UTC) enters a lock. */
  readonly cutoff: string | null;
  /** A person wants published images built without cache, whether that is due or not. */
  readonly noCache?: true;
}

/** One file of the checkout as the pure code sees it. Only text is ever interpreted. */
export type TreeFile =
  | { readonly kind: 'text'; readonly text: string }
  /** Not followed, ever: a link can leave the repository. */
  | { readonly kind: 'symlink' }
  | { readonly kind: 'too-large'; readonly bytes: number }
  | { readonly kind: 'not-utf8' };

/**
 * A snapshot of the checkout: every path, and the content of the files that can matter to a decision (manifests, locks,
 * Dockerfiles, version files). `text` keeps line ends and a leading BOM as they are in the file.
 */
export interface Tree {
  /** Every file's path, sorted. */
  readonly paths: readonly string[];
  readonly files: ReadonlyMap<string, TreeFile>;
}

export type LockKind =
  | 'pip-compile'
  | 'pip-compile-multi'
  | 'uv-pip-compile'
  | 'poetry'
  | 'pipenv'
  | 'uv'
  | 'pylock'
  | 'pinned'
  | 'conda-lock'
  | 'conda-explicit'
  | 'pdm'
  | 'rye'
  | 'unknown';

/**
 * A distribution that provides a command-line tool, to be installed in an environment of its own. The installer holds the
 * tool's own dependencies to the time of its release (plus some weeks), so that yesterday's release of one cannot break it.
 */
export interface ToolSpec {
  readonly name: 'uv' | 'poetry' | 'pipenv' | 'pip-tools' | 'pip-compile-multi' | 'conda-lock';
  /** Exact version, or null: for `uv` the one Relock brings, else the newest that runs on `python`. */
  readonly version: string | null;
  /** The interpreter the tool itself runs on, as `3.11` or `3.11.7`; null: any. Not used for `uv`. */
  readonly python: string | null;
  /** Exact further requirements installed beside it: `poetry-plugin-pypi-mirror==0.4.2`. */
  readonly with: readonly string[];
}

/** One child process, as data. The runner is the only place that starts one. */
export interface Command {
  readonly tool: ToolSpec;
  /**
   * The first item is an executable that the tool provides (`uv`, `poetry`, `pip-compile`). Never a shell string. A further
   * item that is exactly `{bin}/NAME` stands for the absolute path of another executable that the tool provides.
   */
  readonly argv: readonly [string, ...string[]];
  /** Repository-relative folder. */
  readonly cwd: string;
  /** Added to the allow-listed environment of a child. */
  readonly env: Readonly<Record<string, string>>;
  /** Repository-relative paths whose text the step result brings back. */
  readonly outputs: readonly string[];
  readonly timeoutSeconds: number;
}

/** What a child process gave. Both streams are capped (the middle is dropped) and free of credentials. */
export interface CommandResult {
  /** null when it was ended by a signal. */
  readonly exitCode: number | null;
  readonly timedOut: boolean;
  readonly stdout: string;
  readonly stderr: string;
  readonly seconds: number;
}

/** Which tool makes a lock, at which version, and how that was learned. */
export interface ToolChoice {
  readonly name: string;
  /** Exact version when known, else null (newest that fits). */
  readonly version: string | null;
  /** How it was learned, for people: `header of poetry.lock`, `[tool.uv] required-version`. */
  readonly from: string;
}

/** The Python that a lock is for. */
export interface PythonChoice {
  /** `3.11` or `3.11.4`; null when nothing in the repository says. */
  readonly version: string | null;
  /** How it was learned, for people: `Dockerfile:3 FROM python:3.11-slim`. */
  readonly from: string;
}

/** A host outside that a lock needs; probed before a locker runs so that a dead one costs seconds. */
export interface Remote {
  readonly url: string;
  readonly purpose: 'index' | 'extra-index' | 'git' | 'url' | 'channel';
  /** Where it is named: `requirements.in:12`. */
  readonly namedIn: string;
  /** The lock can do without: it is not probed, and its tool may try to reach it. */
  readonly optional?: true;
}

/** One lock to make anew. */
export interface Target {
  /** The lock file; also the target's identity. */
  readonly path: string;
  readonly kind: LockKind;
  /** The files that say what is wanted. */
  readonly manifests: readonly string[];
  /** Every file of the repository that the result depends on: manifests, constraints, other locks. */
  readonly inputs: readonly string[];
  /** The only paths it may publish. */
  readonly writes: readonly string[];
  readonly tool: ToolChoice;
  readonly python: PythonChoice;
  readonly cwd: string;
  /** The command that a person would type, in `cwd`, for `plan` and for "reproduce by hand". */
  readonly command: readonly string[];
  readonly remotes: readonly Remote[];
  /** What a reader should know although nothing is wrong. */
  readonly notes: readonly string[];
}

/** A file that was found and is left alone. */
export interface Skip {
  readonly path: string;
  readonly kind: LockKind;
  readonly reason: Reason;
}

/** One locked package, in one model for all ecosystems. */
export interface LockedPackage {
  /** Normalised as PEP 503 says. */
  readonly name: string;
  /** PEP 440 text as in the lock; null for a URL, VCS or path requirement that records none. */
  readonly version: string | null;
  /** Where it comes from when that is not the default index: `git+https://…@<sha>`, an index URL, a path; else null. */
  readonly source: string | null;
  /** `sha256:…`, sorted; empty when the lock has none. */
  readonly hashes: readonly string[];
  /** Named by a manifest itself. */
  readonly direct: boolean;
  /** Names of the packages that want it, sorted; empty when the lock does not tell. */
  readonly via: readonly string[];
  /** Dependency groups or extras it belongs to (`main`, `dev`, `docs`), sorted; empty when the lock does not tell. */
  readonly groups: readonly string[];
  /** Set in locks of conda-lock, which have an entry for each platform. */
  readonly conda?: CondaPackage;
}

export interface CondaPackage {
  /** `linux-64`. */
  readonly platform: string;
  readonly manager: 'conda' | 'pip';
  /** Build string, `py311h6f00efd_1`; null for a pip package. */
  readonly build: string | null;
  /** `conda-forge`, or the URL of a channel; null for a pip package. */
  readonly channel: string | null;
}

export interface LockContent {
  readonly packages: readonly LockedPackage[];
}

export type ChangeKind =
  | 'major'
  | 'minor'
  | 'patch'
  | 'downgrade'
  | 'new'
  | 'removed'
  | 'source'
  | 'hash'
  /** Same version, another build string (conda). */
  | 'build';

/** One package that moved in one lock. */
export interface Change {
  readonly name: string;
  readonly from: string | null;
  readonly to: string | null;
  readonly kind: ChangeKind;
  readonly direct: boolean;
  readonly via: readonly string[];
  readonly groups: readonly string[];
  /** Where it comes from now (a removed one: came from) when that is not the default index, else null. */
  readonly origin: string | null;
  /** Set when the source changed, else null. */
  readonly source: { readonly from: string | null; readonly to: string | null } | null;
  /** Set in locks of conda-lock. */
  readonly conda?: CondaChange;
}

export interface CondaChange {
  /** Where it moved like this, sorted; empty: on all platforms of the lock. */
  readonly platforms: readonly string[];
  readonly manager: 'conda' | 'pip';
  readonly channel: string | null;
  /** null when it has none on either side, or did not change. */
  readonly build: { readonly from: string | null; readonly to: string | null } | null;
}

export type TargetStatus = 'planned' | 'updated' | 'unchanged' | 'failed' | 'skipped';

/** A file to publish. `text` null removes it. Only regular files; `executable` keeps the mode bit. */
export interface FileChange {
  readonly path: string;
  readonly text: string | null;
  readonly executable: boolean;
}

/** What became of one target. */
export interface TargetResult {
  readonly target: Target;
  readonly status: Exclude<TargetStatus, 'planned'>;
  readonly reason: Reason | null;
  readonly seconds: number;
  readonly changes: readonly Change[];
  /** What solved it, for people: `uv 0.13.9`, `poetry 1.8.5`. */
  readonly solver: string | null;
  readonly notes: readonly string[];
  readonly files: readonly FileChange[];
  /** What it holds on both sides, as far as it could be read; left out where it was not. */
  readonly contents?: LockContents;
}

/** null: it could not be read, or there is none. */
export interface LockContents {
  readonly before: LockContent | null;
  /** Of a failed or skipped one: as before. */
  readonly after: LockContent | null;
}

/** Links of a package, from its own metadata (core metadata `Project-URL`, PEP 753 labels). All https or http. */
export interface PackageLinks {
  readonly changelog: string | null;
  readonly releases: string | null;
  /** The compare view between both versions, when the forge and tag scheme are known. */
  readonly compare: string | null;
  readonly home: string | null;
}

export interface PullRequest {
  readonly title: string;
  /** Markdown, under 65,536 characters. */
  readonly body: string;
}

/** Everything one run gave. */
export interface Outcome {
  readonly job: Job;
  readonly results: readonly TargetResult[];
  readonly skips: readonly Skip[];
  /** Wall time of the whole run. */
  readonly seconds: number;
  /** What a reader should know of the whole run: the index in use, what was not checked. */
  readonly notes: readonly string[];
  /** null when there is nothing to propose and nothing failed. */
  readonly pullRequest: PullRequest | null;
}
