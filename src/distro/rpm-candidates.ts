/** Which packages of which repositories may take the place of an installed one, as dnf decides. Pure. */
import type { ImagePackage } from '../images/content.ts';
import { compareRpmVersions } from '../images/rpm-version.ts';
import { matchesGlob } from './apt-glob.ts';
import { readStoredRpm, type RpmObsoleted, type RpmPackages, type RpmRecord } from './rpm-primary.ts';
import type { RpmSource } from './rpm-sources.ts';
import type { RecordStore } from './repo-store.ts';

/** One repository that was read and is believed. */
export interface RpmIndex {
  readonly source: RpmSource;
  readonly packages: RpmPackages;
  /** Its advisories; null: it publishes none. */
  readonly advisories: RecordStore | null;
  /** ISO 8601: when its newest file was made; null: not told. */
  readonly date: string | null;
  /** Its index bears a good signature by a key of the image. */
  readonly signed: boolean;
}

export interface RpmCandidate {
  readonly record: RpmRecord;
  readonly index: RpmIndex;
}

type Installed = Pick<ImagePackage, 'name' | 'version' | 'arch'>;

/**
 * What dnf would put in the place of an installed package: a newer one of its name, or one of another name that says so
 * (`Obsoletes`); null: nothing.
 * @param installed names of all that is installed.
 */
export function successorOf(
  one: Installed,
  installed: ReadonlySet<string>,
  indexes: readonly RpmIndex[],
): RpmCandidate | null {
  const all = [...ownOf(one, indexes), ...replacingOf(one, installed, indexes)];
  // A repository that counts more hides all others, also where it has nothing newer.
  const first = Math.min(...all.map(({ index }) => index.source.priority));
  const left = all.filter(({ index }) => index.source.priority === first);
  const own = newest(left.filter(({ record }) => record.name === one.name));
  // Where another name does not take the place of the newest one too, that one is an upgrade as any.
  const others = left.filter(
    ({ record }) =>
      record.name !== one.name && (own === null || doesReplace(record, one.name, own.record.version)),
  );
  const isNewer = own !== null && compareRpmVersions(own.record.version, one.version) > 0;
  return newest(others) ?? (isNewer ? own : null);
}

/** Of its own name, not older than it is. */
function ownOf(one: Installed, indexes: readonly RpmIndex[]): readonly RpmCandidate[] {
  return indexes.flatMap((index) =>
    index.packages.packages
      .find(one.name)
      .map(readStoredRpm)
      .filter(
        (record) =>
          isOfferedFor(one, record, index.source) && compareRpmVersions(record.version, one.version) >= 0,
      )
      .map((record) => ({ record, index })),
  );
}

function replacingOf(
  one: Installed,
  installed: ReadonlySet<string>,
  indexes: readonly RpmIndex[],
): readonly RpmCandidate[] {
  return indexes.flatMap((index) =>
    (index.packages.obsoleting.get(one.name) ?? [])
      .filter((record) => {
        if (
          record.name === one.name ||
          installed.has(record.name) ||
          !fitsArch(one.arch, record, index.source)
        )
          return false;
        if (isModular(record.version) || isExcluded(record, index.source)) return false;
        return doesReplace(record, one.name, one.version);
      })
      .map((record) => ({ record, index })),
  );
}

function doesReplace(record: RpmRecord, name: string, version: string): boolean {
  return record.obsoletes.some((each) => each.name === name && isObsolete(version, each));
}

function newest(found: readonly RpmCandidate[]): RpmCandidate | null {
  return found.reduce<RpmCandidate | null>(
    (most, next) =>
      most === null || compareRpmVersions(next.record.version, most.record.version) > 0 ? next : most,
    null,
  );
}

function isOfferedFor(one: Installed, record: RpmRecord, source: RpmSource): boolean {
  return (
    fitsArch(one.arch, record, source) &&
    fitsModule(one.version, record.version) &&
    !isExcluded(record, source)
  );
}

/** A package may become one for all architectures, and such a one one for the image's own; no other change is an upgrade. */
function fitsArch(own: string, record: RpmRecord, { architecture }: RpmSource): boolean {
  return (
    own === record.arch || record.arch === 'noarch' || (own === 'noarch' && record.arch === architecture)
  );
}

/** Whether a package is of a module: its release says so (`.module+el8.9.0+…`, `.module_el8+…`). */
export function isModular(version: string): boolean {
  return /\.module[+_]/u.test(version);
}

/** Streams are told by what they are named after: the first two numbers of the version. */
function fitsModule(own: string, offered: string): boolean {
  if (isModular(own) !== isModular(offered)) return false;
  return !isModular(own) || startOf(own) === startOf(offered);
}

function startOf(version: string): string {
  return /^(?:\d+:)?(\d+(?:\.\d+)?)/u.exec(version)?.[1] ?? version;
}

/** `excludepkgs`: globs of a name, `name.arch`, `name-version-release` and the like. Upper and lower case are taken for one. */
export function isExcluded(record: RpmRecord, { excludes, includes }: RpmSource): boolean {
  if (excludes.length === 0 && includes.length === 0) return false;
  const { name, arch } = record;
  const bare = record.version.replace(/^\d+:/u, '');
  const epoch = /^(\d+):/u.exec(record.version)?.[1] ?? '0';
  const [version = ''] = bare.split('-', 1);
  const forms = [
    name,
    `${name}.${arch}`,
    `${name}-${bare}.${arch}`,
    `${name}-${bare}`,
    `${name}-${version}`,
    `${name}-${epoch}:${bare}.${arch}`,
    `${name}-${epoch}:${bare}`,
  ];
  const isNamed = (globs: readonly string[]): boolean =>
    globs.some((glob) => forms.some((form) => matchesGlob(glob.slice(0, 200), form)));
  return isNamed(excludes) || (includes.length > 0 && !isNamed(includes));
}

function isObsolete(version: string, { flags, version: wanted }: RpmObsoleted): boolean {
  if (flags === '' || wanted === '') return true;
  // Without a release any counts.
  const own = wanted.includes('-') ? version : version.replace(/-[^-]*$/u, '');
  const order = compareRpmVersions(own, wanted);
  if (order === 0) return flags.endsWith('E') || flags === 'EQ';
  return order < 0 ? flags.startsWith('L') : flags.startsWith('G');
}
