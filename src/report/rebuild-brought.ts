/** What a clean build is shown to bring of what its image lacks. Pure. */
import { compareApkVersions } from '../images/apk-version.ts';
import type { ImageComparison, ImagePackageMove } from '../images/compare.ts';
import { compareDebVersions } from '../images/deb-version.ts';
import { compareRpmVersions } from '../images/rpm-version.ts';
import type { PackageUpdate } from '../distro/model.ts';
import type { RebuildResult } from '../rebuild/model.ts';

export interface Brought {
  /** Packages that the policy rebuilds for, each once, on the platforms that were built and could be compared. */
  readonly wanted: number;
  /** Those of them that are no longer lacking on any of these. */
  readonly brought: number;
  /** Names of the others, in order. */
  readonly missing: readonly string[];
  /** Published platforms of which the build shows nothing. */
  readonly unproved: readonly string[];
}

/** null: nothing was built. */
export function broughtBy({ image, published, proof }: RebuildResult): Brought | null {
  if (proof?.state !== 'built') return null;
  const brought = new Map<string, boolean>();
  const unproved: string[] = [];
  for (const { platform, waiting } of published) {
    const comparison = proof.comparisons.find((one) => one.platform === platform);
    if (comparison === undefined || comparison.packages === null) {
      unproved.push(platform);
      continue;
    }
    for (const { update } of waiting) {
      if (!update.security && image.rebuild !== 'any') continue;
      brought.set(update.name, isBrought(update, comparison.packages) && (brought.get(update.name) ?? true));
    }
  }
  const missing = [...brought].filter(([, is]) => !is).map(([name]) => name);
  return { wanted: brought.size, brought: brought.size - missing.length, missing, unproved };
}

/** It moved at least as far as is offered, or is not there any more. */
function isBrought(
  { name, arch, to }: PackageUpdate,
  { moved, removed }: NonNullable<ImageComparison['packages']>,
): boolean {
  const isIt = (one: { readonly kind: string; readonly name: string }): boolean =>
    one.kind !== 'python' && one.name === name;
  const moves = moved.filter(isIt);
  // One of several architectures; a package that goes to another architecture (`all`) has no namesake.
  const own = moves.filter((one) => one.arch === arch);
  const counted = own.length > 0 ? own : moves;
  if (counted.length > 0) return counted.every((move) => reaches(move, to));
  return removed.some(isIt);
}

function reaches({ kind, to }: ImagePackageMove, wanted: string): boolean {
  if (to === wanted) return true;
  switch (kind) {
    case 'deb':
      return compareDebVersions(to, wanted) >= 0;
    case 'apk':
      return (compareApkVersions(to, wanted) ?? -1) >= 0;
    case 'rpm':
      return compareRpmVersions(to, wanted) >= 0;
    case 'python':
      return false;
  }
}
