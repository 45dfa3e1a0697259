/** Smallest sets that have an element in common with each of several sets. Pure. */

/** Threat: many conflicts over many packages; each step is one look at a set. */
const MAX_STEPS = 50_000;
const MAX_FOUND = 200;

/**
 * @param conflicts sets of indexes.
 * @returns all smallest sets that hit every conflict, each sorted, in lexical order; null when there is none, or none can
 * be told within bounds.
 */
export function smallestHittingSets(
  conflicts: readonly ReadonlySet<number>[],
): readonly (readonly number[])[] | null {
  const budget = { steps: MAX_STEPS };
  // The narrowest first: fewer branches.
  const sorted = [...conflicts].sort((a, b) => a.size - b.size);
  if (sorted[0]?.size === 0) return null;
  for (let size = 0; size <= sorted.length && budget.steps > 0; size += 1) {
    const found = new Map<string, readonly number[]>();
    collect([], size, { conflicts: sorted, found, budget });
    if (found.size > 0) return [...found.values()].sort(inOrder);
  }
  return null;
}

interface Collecting {
  readonly conflicts: readonly ReadonlySet<number>[];
  readonly found: Map<string, readonly number[]>;
  readonly budget: { steps: number };
}

/** No deeper than there are conflicts. */
function collect(chosen: readonly number[], left: number, state: Collecting): void {
  state.budget.steps -= 1;
  if (state.budget.steps <= 0 || state.found.size >= MAX_FOUND) return;
  const open = state.conflicts.find((conflict) => !chosen.some((element) => conflict.has(element)));
  if (open === undefined) {
    const sorted = [...chosen].sort((a, b) => a - b);
    state.found.set(sorted.join(' '), sorted);
    return;
  }
  if (left === 0) return;
  for (const element of [...open].sort((a, b) => a - b)) collect([...chosen, element], left - 1, state);
}

function inOrder(a: readonly number[], b: readonly number[]): number {
  for (const [at, element] of a.entries()) {
    const other = b[at];
    if (other !== undefined && other !== element) return element - other;
  }
  return a.length - b.length;
}
