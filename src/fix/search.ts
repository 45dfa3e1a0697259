/**
 * Finds the smallest change that takes a vulnerability out of a group of locks, by attempts of the true locker that is
 * shown less and less. Pure: a script of attempts that is replayed, as the steps of locks are.
 *
 * **The minimum** is the solution in which
 * 1. the fewest packages move beside the vulnerable ones (versions of locked packages that change; what a release newly
 *    wants, or wants no more, comes and goes with it);
 * 2. of these, the vulnerable packages have the lowest versions, the first one's counting most;
 * 3. of these, the packages that move are those that the problem names first;
 * 4. of these, they have the lowest versions, the first one's counting most.
 *
 * Nothing moves down. Lockers count as complete: one that finds no solution would find none when shown less. So what
 * cannot work is not tried: whether a *range* of releases from the lowest on has a solution only ever turns from no to yes
 * as it grows, and can be bisected, while single releases cannot.
 */
import { smallestHittingSets } from './hitting-sets.ts';
import { createKnown, type Known, type Solution } from './known.ts';
import type { Attempt, AttemptOutcome, FixProblem, Verdict } from './model.ts';

/** Attempts that the choice of packages leaves for the choice of versions. */
const FOR_VERSIONS = 5;
/** Other sets of as many packages that are asked for a lower version. */
const MOST_OTHER_SETS = 6;
/** Versions of one package in one group of locks, for different markers, that are each made low. */
const MOST_FORKS = 3;

/**
 * What is to be tried next, from all that was tried so far.
 * @param history outcomes of all earlier attempts, in order. The first attempt is the same whatever `movable` holds, so
 * that it need not be known before.
 * @param isLate no further attempt is to be made: the best of what there is.
 */
export function nextAttempt(
  problem: FixProblem,
  history: readonly AttemptOutcome[],
  isLate = false,
): Verdict {
  // What was tried must not look as if it had been tried otherwise, so that the problem's own limit stays as it is.
  const script = search(problem, isLate ? history.length : problem.attempts);
  let at = script.next();
  for (const outcome of history) {
    if (at.done === true) break;
    at = script.next(outcome);
  }
  return at.done === true ? at.value : { do: 'attempt', attempt: at.value };
}

type Asking<T> = Generator<Attempt, T, AttemptOutcome>;

/** How many of its choices each package is shown, by name, from the lowest on; and further ones. */
interface Shown {
  /** Indexes of the movable packages that are freed. */
  readonly freed: readonly number[];
  /** By name: all but these are hidden. A package without an entry is shown whole. */
  readonly ranges: ReadonlyMap<string, readonly string[]>;
}

interface State {
  readonly problem: FixProblem;
  readonly known: Known;
  /** Attempts that are left by the problem's limit. */
  left: number;
  /** Attempts that may be made now. */
  open: number;
  proven: boolean;
}

function* search(problem: FixProblem, open: number): Asking<Exclude<Verdict, { do: 'attempt' }>> {
  const state: State = {
    problem,
    known: createKnown(problem),
    left: problem.attempts,
    open,
    proven: true,
  };
  const lowest = new Map(problem.vulnerable.map(({ name, candidates }) => [name, [candidates[0]]]));
  const simple = yield* ask(state, { freed: [], ranges: lowest }, 0);
  if (simple !== null) return found(state, simple);
  const all = problem.movable.map((_, at) => at);
  if ((yield* ask(state, { freed: all, ranges: new Map() }, 0)) === null) {
    return { do: 'blocked', proven: state.proven };
  }
  const sets = yield* chooseSet(state);
  const best = yield* lower(state, sets);
  return found(state, best);
}

function found(state: State, solution: Solution): Verdict & { do: 'found' } {
  const moved = state.known.moved(solution).flatMap((at) => state.problem.movable[at]?.name ?? []);
  return { do: 'found', at: solution.at, moved, proven: state.proven };
}

/**
 * @param reserve attempts that must be left afterwards.
 * @returns null: no solution, or no attempt left to look for one, which `state.proven` then tells.
 */
