/** Small indexes with a solver that is complete: a stand-in for lockers. */
import type { Attempt, AttemptOutcome, FixProblem } from '../../src/fix/model.ts';

/** By package: its releases, lowest first, each with the versions (as indexes) of other packages that it takes. */
export type World = readonly (readonly (readonly Wish[])[])[];

export interface Wish {
  readonly of: number;
  /** Lowest and highest index of a release that will do. */
  readonly from: number;
  readonly to: number;
}

/** By package: the index of its release; null: not there. */
export type Assignment = readonly (number | null)[];

/** What the manifests want. */
export interface Asked {
  readonly world: World;
  readonly roots: readonly Wish[];
}

/**
 * All solutions in which packages have releases that are shown; each has no more packages than are wanted. Highest first.
 */
export function* solutions(
  { world, roots }: Asked,
  shown: (of: number) => readonly number[],
): Generator<Assignment> {
  function* extend(chosen: Map<number, number>): Generator<Assignment> {
    const wishes = [...roots, ...[...chosen].flatMap(([of, at]) => world[of]?.[at] ?? [])];
    if (wishes.some(({ of, from, to }) => !within(chosen.get(of) ?? from, from, to))) return;
    const open = wishes.find(({ of }) => !chosen.has(of));
    if (open === undefined) {
      yield world.map((_, of) => chosen.get(of) ?? null);
      return;
    }
    for (const at of [...shown(open.of)].sort((a, b) => b - a)) {
      yield* extend(new Map(chosen).set(open.of, at));
    }
  }
  yield* extend(new Map());
}

function within(at: number, from: number, to: number): boolean {
  return at >= from && at <= to;
}

export function nameOf(of: number): string {
  return `p${of}`;
}

/** What a locker makes of an attempt: the first solution. */
export function attemptIn(asked: Asked, locked: Assignment, attempt: Attempt): AttemptOutcome {
  const shown = (of: number): readonly number[] => {
    const all = (asked.world[of] ?? []).map((_, at) => at);
    const candidates = attempt.candidates.get(nameOf(of));
    if (candidates !== undefined) return candidates.map(Number);
    const at = locked[of];
    if (at === null || at === undefined) return all;
    const freed = attempt.freed.get(nameOf(of));
    return freed === null ? all : [at, ...(freed ?? []).map(Number)];
  };
  const { value, done } = solutions(asked, shown).next();
  if (done === true) return { kind: 'failed' };
  const versions = value.flatMap((at, of) => (at === null ? [] : [[nameOf(of), [String(at)]] as const]));
  return { kind: 'solved', versions: new Map(versions) };
}

/** How much a solution moves, in the order in which the minimum counts; null: it moves something down. */
export function costOf(
  problem: FixProblem,
  locked: Assignment,
  solution: Assignment,
): readonly number[] | null {
  const indexOf = (name: string): number => Number(name.slice(1));
  const vulnerable = new Set(problem.vulnerable.map(({ name }) => indexOf(name)));
  const moved = solution.flatMap((at, of) =>
    at !== null && locked[of] !== null && !vulnerable.has(of) && at !== locked[of] ? [of] : [],
  );
  if (moved.some((of) => (solution[of] ?? 0) < (locked[of] ?? 0))) return null;
  const low = problem.vulnerable.map(({ name, candidates }) =>
    Math.max(0, candidates.indexOf(String(solution[indexOf(name)]))),
  );
  const order = problem.movable.flatMap(({ name }, at) => (moved.includes(indexOf(name)) ? [at] : []));
  const versions = order.map((at) => solution[indexOf(problem.movable[at]?.name ?? '')] ?? 0);
  return [moved.length, ...low, ...order, ...versions];
}

export function compareCosts(a: readonly number[], b: readonly number[]): number {
  for (const [at, value] of a.entries()) {
    const other = b[at] ?? 0;
    if (value !== other) return value - other;
  }
  return 0;
}
