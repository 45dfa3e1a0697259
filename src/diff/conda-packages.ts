/** What moved in a lock of conda-lock, which has an entry for each package on each platform. Pure. */
import { normaliseName } from '../locks/package-name.ts';
import type { Change, ChangeKind, CondaPackage, LockedPackage } from '../model.ts';
import { foldPlatforms, type PlatformChange } from './conda-fold.ts';
import { compareCondaVersions, condaMoveKind } from './conda-version.ts';
import { changeBetween, pairUp, sameHashes } from './pairs.ts';
import { compareVersions, moveKind } from './python-version.ts';

interface CondaEntry extends LockedPackage {
  readonly conda: CondaPackage;
}

interface CondaPair {
  readonly old: CondaEntry | null;
  readonly now: CondaEntry | null;
}

/**
 * Compares the entries of conda-lock; others are not looked at. They are paired within a platform by manager and name; what
 * moved alike on several platforms is one change.
 * - Another manager or channel is a `source` change, also where the version moved with it. Its `source` reads
 *   `conda:CHANNEL` where conda manages the package, and as ever where pip does (null: the default index).
 * - Another build string of the same version is a `build` change; `hash`, where even that is the same.
 */
export function diffCondaPackages(
  before: readonly LockedPackage[],
  after: readonly LockedPackage[],
): readonly Change[] {
  const old = before.filter(isConda);
  const now = after.filter(isConda);
  const platforms = new Set([...old, ...now].map(({ conda }) => conda.platform));
  const changes = withinManagers(old, now).flatMap(changeOf);
  return foldPlatforms(changes, platforms);
}

function isConda(item: LockedPackage): item is CondaEntry {
  return item.conda !== undefined;
}

/** All pairs; what one manager gave up and the other took over on the same platform is one. */
function withinManagers(old: readonly CondaEntry[], now: readonly CondaEntry[]): readonly CondaPair[] {
  const pairs: CondaPair[] = [];
  for (const manager of ['conda', 'pip'] as const) {
    const ofManager = (item: CondaEntry): boolean => item.conda.manager === manager;
    const order = manager === 'conda' ? compareCondaVersions : compareVersions;
    // Names as they are: conda has a `typing-extensions` and a `typing_extensions`.
    const key = (item: LockedPackage): string => `${item.conda?.platform ?? ''}\n${item.name}`;
    pairs.push(...(pairUp(old.filter(ofManager), now.filter(ofManager), key, order) as readonly CondaPair[]));
  }
  const gone = Map.groupBy(
    pairs.flatMap(({ old: item, now: next }) => (next === null && item !== null ? [item] : [])),
    crossKey,
  );
  const taken = new Set<CondaEntry>();
  const joined = pairs.map((pair) => {
    if (pair.old !== null || pair.now === null) return pair;
    const { manager } = pair.now.conda;
    const from = gone
      .get(crossKey(pair.now))
      ?.find((item) => item.conda.manager !== manager && !taken.has(item));
    if (from === undefined) return pair;
    taken.add(from);
    return { old: from, now: pair.now };
  });
  return joined.filter((pair) => pair.now !== null || pair.old === null || !taken.has(pair.old));
}

function crossKey({ conda, name }: CondaEntry): string {
  return `${conda.platform}\n${normaliseName(name)}`;
}

function changeOf(pair: CondaPair): readonly PlatformChange[] {
  const { old, now } = pair;
  const about = now ?? old;
  const change = changeBetween(pair, placeOf, kindOf);
  if (about === null || change === null) return [];
  const { platform, manager, channel } = about.conda;
  const build = { from: old?.conda.build ?? null, to: now?.conda.build ?? null };
  return [
    {
      ...change,
      conda: { platforms: [platform], manager, channel, build: build.from === build.to ? null : build },
    },
  ];
}

/** Where an entry comes from; null: the default index of pip. */
function placeOf({ conda, source }: CondaEntry): string | null {
  return conda.manager === 'conda' ? `conda:${conda.channel ?? source ?? 'unknown'}` : source;
}

function kindOf(old: CondaEntry | null, now: CondaEntry | null, moved: boolean): ChangeKind | null {
  if (old === null) return 'new';
  if (now === null) return 'removed';
  const byConda = old.conda.manager === 'conda' && now.conda.manager === 'conda';
  // What pip takes from elsewhere has the kind of its version's move, as in every other lock.
  if (moved && (byConda || old.conda.manager !== now.conda.manager)) return 'source';
  const known = old.version !== null && now.version !== null;
  const move = known ? (byConda ? condaMoveKind : moveKind)(old.version, now.version) : null;
  if (move !== null) return move;
  if (moved || (!known && old.version !== now.version)) return 'source';
  if (old.conda.build !== now.conda.build) return 'build';
  return sameHashes(old, now) ? null : 'hash';
}
