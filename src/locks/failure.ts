/** Boils a locker's output down to what went wrong. Pure. */
import type { Command, CommandResult, Reason, Target } from '../model.ts';

export interface Failure {
  readonly target: Target;
  readonly command: Command;
  readonly result: CommandResult;
}

export declare function explainFailure(failure: Failure): Reason;
