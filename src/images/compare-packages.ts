/** Which packages were added, removed and moved between two images. Pure. */
import { compare as comparePep440, valid as validPep440 } from '@renovatebot/pep440';
import { compareApkVersions } from './apk-version.ts';
import type { ImagePackageDifference, ImagePackageMove } from './compare.ts';
import type { ImagePackage, ImagePackageKind } from './content.ts';
import { comparePackages, sortPackages } from './content.ts';
import { compareDebVersions } from './deb-version.ts';
import { compareRpmVersions } from './rpm-version.ts';

/**
 * Packages are the same one by kind, name and architecture; Python's by name and folder, whatever minor version of Python
 * the folder names. Where one is there several times (kernels, `gpg-pubkey`), what both have is taken off first, and the
 * rest is paired in the order of versions.
 */
export function diffPackages(
  from: readonly ImagePackage[],
  to: readonly ImagePackage[],
): ImagePackageDifference {
  const before = group(from);
  const after = group(to);
  const added: ImagePackage[] = [];
  const removed: ImagePackage[] = [];
  const moved: ImagePackageMove[] = [];
  for (const key of new Set([...before.keys(), ...after.keys()])) {
    const [old, now] = withoutCommon(before.get(key) ?? [], after.get(key) ?? []);
    const pairs = Math.min(old.length, now.length);
    removed.push(...old.slice(pairs));
    added.push(...now.slice(pairs));
    for (const [index, one] of old.slice(0, pairs).entries()) {
      const other = now[index];
      if (other !== undefined) moved.push(moveOf(one, other));
    }
  }
  moved.sort(compareMoves);
  return { added: sortPackages(added), removed: sortPackages(removed), moved };
}

function compareMoves(a: ImagePackageMove, b: ImagePackageMove): number {
  return comparePackages({ ...a, version: a.to }, { ...b, version: b.to });
}

function group(packages: readonly ImagePackage[]): ReadonlyMap<string, readonly ImagePackage[]> {
  return Map.groupBy(packages, keyOf);
}

function keyOf(one: ImagePackage): string {
  const place = one.kind === 'python' ? one.location.replaceAll(/python\d+(?:\.\d+)?/gu, 'python') : one.arch;
  return JSON.stringify([one.kind, one.name, place]);
}

/** What is left of both, in the order of versions, when equal versions are taken off pairwise. */
function withoutCommon(
  old: readonly ImagePackage[],
  now: readonly ImagePackage[],
): readonly [readonly ImagePackage[], readonly ImagePackage[]] {
  const left = [...now];
  const rest = old.filter((one) => {
    const index = left.findIndex((other) => other.version === one.version);
    if (index === -1) return true;
    left.splice(index, 1);
    return false;
  });
  const ordered = (list: readonly ImagePackage[]): readonly ImagePackage[] =>
    [...list].sort((a, b) => comparePackageVersions(a.kind, a.version, b.version) ?? 0);
  return [ordered(rest), ordered(left)];
}

function moveOf(from: ImagePackage, to: ImagePackage): ImagePackageMove {
  const order = comparePackageVersions(from.kind, from.version, to.version);
  const direction = order === null || order === 0 ? 'other' : order < 0 ? 'up' : 'down';
  const { kind, name, arch, source, location } = to;
  return { kind, name, arch, from: from.version, to: to.version, direction, source, location };
}

/** By the kind's own order of versions; null when one of them is none. */
function comparePackageVersions(kind: ImagePackageKind, a: string, b: string): number | null {
  switch (kind) {
    case 'deb':
      return compareDebVersions(a, b);
    case 'apk':
      return compareApkVersions(a, b);
    case 'rpm':
      return compareRpmVersions(a, b);
    case 'python':
      return validPep440(a) === null || validPep440(b) === null ? null : comparePep440(a, b);
  }
}
