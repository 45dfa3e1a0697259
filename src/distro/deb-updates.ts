/** What a Debian or Ubuntu image would get from `apt-get update && apt-get upgrade`, without running it. Pure. */
import type { Reason } from '../reason.ts';
import { compareText } from '../images/content.ts';
import { readAptSettings, type AptSettings } from './apt-config.ts';
import { aptText, type AptFiles } from './apt-files.ts';
import { readPins, type Pin, type PinnedFile } from './apt-preferences.ts';
import { isSecuritySuite, type AptRelease } from './apt-release.ts';
import type { AptSource } from './apt-sources.ts';
import type { DebIndex } from './deb-index.ts';
import { nativeArchitecture, parseInstalledDebs, type InstalledDeb } from './deb-installed.ts';
import { createPolicy } from './deb-policy.ts';
import { createUniverse, type DebOffer, type DebPackage, type DebVersion } from './deb-universe.ts';
import { planUpgrade, type UpgradeDecision } from './deb-upgrade.ts';
import type { PackageUpdate, SystemUpdates } from './model.ts';

/** One `Packages` index that was read and is believed. */
export interface AptIndex {
  readonly source: AptSource;
  /** Empty for a flat repository. */
  readonly component: string;
  /** null: the repository has none (trusted ones may lack it). */
  readonly release: AptRelease | null;
  readonly signed: boolean;
  readonly packages: DebIndex;
}

export interface DebianInput {
  readonly installed: readonly InstalledDeb[];
  /** Debian's name, as `architecturesOf` gives it first. */
  readonly native: string;
  readonly files: AptFiles;
  /** In the order of the sources, components in theirs. */
  readonly indexes: readonly AptIndex[];
  /** Of what came before: sources that were left out. */
  readonly notes: readonly string[];
}

/** Threat: databases that are made to be slow. Real images have some hundreds of packages, rarely thousands. */
const MAX_PACKAGES = 20_000;
const MAX_STEPS = 200_000_000;

export function debianUpdates(input: DebianInput): SystemUpdates {
  const { installed, native, files } = input;
  if (installed.length > MAX_PACKAGES) {
    return { state: 'unknown', reason: tooMuch(`it has more than ${MAX_PACKAGES} packages`) };
  }
  if (input.indexes.length === 0) return { state: 'unknown', reason: noSource(input.notes) };
  const settings = readAptSettings(files);
  const pins = readPins(files);
  const origins = input.indexes.map((index, from) => ({
    file: pinnedFile(index),
    priority: priorityOf(index.release),
    security: isSecuritySuite(index.release, index.source.suite),
    from,
  }));
  const universe = createUniverse(native, installed, (name) =>
    input.indexes.flatMap((index, at): readonly DebOffer[] => {
      const origin = origins[at];
      return origin === undefined ? [] : index.packages.find(name).map((record) => ({ record, origin }));
    }),
  );
  const policy = createPolicy([...defaultPins(settings), ...pins.pins], native);
  const holdsPhased =
    settings.includePhased === false || (settings.includePhased === null && hasMachineId(files));
  const plan = planUpgrade(universe, {
    candidateOf: policy.candidateOf,
    isPhased: (candidate) =>
      holdsPhased && candidate.record.phased !== null && !isSecurity(candidate.package, candidate, false),
    recommends: settings.installRecommends,
    maxSteps: MAX_STEPS,
  });
  if (plan === null)
    return { state: 'unknown', reason: tooMuch('its packages depend on each other in too many ways') };
  const updates = [...plan.decisions].flatMap(([one, decision]) => {
    const candidate = policy.candidateOf(one);
    return decision.kind === 'upgrade' || isNewer(candidate, one)
      ? [updateOf(one, candidate, decision, input.indexes)]
      : [];
  });
  return {
    state: updates.length === 0 ? 'clean' : 'behind',
    updates: updates.sort((a, b) => compareText(a.name, b.name) || compareText(a.arch, b.arch)),
    indexes: input.indexes.map(({ source, release, signed }) => ({ source, date: dateOf(release), signed })),
    notes: [
      ...input.notes,
      ...pins.notes,
      ...(plan.broken === null ? [] : [`The image is broken: ${plan.broken}.`]),
    ],
  };
}

