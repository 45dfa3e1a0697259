/** Why something was not done: the noun that every layer tells its reader with. Imports nothing. */

/** Why something was not done, or failed; shown to the reader as it is. */
export interface Reason {
  readonly code: ReasonCode;
  /** One or two sentences: what was tried and why it failed, naming file, line, package, host as far as known. */
  readonly message: string;
  /** What the reader can do about it; empty when there is nothing. */
  readonly fix: string;
  /** The tool's own words, redacted and capped; empty when no tool ran. */
  readonly detail: string;
}

export type ReasonCode =
  // solving
  | 'unsatisfiable'
  | 'unsatisfiable-with-legacy-resolver'
  | 'index-skew'
  | 'package-not-found'
  // remotes
  | 'index-unreachable'
  | 'extra-index-unreachable'
  | 'index-json-api-missing'
  | 'git-host-unreachable'
  | 'git-reference-missing'
  | 'url-unreachable'
  | 'channel-unreachable'
  | 'image-not-found'
  | 'registry-auth'
  | 'registry-unreachable'
  | 'rate-limited'
  | 'manifest-invalid'
  | 'authentication-required'
  // builds of source distributions
  | 'sdist-build-system-library'
  | 'sdist-build-requirement-newer-python'
  | 'sdist-build-requirement-conflict'
  | 'sdist-build-failed'
  // tools and interpreters
  | 'python-missing'
  | 'tool-does-not-run-on-locked-python'
  | 'tool-install-broken'
  | 'tool-failed'
  | 'timeout'
  | 'cancelled'
  | 'cooldown-unsupported'
  // walls
  | 'sandbox-unavailable'
  | 'limit-exceeded'
  | 'network-refused'
  // scanners
  | 'scanner-missing'
  | 'scanner-failed'
  | 'advisories-unreachable'
  | 'database-missing'
  | 'database-unreadable'
  // repository content
  | 'missing-workspace-members'
  | 'missing-input'
  | 'manifest-missing'
  | 'lock-missing'
  | 'manifest-unreadable'
  | 'lock-unreadable'
  | 'ambiguous-manifest'
  | 'header-not-understood'
  | 'option-refused'
  | 'path-outside-repository'
  | 'symlink'
  | 'too-large'
  | 'not-utf8'
  // decisions
  | 'unsupported-kind'
  | 'nothing-pinned'
  | 'excluded-by-config'
  | 'not-selected'
  | 'group-failed'
  | 'unexpected-write'
  | 'internal';
