/** The port of what is remembered of published images. All of it can be lost: then a rebuild is asked for twice. */
import type { Answer } from './store.ts';

/** The rebuild of one image that was asked for last. */
export interface RebuildRequest {
  /** ISO 8601. */
  readonly at: string;
  /** Of a platform's manifest that was published then. */
  readonly digest: string;
  /**
   * `asking`: written before GitHub is asked, so that who is killed meanwhile looks first whether it was; `refused`: GitHub
   * did not want it; `asked`: nothing is to be followed; `running`: the run is followed; `ended`.
   */
  readonly state: 'asking' | 'refused' | 'asked' | 'running' | 'ended';
  /** Of the workflow's run; null: none is known. */
  readonly runId: number | null;
  /** Id of the job that asked, which its retries share. */
  readonly job: string;
  /** Repository-relative; what it builds. */
  readonly dockerfile: string;
  /** File name of the workflow; null: none was started. */
  readonly workflow: string | null;
  /** Comments that are told of the run's end. */
  readonly answers: readonly Answer[];
  /** How the run ended and its page, as a sentence; null: it has not, or nobody knows. */
  readonly end: string | null;
}

/** One image that a repository publishes. */
export interface PublishedImage {
  readonly ref: string;
  readonly dockerfile: string;
  /** Manifest digests of its platforms, as one text to be compared; empty: not known. */
  readonly digest: string;
  /** References that its Dockerfile builds on. */
  readonly bases: readonly string[];
}

export interface PublishingRepository {
  readonly id: number;
  readonly owner: string;
  readonly name: string;
  readonly installation: number;
}

export interface RebuildState {
  askedRebuild(repositoryId: number, ref: string): Promise<RebuildRequest | null>;
  /** In place of what was kept for that image. */
  saveAskedRebuild(repositoryId: number, ref: string, request: RebuildRequest): Promise<void>;
  /** Those whose runs are followed, by reference. */
  runningRebuilds(repositoryId: number): Promise<ReadonlyMap<string, RebuildRequest>>;
  /**
   * Keeps what a run saw. A digest that is not known leaves the one that was.
   * @param whole the others of the repository are forgotten: its policy names them no more.
   * @returns references whose digest was known, and is another now.
   */
  savePublished(
    repository: PublishingRepository,
    images: readonly PublishedImage[],
    whole: boolean,
  ): Promise<readonly string[]>;
  /** Of all repositories of an installation. */
  publishedImages(
    installation: number,
  ): Promise<readonly (PublishedImage & { readonly repository: PublishingRepository })[]>;
}
