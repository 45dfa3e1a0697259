/** What there is to scan in a lock or an image, and what of it no scanner can look up. Pure. */
import { valid } from '@renovatebot/pep440';
import type { ImageContent, ImagePackage, ImagePackageKind } from '../images/content.ts';
import { compareText } from '../images/content.ts';
import { normaliseName } from '../locks/package-name.ts';
import type { LockContent, LockedPackage } from '../model.ts';
import { distributionOf, ecosystemOf, whyNoEcosystem } from './ecosystem-of.ts';
import type { ScanPackage, ScanTarget } from './model.ts';
import { counted, few, isOne, plain } from './name-lists.ts';
import { ownedPython } from './owned-python.ts';

export interface LockTargetOptions {
  /** Names of packages leave the machine: the scanner asks a public service. */
  readonly sendsNames: boolean;
  /** All packages may come from an index that stands for the public one, and the lock does not say so. */
  readonly hidesIndex: boolean;
}

/**
 * @param path of the lock. @param content null: it could not be read.
 * @returns its Python packages. What cannot be looked up, or whose name is nobody's business, stands in `notChecked`.
 */
export function lockTarget(
  path: string,
  content: LockContent | null,
  options: LockTargetOptions,
): ScanTarget {
  return lockSide(path, content, options, new Set());
}

/** Both sides of a change. */
export interface TargetPair {
  readonly before: ScanTarget;
  readonly after: ScanTarget;
}

/**
 * As `lockTarget`, for a lock before and after. A package that can be looked up on one side only is left out on both: it must
 * not be called fixed for having moved out of sight.
 */
export function lockTargets(
  path: string,
  before: LockContent | null,
  after: LockContent | null,
  options: LockTargetOptions,
): TargetPair {
  const [old, now] = [namesByFate(before, options), namesByFate(after, options)];
  const hidden = (names: SideNames): ReadonlySet<string> =>
    new Set([...names.unchecked].filter((name) => !names.checked.has(name)));
  return {
    before: lockSide(path, before, options, hidden(now)),
    after: lockSide(path, after, options, hidden(old)),
  };
}

interface SideNames {
  readonly checked: ReadonlySet<string>;
  readonly unchecked: ReadonlySet<string>;
}

function namesByFate(content: LockContent | null, { sendsNames }: LockTargetOptions): SideNames {
  const checked = new Set<string>();
  const unchecked = new Set<string>();
  for (const one of content?.packages ?? []) {
    (fateOf(one, sendsNames) === 'checked' ? checked : unchecked).add(one.name);
  }
  return { checked, unchecked };
}

/** @param hidden names that cannot be looked up on the other side. */
function lockSide(
  path: string,
  content: LockContent | null,
  { sendsNames, hidesIndex }: LockTargetOptions,
  hidden: ReadonlySet<string>,
): ScanTarget {
  const target = { kind: 'lock', location: path, platform: null } as const;
  const unread = (why: string): ScanTarget => ({ ...target, packages: [], unread: why, notChecked: [] });
  if (content === null) return unread('it could not be read');
  if (sendsNames && hidesIndex) {
    return unread('its packages come from an index of its own; their names are not sent to a public service');
  }
  const byFate = Map.groupBy(content.packages, (one): LockFate => {
    const fate = fateOf(one, sendsNames);
    return fate === 'checked' && hidden.has(one.name) ? 'unpaired' : fate;
  });
  return {
    ...target,
    packages: sortedOnce(
      (byFate.get('checked') ?? []).map(({ name, version }) => pythonPackage(name, version ?? '')),
    ),
    unread: null,
    notChecked: Object.entries(FATES).flatMap(([fate, what]) => {
      const names = (byFate.get(fate as LockFate) ?? []).map(({ name }) => name);
      return names.length === 0 ? [] : [what(names)];
    }),
  };
}

type LockFate = 'checked' | keyof typeof FATES;

const FATES = {
  /**
   * A name of conda's is often, but not always, that of the same package on the Python index, and its builds carry patches of
   * their own: a guess would be wrong both ways.
   */
  conda: (names: readonly string[]) =>
    `${counted(names)} that conda manages, since no advisory database has the builds of conda (${few(names)})`,
  private: (names: readonly string[]) =>
    `${counted(names)} from an index of ${isOne(names) ? 'its' : 'their'} own, whose names are not sent to a public service (${few(names)})`,
  place: (names: readonly string[]) =>
    `${counted(names)} from a repository, a URL or a folder (${few(names)})`,
  unversioned: (names: readonly string[]) => `${counted(names)} without an exact version (${few(names)})`,
  odd: (names: readonly string[]) =>
    `${counted(names)} with a version that PEP 440 does not know (${few(names)})`,
  unpaired: (names: readonly string[]) =>
    `${counted(names)} that could not be looked up on the other side of the change (${few(names)})`,
} as const;

/**
 * Threat: a public service learns the name of a private package; or one of a fork, or of another index, is said to have what
 * a stranger's package of the same name has.
 */
function fateOf({ version, source, conda }: LockedPackage, sendsNames: boolean): LockFate {
  if (conda?.manager === 'conda') return 'conda';
  if (source !== null && !isIndex(source)) return 'place';
  if (source !== null && sendsNames) return 'private';
  if (version === null) return 'unversioned';
  return valid(version) === null ? 'odd' : 'checked';
}

/** Whether a source is an index, and not a file, a repository or a folder. */
function isIndex(source: string): boolean {
  return (
    /^https?:\/\//iu.test(source) &&
    !source.includes('#') &&
    !/\.(?:whl|zip|tgz|tar|tar\.[a-z0-9]{1,4}|egg)(?:\?.*)?$/iu.test(source)
  );
}

