/** The `Forge` port: what is done with a run's outcome. A dry run is another Forge, not a flag. */
import type { FileChange, PullRequest } from '../model.ts';

export interface Action {
  readonly kind: 'propose';
  readonly pullRequest: PullRequest;
  readonly files: readonly FileChange[];
}

export interface Forge {
  /** Carries the actions out, in order. All files of one action are published, or none. */
  apply(actions: readonly Action[]): Promise<void>;
}
