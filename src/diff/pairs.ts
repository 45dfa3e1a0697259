/** Which entry of a lock before goes with which one after. Pure. */
import type { Change, ChangeKind, LockedPackage } from '../model.ts';

/** An entry before and after; null where there is none on that side. */
export interface Pair {
  readonly old: LockedPackage | null;
  readonly now: LockedPackage | null;
}

/**
 * Pairs entries of the same key. Several of one key (forks for other markers): versions that both sides hold go together,
 * the rest in order of version.
 */
export function pairUp(
  before: readonly LockedPackage[],
  after: readonly LockedPackage[],
  keyOf: (item: LockedPackage) => string,
  compareVersions: (a: string, b: string) => number,
): readonly Pair[] {
  const old = Map.groupBy(before, keyOf);
  const now = Map.groupBy(after, keyOf);
  const ordered = (items: readonly LockedPackage[] = []): LockedPackage[] =>
    [...items].sort((a, b) => compareVersions(a.version ?? '', b.version ?? ''));
  return [...new Set([...old.keys(), ...now.keys()])].flatMap((key) =>
    pairSame(ordered(old.get(key)), ordered(now.get(key))),
  );
}

function pairSame(before: readonly LockedPackage[], news: LockedPackage[]): readonly Pair[] {
  const olds: LockedPackage[] = [];
  const pairs: Pair[] = [];
  for (const old of before) {
    const index = news.findIndex((item) => item.version === old.version);
    const [same] = index === -1 ? [] : news.splice(index, 1);
    if (same === undefined) olds.push(old);
    else pairs.push({ old, now: same });
  }
  // The newest go with the newest: what a lock gives up is its oldest fork.
  while (olds.length > 0 || news.length > 0) pairs.push({ old: olds.pop() ?? null, now: news.pop() ?? null });
  return pairs;
}

/** Whether two entries are of the same files. */
export function sameHashes(a: LockedPackage, b: LockedPackage): boolean {
  return a.hashes.length === b.hashes.length && a.hashes.every((hash, index) => hash === b.hashes[index]);
}

/**
 * The change between two entries, as every kind of lock tells it; null: none.
 * @param placeOf where an entry comes from; null: the default index.
 */
export function changeBetween<Entry extends LockedPackage>(
  { old, now }: { readonly old: Entry | null; readonly now: Entry | null },
  placeOf: (entry: Entry) => string | null,
  kindOf: (old: Entry | null, now: Entry | null, moved: boolean) => ChangeKind | null,
): Change | null {
  const about = now ?? old;
  if (about === null) return null;
  const from = old === null ? null : placeOf(old);
  const to = now === null ? null : placeOf(now);
  const moved = old !== null && now !== null && from !== to;
  const kind = kindOf(old, now, moved);
  if (kind === null) return null;
  const { name, direct, via, groups } = about;
  return {
    name,
    from: old?.version ?? null,
    to: now?.version ?? null,
    kind,
    direct,
    via,
    groups,
    origin: placeOf(about),
    source: moved ? { from, to } : null,
  };
}
