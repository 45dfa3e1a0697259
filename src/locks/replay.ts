/** Writes the steps of a lock as one function from top to bottom. Pure. */
import type { Step, StepResult } from './ecosystem.ts';

/** Yields what is to be done next, is given what came of it, and returns how it ended. */
export type Script = Generator<
  Extract<Step, { do: 'run' | 'write' }>,
  Extract<Step, { do: 'done' | 'fail' }>,
  StepResult
>;

/**
 * The step that follows a history: the script runs anew from its start, answered from the history.
 * A script must be pure: its steps depend on its arguments and on the answers alone.
 */
export function replay(script: Script, history: readonly StepResult[]): Step {
  let at = script.next();
  for (const result of history) {
    if (at.done === true) break;
    at = script.next(result);
  }
  return at.value;
}
