/**
 * What attempts told so far, and what follows from it without another one: a locker that finds no solution finds none when
 * it is shown less, and a solution is one wherever all of it is shown. Pure.
 */
import type { Attempt, AttemptOutcome, FixProblem } from './model.ts';

/** A solution of the past. */
export interface Solution {
  /** Index in the history. */
  readonly at: number;
  readonly versions: ReadonlyMap<string, readonly string[]>;
}

export interface Known {
  note(attempt: Attempt, outcome: AttemptOutcome): void;
  /** undefined: it has to be tried. */
  recall(attempt: Attempt): Solution | null | undefined;
  readonly solutions: readonly Solution[];
  /** Indexes of the movable packages that have another version in a solution. */
  moved(solution: Solution): readonly number[];
}

export function createKnown(problem: FixProblem): Known {
  const failed: Attempt[] = [];
  const solutions: Solution[] = [];
  let count = 0;
  return {
    solutions,
    note(attempt, outcome) {
      if (outcome.kind === 'failed') failed.push(attempt);
      else solutions.push({ at: count, versions: outcome.versions });
      count += 1;
    },
    recall(attempt) {
      const solution = solutions.findLast(({ versions }) => isShown(problem, attempt, versions));
      if (solution !== undefined) return solution;
      return failed.some((wider) => isWithin(attempt, wider)) ? null : undefined;
    },
    moved: ({ versions }) =>
      problem.movable.flatMap(({ name, locked }, at) =>
        isAmong(versions.get(name) ?? [], locked) ? [] : [at],
      ),
  };
}

function isShown(problem: FixProblem, attempt: Attempt, versions: Solution['versions']): boolean {
  const vulnerable = problem.vulnerable.every(({ name, keep }) =>
    isAmong(versions.get(name) ?? [], [...keep, ...(attempt.candidates.get(name) ?? [])]),
  );
  return (
    vulnerable &&
    problem.movable.every(({ name, locked }) => {
      const freed = attempt.freed.get(name);
      return freed === null || isAmong(versions.get(name) ?? [], [...locked, ...(freed ?? [])]);
    })
  );
}

/** Whether one attempt shows nothing that the other does not. */
function isWithin(attempt: Attempt, wider: Attempt): boolean {
  return (
    [...attempt.candidates].every(([name, shown]) => isAmong(shown, wider.candidates.get(name) ?? [])) &&
    [...attempt.freed].every(([name, shown]) => {
      const more = wider.freed.get(name);
      if (more === null) return true;
      return more !== undefined && shown !== null && isAmong(shown, more);
    })
  );
}

function isAmong(versions: readonly string[], others: readonly string[]): boolean {
  const set = new Set(others);
  return versions.every((version) => set.has(version));
}