/** Installed packages of `var/lib/dpkg/status` or of the files of `status.d`. */
export function readInstalled(texts: Iterable<string>): readonly InstalledDeb[] {
  return [...texts].flatMap((text) => parseInstalledDebs(text).packages);
}

/** Debian's names of the architectures that apt in the image asks for, the image's own first; empty: not told. */
export function architecturesOf(installed: readonly InstalledDeb[], files: AptFiles): readonly string[] {
  const { architectures } = readAptSettings(files);
  const foreign = aptText(files, 'var/lib/dpkg/arch')
    .split(/\s+/u)
    .filter((word) => /^[a-z0-9-]+$/u.test(word));
  const native = nativeArchitecture(installed) ?? foreign[0];
  if (native === undefined) return [];
  const all = architectures.length > 0 ? architectures : foreign;
  return [native, ...new Set(all.filter((each) => each !== native))];
}

function updateOf(
  one: DebPackage,
  candidate: DebVersion,
  decision: UpgradeDecision,
  indexes: readonly AptIndex[],
): PackageUpdate {
  const origin = candidate.origins.find(({ security }) => security) ?? candidate.origins[0];
  const index = origin === undefined ? undefined : indexes[origin.from];
  return {
    name: one.name,
    arch: candidate.record.arch,
    source: candidate.record.source,
    from: one.installed.record.version,
    to: candidate.record.version,
    security: isSecurity(one, candidate, true),
    advisories: [],
    kind: decision.kind,
    because: decision.kind === 'kept-back' ? decision.because : null,
    suite: index?.source.suite ?? '',
    since: dateOf(index?.release ?? null),
  };
}

/**
 * Whether the way from the installed version to the candidate passes a security fix.
 * @param inclusive the candidate itself counts (apt's phasing looks at those between alone).
 */
function isSecurity(one: DebPackage, candidate: DebVersion, inclusive: boolean): boolean {
  const end = one.versions.indexOf(one.installed);
  const start = one.versions.indexOf(candidate);
  return one.versions
    .slice(inclusive ? start : start + 1, Math.max(end, start + 1))
    .some(({ origins }) => origins.some(({ security }) => security));
}

/** A pin can want an older version: where it cannot be had, nothing is missed. Another build stands before the installed one. */
function isNewer(candidate: DebVersion, one: DebPackage): boolean {
  return one.versions.indexOf(candidate) < one.versions.indexOf(one.installed);
}

function hasMachineId(files: AptFiles): boolean {
  return (aptText(files, 'etc/machine-id').split('\n', 1)[0] ?? '') !== '';
}

function pinnedFile({ source, component, release }: AptIndex): PinnedFile {
  return {
    site: URL.parse(source.url)?.hostname ?? '',
    archive: release?.suite ?? '',
    codename: release?.codename ?? '',
    version: release?.version ?? '',
    origin: release?.origin ?? '',
    label: release?.label ?? '',
    component,
    architecture: source.architecture,
  };
}

function priorityOf(release: AptRelease | null): number {
  if (release?.butAutomaticUpgrades === true) return 100;
  return release?.notAutomatic === true ? 1 : 500;
}

function defaultPins({ defaultRelease }: AptSettings): readonly Pin[] {
  if (defaultRelease === '') return [];
  return [{ package: '*', type: 'release', data: defaultRelease, priority: 990 }];
}

function dateOf(release: AptRelease | null): string | null {
  return release?.date === undefined || release.date === null ? null : new Date(release.date).toISOString();
}

function noSource(notes: readonly string[]): Reason {
  return {
    code: 'missing-input',
    message: `The image names no package source that could be looked up${notes.length === 0 ? '' : ` (${notes.slice(0, 3).join(' ')})`}.`,
    fix: 'Sources belong into etc/apt/sources.list or etc/apt/sources.list.d of the image.',
    detail: '',
  };
}

function tooMuch(why: string): Reason {
  return {
    code: 'limit-exceeded',
    message: `The packages of the image were not compared with its distribution: ${why}.`,
    fix: '',
    detail: '',
  };
}
