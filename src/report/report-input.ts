/** All that a report is made from. */
import type { Job, PackageLinks, Skip, TargetResult } from '../model.ts';

export interface ReportInput {
  readonly job: Job;
  readonly results: readonly TargetResult[];
  readonly skips: readonly Skip[];
  /** By `name@version` (the version moved to; for a removed package the one it had). */
  readonly links: ReadonlyMap<string, PackageLinks>;
  /** Wall time of the whole run. */
  readonly seconds: number;
  /** What a reader should know of the whole run: the index in use, what was not checked. */
  readonly notes: readonly string[];
}
