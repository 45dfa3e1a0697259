/** Folding what moved alike on several platforms into one change. Pure. */
import type { Change, CondaChange } from '../model.ts';

/** A change of a conda lock. */
export interface PlatformChange extends Change {
  readonly conda: CondaChange;
}

type Build = CondaChange['build'];

/**
 * Folds changes that are alike but for their platform, in order of first appearance.
 * Builds of compiled packages have another hash on each platform: those are alike when all else of the build string is
 * (`py311h6f00efd_1` and `py311h8c97afb_1`), and the change then has `py311*_1`, a pattern as conda's specs know them.
 * @param all every platform of the lock: a change on all of them names none.
 */
export function foldPlatforms(
  changes: readonly PlatformChange[],
  all: ReadonlySet<string>,
): readonly PlatformChange[] {
  const folded = Map.groupBy(changes, keyOf);
  return [...folded.values()].map((alike) => {
    const [first] = alike as [PlatformChange, ...PlatformChange[]];
    const platforms = united(alike.map(({ conda }) => conda.platforms));
    return {
      ...first,
      direct: alike.some(({ direct }) => direct),
      via: united(alike.map(({ via }) => via)),
      groups: united(alike.map(({ groups }) => groups)),
      conda: {
        ...first.conda,
        platforms: platforms.length === all.size ? [] : platforms,
        build: sharedBuild(alike.map(({ conda }) => conda.build)),
      },
    };
  });
}

function united(lists: readonly (readonly string[])[]): readonly string[] {
  return [...new Set(lists.flat())].sort();
}

function keyOf({ name, from, to, kind, source, conda }: PlatformChange): string {
  const { manager, channel, build } = conda;
  return JSON.stringify([
    name,
    from,
    to,
    kind,
    source,
    manager,
    channel,
    kind === 'build' ? alike(build) : '',
  ]);
}

/** What is the same of builds that count as alike. A build of which only the hash moved is alike to itself only. */
function alike(build: Build): Build {
  const shape = shapeOf(build);
  return shape?.from === shape?.to ? build : shape;
}

function sharedBuild(builds: readonly Build[]): Build {
  const [first = null, ...others] = builds;
  if (others.every((build) => same(build, first))) return first;
  const shape = shapeOf(first);
  const shared = others.every((build) => same(shapeOf(build), shape)) ? shape : null;
  return shared?.from === shared?.to ? null : shared;
}

function same(a: Build, b: Build): boolean {
  return a?.from === b?.from && a?.to === b?.to;
}

/** With the hash of conda-build (`h` and seven hexadecimal digits before the build number) left open. */
function shapeOf(build: Build): Build {
  const shape = (text: string | null): string | null => text?.replace(/h[0-9a-f]{7}(?=_\d)/u, '*') ?? null;
  return build === null ? null : { from: shape(build.from), to: shape(build.to) };
}
