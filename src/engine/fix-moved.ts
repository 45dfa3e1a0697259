/** What moved with a fix, and what moved though it was not to. Pure. */
import type { TargetResult } from '../model.ts';

export interface MovedPackage {
  readonly name: string;
  /** null: it is new. */
  readonly from: string | null;
  /** null: nothing wants it any more. */
  readonly to: string | null;
  readonly why:
    /** It is what is mended. */
    | 'affected'
    /** It was in the way. */
    | 'freed'
    /** Something that moved wants it now, or wants it no more. */
    | 'new'
    | 'removed'
    /** Not held by the view of the index: a git branch, say. */
    | 'unexpected';
}

/**
 * @param affected names of the packages that are mended.
 * @param allowed names of all that were to move.
 */
export function movedIn(
  results: readonly TargetResult[],
  affected: readonly string[],
  allowed: readonly string[],
): { readonly moved: readonly MovedPackage[]; readonly notes: readonly string[] } {
  const moved = new Map<string, MovedPackage>();
  const notes: string[] = [];
  for (const { target, changes } of results) {
    const hashes = changes.filter(({ kind, name }) => kind === 'hash' && !allowed.includes(name));
    if (hashes.length > 0) {
      const some = hashes
        .slice(0, 5)
        .map(({ name }) => name)
        .join(', ');
      const more = hashes.length > 5 ? ` and ${hashes.length - 5} more` : '';
      notes.push(`${target.path}: the index has other files now for the same versions of ${some}${more}.`);
    }
    for (const { name, from, to, kind } of changes) {
      if (kind === 'hash') continue;
      const why = reasonOf({ name, from, to }, affected, allowed);
      if (why === 'unexpected') {
        notes.push(
          `${target.path}: ${name} moved (${from ?? ''} → ${to ?? ''}), which the fix does not need.`,
        );
      }
      const key = [name, from, to].join('\u0000');
      moved.set(key, { name, from, to, why });
    }
  }
  const order: readonly MovedPackage['why'][] = ['affected', 'freed', 'new', 'removed', 'unexpected'];
  return { moved: [...moved.values()].sort((a, b) => order.indexOf(a.why) - order.indexOf(b.why)), notes };
}

function reasonOf(
  { name, from, to }: Pick<MovedPackage, 'name' | 'from' | 'to'>,
  affected: readonly string[],
  allowed: readonly string[],
): MovedPackage['why'] {
  if (affected.includes(name)) return 'affected';
  if (allowed.includes(name)) return 'freed';
  if (from === null) return 'new';
  return to === null ? 'removed' : 'unexpected';
}
