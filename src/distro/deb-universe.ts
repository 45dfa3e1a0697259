/**
 * The packages of an image with all their known versions, as apt's cache has them: the ground on which candidates and
 * upgrades are decided. Only packages that are installed are in it, since a plain upgrade installs no others. Pure.
 */
import { compareDebVersions } from '../images/deb-version.ts';
import type { PinnedFile } from './apt-preferences.ts';
import type { InstalledDeb } from './deb-installed.ts';
import { isSameBuild, type DebRecord } from './deb-record.ts';
import { parseRelations, type DebClause, type DebTarget } from './deb-relation.ts';

/** One index that offers packages, or the image's own database. */
export interface DebOrigin {
  readonly file: PinnedFile;
  /** 500, 100 or 1 before pins (apt_preferences(5)). */
  readonly priority: number;
  readonly security: boolean;
  /** Index in the caller's list. */
  readonly from: number;
}

export interface DebDependency {
  readonly type: 'pre-depends' | 'depends' | 'recommends' | 'conflicts' | 'breaks';
  readonly clause: DebClause;
  /** Between the architectures of one package, as multiarch wants it. */
  readonly implicit: boolean;
}

export interface DebVersion {
  readonly package: DebPackage;
  readonly record: DebRecord;
  /** Where it is offered; without the image's database. */
  readonly origins: DebOrigin[];
  readonly dependencies: readonly DebDependency[];
  readonly provides: readonly DebTarget[];
}

export interface DebPackage {
  readonly id: number;
  readonly name: string;
  /** Never `all`: such packages are of the image's own architecture. */
  readonly arch: string;
  readonly installed: DebVersion;
  readonly hold: boolean;
  /** The newest first. */
  readonly versions: readonly DebVersion[];
  /** Any version says so. */
  readonly essential: boolean;
}

export interface DebUniverse {
  readonly native: string;
  /** Of all its packages. */
  readonly architectures: readonly string[];
  readonly packages: readonly DebPackage[];
  /** By name: of all architectures. */
  readonly groups: ReadonlyMap<string, readonly DebPackage[]>;
}

/** A version that an index offers. */
export interface DebOffer {
  readonly record: DebRecord;
  readonly origin: DebOrigin;
}

interface Draft {
  readonly id: number;
  readonly name: string;
  readonly arch: string;
  readonly hold: boolean;
  readonly record: DebRecord;
  installed: DebVersion | null;
  versions: DebVersion[];
  essential: boolean;
}

/**
 * @param offersOf what the indexes have of a name, in the order of the sources.
 */
export function createUniverse(
  native: string,
  installed: readonly InstalledDeb[],
  offersOf: (name: string) => readonly DebOffer[],
): DebUniverse {
  const groups = new Map<string, Draft[]>();
  const packages: Draft[] = [];
  const archOf = (record: DebRecord): string => (record.arch === 'all' ? native : record.arch);
  for (const record of installed) {
    const group = groups.get(record.name) ?? [];
    // dpkg has one version of a package for each architecture; a second paragraph is a broken database.
    if (group.some(({ arch }) => arch === archOf(record))) continue;
    const draft: Draft = {
      id: packages.length,
      name: record.name,
      arch: archOf(record),
      hold: record.hold,
      record,
      installed: null,
      versions: [],
      // apt holds itself to be as important.
      essential: record.essential || record.name === 'apt',
    };
    packages.push(draft);
    if (group.length === 0) groups.set(record.name, [draft]);
    else group.push(draft);
  }
  for (const [name, group] of groups) {
    for (const { record, origin } of offersOf(name)) {
      const draft = group.find(({ arch }) => arch === archOf(record));
      if (draft === undefined) continue;
      addVersion(draft, record).origins.push(origin);
      if (record.essential) draft.essential = true;
    }
    for (const draft of group) {
      // As in apt: a version that is also offered is the one that is offered, and stands before what is not.
      const own = addVersion(draft, draft.record);
      const at = draft.versions.indexOf(own);
      draft.versions =
        group.length === 1 ? draft.versions : draft.versions.map((each) => withSiblings(each, group));
      draft.installed = draft.versions[at] ?? own;
      draft.versions.sort((a, b) => compareDebVersions(b.record.version, a.record.version));
    }
  }
  // Each has its installed version by now.
  return {
    native,
    architectures: [...new Set([native, ...packages.map(({ arch }) => arch)])],
    packages: packages as unknown as readonly DebPackage[],
    groups: groups as unknown as ReadonlyMap<string, readonly DebPackage[]>,
  };
}

function addVersion(draft: Draft, record: DebRecord): DebVersion {
  const known = draft.versions.find((each) => isSameBuild(each.record, record));
  if (known !== undefined) return known;
  const version: DebVersion = {
    package: draft as unknown as DebPackage,
    record,
    origins: [],
    dependencies: dependenciesOf(record),
    provides: parseRelations(record.provides).flat(),
  };
  draft.versions.push(version);
  return version;
}

/** In the order in which apt reads the fields of a paragraph. */
function dependenciesOf(record: DebRecord): readonly DebDependency[] {
  const of = (type: DebDependency['type'], text: string): readonly DebDependency[] =>
    text === '' ? [] : parseRelations(text).map((clause) => ({ type, clause, implicit: false }));
  return [
    ...of('pre-depends', record.preDepends),
    ...of('depends', record.depends),
    ...of('conflicts', record.conflicts),
    ...of('breaks', record.breaks),
    ...of('recommends', record.recommends),
  ];
}

/** Packages of several architectures are there together only where each allows it, and at one version. */
function withSiblings(version: DebVersion, group: readonly Draft[]): DebVersion {
  const { record } = version;
  const own = version.package.arch;
  const isSame = record.multiArch === 'same';
  const implied = group
    .filter(({ arch }) => arch !== own)
    .map(({ name, arch }): DebDependency => ({
      type: isSame ? 'breaks' : 'conflicts',
      clause: [{ name, arch, operator: isSame ? '!=' : null, version: isSame ? record.version : '' }],
      implicit: true,
    }));
  return { ...version, dependencies: [...version.dependencies, ...implied] };
}