function* ask(state: State, shown: Shown, reserve: number): Asking<Solution | null> {
  const attempt = attemptOf(state.problem, shown);
  const known = state.known.recall(attempt);
  if (known !== undefined) return known;
  if (state.left <= reserve || state.open <= 0) {
    state.proven = false;
    return null;
  }
  state.left -= 1;
  state.open -= 1;
  const outcome = yield attempt;
  state.known.note(attempt, outcome);
  // Also where it holds what it was not shown: asked again, the locker would do the same.
  return outcome.kind === 'solved' ? (state.known.solutions.at(-1) ?? null) : null;
}

function attemptOf({ vulnerable, movable }: FixProblem, { freed, ranges }: Shown): Attempt {
  return {
    candidates: new Map(vulnerable.map(({ name, candidates }) => [name, ranges.get(name) ?? candidates])),
    freed: new Map(
      freed.flatMap((at) => {
        const one = movable[at];
        return one === undefined ? [] : [[one.name, ranges.get(one.name) ?? one.releases] as const];
      }),
    ),
  };
}

interface ChosenSet {
  readonly set: readonly number[];
  readonly solution: Solution;
  /** Sets of as many packages that may do as well, in order. */
  readonly others: readonly (readonly number[])[];
}

/**
 * The smallest set of packages whose freeing gives a solution. Each set that gives none names a conflict: one of all the
 * others has to move. A smallest set that answers every conflict is tried; when it does, no smaller one can.
 */
function* chooseSet(state: State): Asking<ChosenSet> {
  const { known, problem } = state;
  const all = problem.movable.map((_, at) => at);
  const conflicts: ReadonlySet<number>[] = [];
  const tryOut = function* (freed: readonly number[]): Asking<Solution | null> {
    const solution = yield* ask(state, { freed, ranges: new Map() }, FOR_VERSIONS);
    if (solution === null && state.proven) conflicts.push(complement(all, freed));
    return solution;
  };
  while (state.proven) {
    const sets = smallestHittingSets(conflicts);
    const [set] = sets ?? [];
    if (sets === null || set === undefined) break;
    const solution = yield* tryOut(set);
    if (solution !== null) return { set, solution, others: sets.slice(1) };
    // Makes the conflict narrower, where something tells which package it is. The only one is tried next anyway.
    const isNext = set.length === 0 && problem.movable.filter(({ caps }) => caps).length === 1;
    const narrow = isNext ? null : likelyConflict(problem, set);
    if (state.proven && narrow !== null) yield* tryOut(complementList(all, narrow));
  }
  state.proven = false;
  const solution = known.solutions.reduce((a, b) => (known.moved(b).length < known.moved(a).length ? b : a));
  return yield* shrink(state, solution);
}

/** Holds back as many packages at once as can be, those first that are least likely in the way. */
function* shrink(state: State, start: Solution): Asking<ChosenSet> {
  const { known } = state;
  let solution = start;
  let set = known.moved(start);
  for (let chunk = Math.ceil(set.length / 2), end = set.length; chunk > 0 && state.left > 2;) {
    const without = [...set.slice(0, Math.max(0, end - chunk)), ...set.slice(end)];
    const better: Solution | null = yield* ask(state, { freed: without, ranges: new Map() }, 2);
    if (better !== null) {
      solution = better;
      set = known.moved(better);
    }
    end = better === null ? end - chunk : Math.min(set.length, end - chunk);
    if (end > 0) continue;
    chunk = Math.floor(chunk / 2);
    end = set.length;
  }
  return { set, solution, others: [] };
}

/** The package that is most likely in the way; without one, the likelier half. */
function likelyConflict({ movable }: FixProblem, set: readonly number[]): readonly number[] | null {
  const rest = movable.flatMap(({ caps }, at) => (set.includes(at) ? [] : [{ caps, at }]));
  const capping = rest.find(({ caps }) => caps);
  if (capping !== undefined) return [capping.at];
  return rest.length > 8 ? rest.slice(0, Math.ceil(rest.length / 2)).map(({ at }) => at) : null;
}

