/** Which results, and images, are proposed together. Pure. */
import type { PullRequestPolicy } from '../config/policy.ts';
import { NO_IMAGES, type ImageOutcome } from '../images/result.ts';
import type { TargetResult } from '../model.ts';
import { NO_REBUILDS, type RebuildOutcome } from '../rebuild/model.ts';

export interface Part {
  /** The path that the part's branch is named by, or `IMAGES`; null: the one part of all. */
  readonly lock: string | null;
  readonly results: readonly TargetResult[];
  readonly images: ImageOutcome;
  /** Of published images; their files are among those of `images`. */
  readonly rebuilds: RebuildOutcome;
}

/** Names the part of all images. No path of a repository begins with a slash, so that no lock can have its branch. */
export const IMAGES = '/base images';

/**
 * One part of all results, or one for each group of locks that read each other or write the same file, in the order of
 * their paths. A group is named by its first lock, whether that has changed or not, so that its name stays. All images,
 * those that are built on and those that are published, are one part: one file may name several, and several files one.
 */
export function partsOf(
  results: readonly TargetResult[],
  { images, rebuilds }: Pick<Part, 'images' | 'rebuilds'>,
  group: PullRequestPolicy['group'],
): readonly Part[] {
  if (group === 'one') return [{ lock: null, results, images, rebuilds }];
  const parts: Part[] = [];
  for (const connected of connect(results)) {
    const lock = connected
      .map(({ target }) => target.path)
      .reduce((least, path) => (path < least ? path : least));
    parts.push({ lock, results: connected, images: NO_IMAGES, rebuilds: NO_REBUILDS });
  }
  parts.sort((a, b) => ((a.lock ?? '') < (b.lock ?? '') ? -1 : 1));
  // A run over some locks looks at no image: their proposal is then left as it is.
  const looked = images.results.length + rebuilds.results.length > 0;
  return looked ? [...parts, { lock: IMAGES, results: [], images, rebuilds }] : parts;
}

function connect(results: readonly TargetResult[]): readonly (readonly TargetResult[])[] {
  const writers = new Map<string, TargetResult[]>();
  for (const result of results) {
    for (const path of new Set([result.target.path, ...result.target.writes])) {
      writers.set(path, [...(writers.get(path) ?? []), result]);
    }
  }
  const near = new Map<TargetResult, Set<TargetResult>>(results.map((result) => [result, new Set()]));
  for (const result of results) {
    for (const path of [...result.target.inputs, ...result.target.writes]) {
      for (const writer of writers.get(path) ?? []) {
        near.get(result)?.add(writer);
        near.get(writer)?.add(result);
      }
    }
  }
  const seen = new Set<TargetResult>();
  return results.flatMap((start) => {
    if (seen.has(start)) return [];
    seen.add(start);
    // A set grows while it is walked, so this reaches all that are connected; without recursion, whose depth would be
    // a stranger's.
    const group = new Set([start]);
    for (const result of group) {
      for (const other of near.get(result) ?? []) {
        seen.add(other);
        group.add(other);
      }
    }
    return [results.filter((result) => group.has(result))];
  });
}
