/** The port of what is remembered of advisories. All of it can be lost: then something is looked at, or told, twice. */

/** That a repository was told, once, why an advisory cannot be met. */
export interface BlockedNotice {
  /** `GHSA-…`. */
  readonly advisory: string;
  readonly package: string;
  /** Of what was said, so that another reason is news. */
  readonly digest: string;
}

export interface AdvisoryState {
  /** How far a source was read, in words of its own (a time, an ETag); null: never. */
  advisoryCursor(source: string): Promise<string | null>;
  saveAdvisoryCursor(source: string, cursor: string): Promise<void>;
  /**
   * The digests of what was acted on last, by id of the advisory; those never acted on are not in it. Kept for 400 days
   * after the last time.
   */
  advisoriesSeen(ids: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** To be called when the jobs are queued, not before: what was lost in between is then acted on again. */
  saveAdvisoriesSeen(digests: ReadonlyMap<string, string>): Promise<void>;
  blockedNotices(repositoryId: number): Promise<readonly BlockedNotice[]>;
  /** In place of what was kept for that advisory and package. */
  saveBlockedNotice(repositoryId: number, notice: BlockedNotice): Promise<void>;
  /** When it is no longer blocked, so that a later one is told. */
  dropBlockedNotice(repositoryId: number, advisory: string, packageName: string): Promise<void>;
}
