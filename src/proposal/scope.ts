/** What a run over some of the locks has to make. Pure. */
import { globMatcher } from '../config/glob.ts';

/**
 * The scope, with every lock of each group that it touches. A proposal is replaced as a whole at each run: made in part,
 * it would lose what it holds of its other locks, and its branch would be named by another one of them.
 * @param only globs of lock paths; empty: all.
 * @param groups paths of all locks, in the groups that are proposed together.
 * @returns globs; never empty unless `only` is.
 */
export function wholeGroups(
  only: readonly string[],
  groups: readonly (readonly string[])[],
): readonly string[] {
  const matchers = only.map((glob) => globMatcher(glob));
  const touched = groups.filter((paths) => paths.some((path) => matchers.some((matches) => matches(path))));
  return [...new Set([...only, ...touched.flat().map(literally)])];
}

/** The glob that matches this path alone. */
export function literally(path: string): string {
  return path.replaceAll(/[\\*?[\]{}]/gu, String.raw`\$&`);
}