export interface ImageTargetOptions {
  /** Names of packages leave the machine: the scanner asks a public service. */
  readonly sendsNames: boolean;
  /** The image is not for everybody; so may be the names of its Python packages. */
  readonly isPrivate: boolean;
  /**
   * `osv`: packages of a distribution that OSV does not have are put into `notChecked`. `all`: they are told under a name of
   * Relock's own (`Red Hat:9`), for scanners that read the layers themselves and know more distributions.
   */
  readonly distributions: 'osv' | 'all';
}

/** @param location the image as written, without digest: `python:3.12-slim`. */
export function imageTarget(
  location: string,
  content: ImageContent,
  options: ImageTargetOptions,
): ScanTarget {
  return imageSide(location, content, options, null);
}

/**
 * As `imageTarget`, for an image before and after. Where the distribution of one side cannot be looked up, that of the other is
 * left out too: its vulnerabilities must not be called fixed for want of advisories.
 */
export function imageTargets(
  location: string,
  before: ImageContent,
  after: ImageContent,
  options: ImageTargetOptions,
): TargetPair {
  return {
    before: imageSide(location, before, options, after),
    after: imageSide(location, after, options, before),
  };
}

function imageSide(
  location: string,
  content: ImageContent,
  options: ImageTargetOptions,
  opposite: ImageContent | null,
): ScanTarget {
  const target = { kind: 'image', location, platform: content.platform } as const;
  const unread = content.unread ?? (content.packages.length === 0 ? NOTHING : null);
  if (unread !== null) return { ...target, packages: [], unread, notChecked: [] };
  const owned = ownedPython(content.packages);
  const python = content.packages.filter((one) => one.kind === 'python' && !owned(one));
  const system = systemPackages(content, options.distributions, opposite);
  const own = pythonPackages(python, options.sendsNames && options.isPrivate);
  return {
    ...target,
    packages: sortedOnce([...system.packages, ...own.packages]),
    unread: null,
    notChecked: [...system.notChecked, ...own.notChecked],
  };
}

/** Nothing found is nothing checked, and must not look clean. */
const NOTHING = 'no packages were found in it: it has none, or keeps them in a way that Relock does not read';

type Part = Pick<ScanTarget, 'packages' | 'notChecked'>;

function systemPackages(
  { os, packages }: ImageContent,
  distributions: ImageTargetOptions['distributions'],
  opposite: ImageContent | null,
): Part {
  const found: ScanPackage[] = [];
  const notChecked: string[] = [];
  for (const [kind, list] of Map.groupBy(packages, (one) => one.kind)) {
    if (kind === 'python') continue;
    const ecosystem = nameOf(os, kind, distributions);
    const isUnpaired =
      opposite !== null &&
      opposite.packages.some((one) => one.kind === kind) &&
      nameOf(opposite.os, kind, distributions) === null;
    if (ecosystem !== null && !isUnpaired) {
      found.push(...list.map((one) => systemPackage(one, ecosystem)));
      continue;
    }
    const why =
      ecosystem === null
        ? whyNoName(os, kind)
        : `${plain(os?.name ?? kind)}, since those on the other side of the change could not be looked up`;
    notChecked.push(`${counted(list.map(({ name }) => name))} of ${why}`);
  }
  return { packages: found, notChecked };
}

function nameOf(
  os: ImageContent['os'],
  kind: ImagePackageKind,
  distributions: ImageTargetOptions['distributions'],
): string | null {
  if (os === null) return distributions === 'all' ? kind : null;
  return distributions === 'all' ? distributionOf(os, kind) : ecosystemOf(os, kind);
}

function whyNoName(os: ImageContent['os'], kind: ImagePackageKind): string {
  return os === null
    ? 'a distribution that the image does not name'
    : `${plain(os.name)}, ${whyNoEcosystem(os, kind)}`;
}

function systemPackage(
  { name, version, source, sourceVersion, arch }: ImagePackage,
  ecosystem: string,
): ScanPackage {
  return { ecosystem, name, version, source, sourceVersion, arch };
}

function pythonPackages(python: readonly ImagePackage[], hide: boolean): Part {
  const names = (list: readonly ImagePackage[]): readonly string[] => list.map(({ name }) => name);
  if (hide && python.length > 0) {
    const all = names(python);
    const told = `${counted(all, 'Python package')} of a private image, whose names are not sent to a public service (${few(all)})`;
    return { packages: [], notChecked: [told] };
  }
  const odd = names(python.filter(({ version }) => valid(version) === null));
  return {
    packages: python
      .filter(({ version }) => valid(version) !== null)
      .map(({ name, version }) => pythonPackage(name, version)),
    notChecked:
      odd.length === 0
        ? []
        : [`${counted(odd, 'Python package')} with a version that PEP 440 does not know (${few(odd)})`],
  };
}

function pythonPackage(written: string, version: string): ScanPackage {
  const name = normaliseName(written);
  return { ecosystem: 'PyPI', name, version, source: name, sourceVersion: version, arch: '' };
}

/** The packages of all targets, each once, in one order whatever the targets' order. */
export function packagesOfTargets(targets: readonly ScanTarget[]): readonly ScanPackage[] {
  return sortedOnce(targets.flatMap(({ packages }) => packages));
}

function sortedOnce(packages: readonly ScanPackage[]): readonly ScanPackage[] {
  const byKey = new Map(packages.map((one) => [keyOf(one), one]));
  return [...byKey].sort(([a], [b]) => compareText(a, b)).map(([, one]) => one);
}

function keyOf({ ecosystem, name, version, source, sourceVersion, arch }: ScanPackage): string {
  return [ecosystem, name, version, arch, source, sourceVersion].join('\u0000');
}
