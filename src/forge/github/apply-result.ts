/** What came of actions on the forge. */
import type { ForgeAction } from '../../proposal/actions.ts';
import type { Unavailable } from './forge-error.ts';

export interface ApplyResult {
  /** Carried out, in order; what was so already counts. */
  readonly done: readonly ForgeAction[];
  /** Commit that the branch is at after a `commit`; null: there was none. */
  readonly head: string | null;
  /** Number of the pull request that was made; null: none was. */
  readonly pull: number | null;
  /** Why the rest was left; null: nothing was. */
  readonly stopped: Stop | null;
  /** What people should know although nothing is wrong: a reviewer who could not be asked. Sentences. */
  readonly notes: readonly string[];
}

export interface Stop {
  /** null: the whole repository is out of reach. */
  readonly at: ForgeAction | null;
  readonly why:
    /** A precondition did not hold: look anew. */
    | 'moved'
    /** Another worker has the job. */
    | 'not-mine'
    /** Something else than a file stands at a path. */
    | 'held'
    /** GitHub does not allow it. */
    | 'refused'
    | Unavailable['reason'];
  /** A sentence. */
  readonly because: string;
}

/** One action's end. */
export type Step =
  | {
      readonly kind: 'done';
      readonly head?: string;
      readonly pull?: PullHandle;
      readonly notes?: readonly string[];
    }
  | { readonly kind: 'stop'; readonly why: Stop['why']; readonly because: string };

/** A pull request that was just made: its number, and its id for GraphQL. */
export interface PullHandle {
  readonly number: number;
  readonly nodeId: string;
}

/** What every action is carried out with. */
export interface Fence {
  /** False: another has the job, so nothing more is written. */
  stillMine(): Promise<boolean>;
}

export const NOT_MINE = {
  kind: 'stop',
  why: 'not-mine',
  because: 'Another worker has taken over.',
} as const satisfies Step;