function complement(all: readonly number[], set: readonly number[]): ReadonlySet<number> {
  return new Set(complementList(all, set));
}

function complementList(all: readonly number[], set: readonly number[]): readonly number[] {
  return all.filter((at) => !set.includes(at));
}

/** Lowers the versions of what moves, one package after the other. */
function* lower(state: State, chosen: ChosenSet): Asking<Solution> {
  const { vulnerable, movable } = state.problem;
  const ranges = new Map<string, readonly string[]>();
  let { set, solution } = chosen;
  for (const { name, candidates } of vulnerable) {
    const shared = { ranges, name, likely: 0, least: 1 };
    solution = yield* lowerOne(state, { ...shared, set, solution, choices: candidates });
    for (const other of chosen.others.slice(0, MOST_OTHER_SETS)) {
      const less = (ranges.get(name) ?? []).slice(0, -1);
      if (less.length === 0) break;
      const trial = { freed: other, ranges: new Map(ranges).set(name, less) };
      const better: Solution | null = yield* ask(state, trial, 0);
      if (better === null) continue;
      set = other;
      solution = yield* lowerOne(state, { ...shared, set, solution: better, choices: less });
    }
  }
  for (const at of set) {
    const one = movable[at];
    if (one === undefined || one.releases === null) continue;
    const { name, releases: choices } = one;
    const likely = one.likely === null ? 0 : Math.max(0, choices.indexOf(one.likely));
    // Of a set that is not known to be the smallest, one may not have to move at all.
    const least = state.proven ? 1 : 0;
    solution = yield* lowerOne(state, { set, ranges, solution, name, choices, likely, least });
  }
  return solution;
}

interface Lowering {
  readonly set: readonly number[];
  /** What is settled; the package's own range is put into it. */
  readonly ranges: Map<string, readonly string[]>;
  /** One that lies in what is settled. */
  readonly solution: Solution;
  readonly name: string;
  /** Lowest first. */
  readonly choices: readonly string[];
  /** Index of the choice that is tried first. */
  readonly likely: number;
  /** The shortest range that can have a solution. */
  readonly least: number;
}

/** The shortest range of choices, from the lowest on, that has a solution; then the same for further versions in it. */
function* lowerOne(state: State, lowering: Lowering): Asking<Solution> {
  const { set, ranges, name, choices, likely } = lowering;
  const settled: string[] = [];
  const shown = (count: number): readonly string[] =>
    choices.filter((version, at) => at < count || settled.includes(version));
  /** How long a range has to be for what the solution has. */
  const lengthOf = ({ versions }: Solution): number =>
    1 +
    Math.max(
      -1,
      ...(versions.get(name) ?? []).map((version) =>
        settled.includes(version) ? -1 : choices.indexOf(version),
      ),
    );
  let { solution, least } = lowering;
  for (let fork = 0; fork < MOST_FORKS; fork += 1) {
    let [low, high] = [least, Math.max(least, lengthOf(solution))];
    // Mostly the likely one is it, and the one below tells that there is nothing lower.
    const guesses = fork === 0 ? [() => likely + 1, () => high - 1] : [];
    while (low < high) {
      const guess = guesses.shift()?.() ?? -1;
      const count = guess >= low && guess < high ? guess : Math.floor((low + high) / 2);
      const trial = { freed: set, ranges: new Map(ranges).set(name, shown(count)) };
      const better: Solution | null = yield* ask(state, trial, 0);
      if (better === null) {
        low = count + 1;
        guesses.length = 0;
      } else {
        solution = better;
        high = Math.max(low, Math.min(count, lengthOf(better)));
      }
    }
    ranges.set(name, shown(high));
    const top = choices[lengthOf(solution) - 1];
    if (top === undefined) break;
    settled.push(top);
    least = 0;
    if (lengthOf(solution) === 0) break;
  }
  return solution;
}
