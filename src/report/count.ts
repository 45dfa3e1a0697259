/** Counting what moved, in words. */
import type { Change, ChangeKind, TargetResult } from '../model.ts';

/** `1 lock`, `2 locks`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? one : many}`;
}

/** `a, b and c`. */
export function listed(items: readonly string[]): string {
  const last = items.at(-1);
  if (last === undefined) return '';
  return items.length === 1 ? last : `${items.slice(0, -1).join(', ')} and ${last}`;
}

/** One move, and the locks in which it happened alike. */
export interface Move {
  readonly change: Change;
  /** Paths of the locks, in the run's order. */
  readonly locks: readonly string[];
  /** Direct in at least one of them. */
  readonly direct: boolean;
  readonly via: readonly string[];
}

/** Folds moves that are alike in several locks into one, in order of first appearance. */
export function foldMoves(results: readonly TargetResult[]): readonly Move[] {
  const moves = new Map<string, Move>();
  for (const { target, changes } of results) {
    for (const change of changes) {
      const key = keyOf(change);
      const known = moves.get(key);
      moves.set(key, {
        change,
        locks: [...(known?.locks ?? []), target.path],
        direct: change.direct || (known?.direct ?? false),
        via: [...new Set([...(known?.via ?? []), ...change.via])].sort(),
      });
    }
  }
  return [...moves.values()];
}

function keyOf({ name, from, to, kind, source, conda }: Change): string {
  const where = conda === undefined ? [] : [conda.manager, conda.platforms, conda.channel, conda.build];
  return JSON.stringify([name, from, to, kind, source?.from, source?.to, ...where]);
}

/** `2 packages`, those that moved in two ways counted once. */
export function packagesIn(changes: readonly Change[]): string {
  return plural(new Set(changes.map(({ name }) => name)).size, 'package');
}

const ORDER: readonly ChangeKind[] = [
  'major',
  'minor',
  'patch',
  'downgrade',
  'new',
  'removed',
  'source',
  'build',
  'hash',
];
const WORDS: Readonly<Record<ChangeKind, string>> = {
  major: 'major',
  minor: 'minor',
  patch: 'patch',
  downgrade: 'downgraded',
  new: 'new',
  removed: 'removed',
  source: 'from another source',
  build: 'rebuilt',
  hash: 'with other hashes only',
};

/** `3 major, 20 minor, 1 removed`; empty kinds are left out. */
export function kindsInWords(moves: readonly Move[]): string {
  return ORDER.map((kind) => ({ kind, count: moves.filter(({ change }) => change.kind === kind).length }))
    .filter(({ count }) => count > 0)
    .map(({ kind, count }) => `${count.toLocaleString('en-US')} ${WORDS[kind]}`)
    .join(', ');
}

/** `0.4 s`, `12 s`, `2 min 5 s`. */
export function duration(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
