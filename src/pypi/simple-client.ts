/** What a simple index (PEP 503, PEP 691, PEP 700, PEP 658/714) says of a project. */

export interface IndexFile {
  readonly filename: string;
  /** Absolute. */
  readonly url: string;
  /** `sha256` -> hex. */
  readonly hashes: Readonly<Record<string, string>>;
  /** PEP 440 specifier set, or null. */
  readonly requiresPython: string | null;
  /** ISO 8601 UTC (PEP 700), or null where the index does not tell. */
  readonly uploadTime: string | null;
  /** false, or the reason given (empty string when none was). */
  readonly yanked: string | false;
  /** Whether `url + ".metadata"` answers (PEP 658). */
  readonly hasMetadata: boolean;
}

export interface IndexProject {
  /** Normalised (PEP 503). */
  readonly name: string;
  /** In the index's order. */
  readonly files: readonly IndexFile[];
}

export interface SimpleClient {
  /**
   * @returns null when the index has no such project.
   * @throws {IndexError} when the index cannot be reached or its answer is not understood.
   */
  project(name: string): Promise<IndexProject | null>;
  /** Core metadata of one release (from a wheel's PEP 658 file; else null). Never throws. */
  metadata(name: string, version: string): Promise<string | null>;
}
