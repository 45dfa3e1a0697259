/**
 * The store port: the queue of jobs, the last runs, the webhook deliveries that were seen, the package index, and what is
 * remembered of advisories. All of it can be lost or made again: what the forge shows is the truth.
 */

import type { Advisory } from '../advisory/model.ts';
import type { Schedule } from '../schedule/is-due.ts';
import type { AdvisoryState } from './advisory-state.ts';
import type { PackageIndex } from './package-index.ts';
import type { RebuildState } from './rebuild-state.ts';

/** One branch and one pull request each. `security-…`: the fix of one package; its name says ecosystem and package. */
export type Purpose = 'monthly' | `security-${string}`;

/** A comment that asked, and the one comment that holds the result (edited in place). */
export interface Answer {
  /** Number of the issue or pull request. */
  readonly issue: number;
  /** Id of the comment that asked. */
  readonly comment: number;
  /** Id of the comment with the result, when there is one already. */
  readonly reply: number | null;
}

/** One repository to look over, as the queue keeps it: plain JSON. */
export interface QueuedJob {
  readonly repository: { readonly id: number; readonly owner: string; readonly name: string };
  readonly installation: number;
  readonly purpose: Purpose;
  /** Decides also who is next, see `Store.work`. */
  readonly trigger: 'schedule' | 'comment' | 'push' | 'installation' | 'advisory';
  /** Globs of lock files; empty = all. */
  readonly only: readonly string[];
  /** Run although nothing seems to have changed (somebody asked). */
  readonly force: boolean;
  readonly noCache: boolean;
  /** Only to look what became of the rebuilds that are followed, which every job does; of folded jobs, when all are. */
  readonly follow?: boolean;
  /** Where to answer; null: nobody asked. Of folded jobs, the newest. */
  readonly answer: Answer | null;
  /** Other comments whose jobs were folded into this one, oldest first: each wants its answer too. */
  readonly alsoAnswer?: readonly Answer[];
  /** What is to be fixed; null: it is not about an advisory. */
  readonly advisory: AdvisedPackage | null;
}

export interface AdvisedPackage {
  /** Of folded jobs, of all of them; empty when there were too many: then whatever the package has. */
  readonly ids: readonly string[];
  readonly package: string;
  /** As OSV names it: `PyPI`, `Debian:12`. */
  readonly ecosystem: string;
  /** What was told of it, with this package alone; of an advisory that came twice, the later word. */
  readonly advisories: readonly Advisory[];
}

/** The last finished look at a repository for one purpose. */
export interface LastRun {
  /** ISO 8601. */
  readonly at: string;
  /** Commit of the default branch. */
  readonly head: string;
  /** Hash of everything else that decides the result: configuration, cut-off, tool versions. */
  readonly inputs: string;
  /** As that run read it, so that a tick needs no look at the repository; null: the repository wants none. */
  readonly schedule: Schedule | null;
  readonly outcome: 'proposed' | 'nothing' | 'failed' | 'left-alone';
}

/**
 * The hold on one job. It ends by itself when its process dies, so that another takes the job; it is renewed in the
 * background while the handler runs.
 */
export interface Lease {
  /** The job's id; the same through all its retries. */
  readonly id: string;
  /** Aborted when the job was lost to another worker, or when this worker's grace at stopping is over. */
  readonly signal: AbortSignal;
  /** Starts the lease's time anew. False when the job is another's now. */
  renew(): Promise<boolean>;
  /**
   * The fence before publishing: true when nobody else has taken the job, and then nobody will for the length of a
   * lease from now. False also when the database does not answer: do not publish on a guess.
   */
  stillMine(): Promise<boolean>;
}

/** A job that was given up after its last try. */
export interface DeadLetter {
  readonly id: string;
  readonly job: QueuedJob;
  readonly error: string;
  /** ISO 8601. */
  readonly at: string;
}

export interface EnqueueOptions {
  /** Not to be started earlier. A job that already waits keeps the earlier of both times. */
  readonly notBefore?: Date;
  /** Id of the webhook delivery that asks: recorded together with the job, so that neither is lost without the other. */
  readonly delivery?: string;
}

export type JobHandler = (job: QueuedJob, lease: Lease) => Promise<void>;

export interface StoreWorker {
  /**
   * Takes no more jobs, waits for the running ones, and after the grace aborts their signals and gives them back: they
   * are due again at once, and it counts as no try.
   */
  stop(graceSeconds: number): Promise<void>;
}

export interface Store extends PackageIndex, AdvisoryState, RebuildState {
  /**
   * Folds into a waiting job of the same repository, purpose and package (the union of both: force if either, all targets
   * if either).
   * @returns false when there is no new job: it was folded, or `delivery` was seen before.
   */
  enqueue(job: QueuedJob, options?: EnqueueOptions): Promise<boolean>;
  /**
   * Calls `handler` for due jobs, at most `concurrency` at once, never two of one repository at once (across
   * processes). A comment's job is always next. After that, installations share the workers: next is the one with the
   * fewest running jobs, of several the one whose turn was longest ago; of its jobs an advisory's, then a push's or
   * installation's, then the schedule's, the oldest first. A throw = retry with back-off (3 tries), then dead letter. A job whose process died is run again when
   * its lease has ended; after ten deaths it is a dead letter too.
   */
  work(concurrency: number, handler: JobHandler): Promise<StoreWorker>;
  /** False when a delivery of this id was seen before (webhook redelivery). Kept for 7 days. */
  firstDelivery(id: string): Promise<boolean>;
  lastRun(repositoryId: number, purpose: string): Promise<LastRun | null>;
  saveLastRun(repositoryId: number, purpose: string, run: LastRun): Promise<void>;
  /** Oldest first, at most 1000. */
  deadLetters(): Promise<readonly DeadLetter[]>;
  /** Queues it anew, with all its tries. False when there is none of this id. */
  retryDeadLetter(id: string): Promise<boolean>;
  counts(): Promise<{ readonly waiting: number; readonly active: number; readonly dead: number }>;
  /** Stops all workers without grace, and lets go of the database. */
  close(): Promise<void>;
}

/** What the store says of itself; a pino logger fits. */
export interface StoreLog {
  info(fields: Readonly<Record<string, unknown>>, message: string): void;
  warn(fields: Readonly<Record<string, unknown>>, message: string): void;
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}
