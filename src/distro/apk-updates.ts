/** What an image of Alpine (or Wolfi, Chainguard) would get from `apk upgrade`, without running it. Pure. */
import { compareApkVersions } from '../images/apk-version.ts';
import { compareText, type ImageSystem } from '../images/content.ts';

import type { Reason } from '../reason.ts';
import { chooseApks, type ApkChoice, type ApkPlan } from './apk-choice.ts';
import { parseInstalledApks, type InstalledApk } from './apk-index.ts';
import { isAskedFor, readApkDependencies, readStoredApk, type ApkDependency } from './apk-record.ts';
import type { ApkSecurity } from './apk-secdb.ts';
import type { ApkSource } from './apk-sources.ts';
import { apkTags, type ApkTags } from './apk-tags.ts';
import type { PackageUpdate, SystemUpdates } from './model.ts';
import { APK_DATABASES, shownText, type RepoFiles } from './repo-files.ts';
import type { RecordStore } from './repo-store.ts';

/** One index that was read and is believed. */
export interface ApkIndex {
  readonly source: ApkSource;
  readonly packages: RecordStore;
  /** ISO 8601: when its newest package was built; null: it is empty, or tells no times. */
  readonly date: string | null;
  readonly signed: boolean;
  /** The distribution's own record of fixes; `none`: it keeps none for this repository; `unreachable`: it could not be had. */
  readonly security: ApkSecurity | 'none' | 'unreachable';
}

export interface ApkInput {
  readonly installed: readonly InstalledApk[];
  readonly files: RepoFiles;
  /** In the order of the sources. */
  readonly indexes: readonly ApkIndex[];
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Of what came before: sources that were left out. */
  readonly notes: readonly string[];
}

const MAX_PACKAGES = 20_000;
const OLD_DAYS = 120;
const DAY_MS = 86_400_000;

export function apkUpdates(input: ApkInput): SystemUpdates {
  const { installed, indexes } = input;
  if (installed.length > MAX_PACKAGES) return tooMuch(`it has more than ${MAX_PACKAGES} packages`);
  const world = readWorld(input.files);
  const tags = apkTags(world ?? [], installed);
  const byName = new Map(installed.map((each) => [each.name, each]));
  const plan = chooseApks({
    installed,
    world,
    choicesOf: (name) => choicesOf(name, byName.get(name), tags, indexes),
    isOffered: (dependency) => isOffered(dependency, byName, tags, indexes),
  });
  if (plan === null) return tooMuch('its packages depend on each other in too many ways');
  const updates = installed
    .flatMap((one) => updatesOf(one, plan, indexes))
    .sort((a, b) => compareText(a.name, b.name));
  return {
    state: updates.length === 0 ? 'clean' : 'behind',
    updates,
    indexes: indexes.map(({ source, date, signed }) => ({ source, date, signed })),
    notes: [...input.notes, ...notesOf(input, plan, updates)],
  };
}

/** Installed packages by the image's own database; null: it has none. */
export function installedApks(files: RepoFiles): readonly InstalledApk[] | null {
  for (const path of APK_DATABASES) {
    const bytes = files.get(path);
    // All that is looked at is ASCII.
    if (bytes !== undefined) return parseInstalledApks(bytes.toString('latin1'));
  }
  return null;
}

/**
 * Where the distribution keeps its record of security fixes for a repository; null: it keeps none that is known.
 * @param secdb root of Alpine's, without a slash at the end: `https://secdb.alpinelinux.org`.
 */
export function securityUrl(
  source: ApkSource,
  os: Pick<ImageSystem, 'id'> | null,
  secdb: string,
): string | null {
  if (os?.id === 'alpine') {
    const [, branch, repository] = /\/(v\d+\.\d+|edge)\/(main|community)$/u.exec(source.url) ?? [];
    return branch === undefined ? null : `${secdb}/${branch}/${repository}.json`;
  }
  // Beside their indexes.
  return os?.id === 'wolfi' || os?.id === 'chainguard' ? `${source.url}/security.json` : null;
}

function readWorld(files: RepoFiles): readonly ApkDependency[] | null {
  const bytes = files.get('etc/apk/world');
  return bytes === undefined ? null : readApkDependencies(bytes.toString('utf8'));
}

/** As apk does: what its world names with a tag comes from repositories of that tag first; all others from those without. */
function choicesOf(
  name: string,
  one: InstalledApk | undefined,
  tags: ApkTags,
  indexes: readonly ApkIndex[],
): readonly ApkChoice[] {
  const tag = tags.ownOf(name);
  const allowed = tags.allowedOf(name);
  const choices = indexes.flatMap(({ source, packages }, from): readonly ApkChoice[] => {
    if (source.tag !== null && !allowed.has(source.tag)) return [];
    return packages.find(name).flatMap((words) => {
      const record = readStoredApk(words);
      if (record.arch !== source.architecture && record.arch !== 'noarch') return [];
      const isInstalled = record.version === one?.version;
      return [{ record, from, isInstalled, isPreferred: source.tag === tag }];
    });
  });
  if (one === undefined || choices.some(({ isInstalled }) => isInstalled)) return choices;
  return [...choices, { record: one, from: null, isInstalled: true, isPreferred: false }];
}

/** What is installed already could only provide it in another version, which is looked at elsewhere. */
function isOffered(
  dependency: ApkDependency,
  installed: ReadonlyMap<string, InstalledApk>,
  tags: ApkTags,
  indexes: readonly ApkIndex[],
): boolean {
  const { name } = dependency;
  return indexes.some(({ source, packages }) => {
    if (source.tag !== null && !tags.used.has(source.tag)) return false;
    if (
      !installed.has(name) &&
      packages.find(name).some(([, version = '']) => isAskedFor(dependency, version))
    )
      return true;
    return packages.providing(name).some((words) => {
      const record = readStoredApk(words);
      const right = record.provides.some(
        (each) => each.name === name && isAskedFor(dependency, each.version),
      );
      return right && !installed.has(record.name);
    });
  });
}

function updatesOf(one: InstalledApk, plan: ApkPlan, indexes: readonly ApkIndex[]): readonly PackageUpdate[] {
  const choice = plan.chosen.get(one.name);
  if (choice === undefined || plan.unwanted.has(one.name)) return [];
  if (isNewer(choice.record.version, one.version)) return [updateOf(one, choice, indexes, null)];
  const held = plan.heldBy.get(one.name);
  const best = plan.best.get(one.name);
  if (held === undefined || best === undefined || !isNewer(best.record.version, one.version)) return [];
  const because =
    held === 'world'
      ? 'the image itself asks for another version (etc/apk/world)'
      : `${held} goes with another version`;
  return [updateOf(one, best, indexes, because)];
}

function updateOf(
  one: InstalledApk,
  { record, from }: ApkChoice,
  indexes: readonly ApkIndex[],
  because: string | null,
): PackageUpdate {
  const index = from === null ? undefined : indexes[from];
  const known = index?.security ?? 'none';
  const advisories =
    typeof known === 'string' ? [] : known.fixedBetween(record.origin, one.version, record.version);
  return {
    name: one.name,
    arch: record.arch,
    source: record.origin,
    from: one.version,
    to: record.version,
    // Without the record nobody knows; a fix that waits for a look-up is worse than a build too many.
    security: known === 'unreachable' || advisories.length > 0,
    advisories,
    kind: because === null ? 'upgrade' : 'kept-back',
    because,
    suite: index === undefined ? '' : nameOf(index.source),
    since: dayOf(record.built),
  };
}

function isNewer(a: string, b: string): boolean {
  return (compareApkVersions(a, b) ?? 0) > 0;
}

/** `v3.22/main`, for people. */
function nameOf({ url, tag }: ApkSource): string {
  const path =
    URL.parse(url)
      ?.pathname.split('/')
      .filter((part) => part !== '')
      .slice(-2)
      .join('/') ?? '';
  return `${tag === null ? '' : `@${tag} `}${shownText(path === '' ? url : path)}`;
}

/** Reproducible builds may write the epoch. */
function dayOf(seconds: number | null): string | null {
  return seconds === null || seconds < 946_684_800 ? null : new Date(seconds * 1000).toISOString();
}

function notesOf(input: ApkInput, plan: ApkPlan, updates: readonly PackageUpdate[]): readonly string[] {
  const notes: string[] = [];
  for (const { source, date, security } of input.indexes) {
    const suite = nameOf(source);
    const own = updates.filter((update) => update.suite === suite);
    if (security === 'unreachable' && own.length > 0) {
      notes.push(
        `The security database of ${suite} could not be read: all of its updates count as security fixes until it can be.`,
      );
    }
    if (security === 'none' && own.length > 0) {
      notes.push(`${suite} has no security database: which of its updates are security fixes is not known.`);
    }
    const days = date === null ? 0 : Math.floor((input.now - Date.parse(date)) / DAY_MS);
    if (days > OLD_DAYS) {
      notes.push(
        `The newest package of ${suite} is ${days} days old: the branch may be past its end of life.`,
      );
    }
  }
  if (plan.unwanted.size > 0) {
    const names = [...plan.unwanted].sort(compareText);
    notes.push(
      `apk would remove what nothing needs any more: ${names.slice(0, 10).join(', ')}${names.length > 10 ? ` and ${names.length - 10} more` : ''}.`,
    );
  }
  return notes;
}

function tooMuch(why: string): SystemUpdates {
  const message = `The packages of the image were not compared with its distribution: ${why}.`;
  const reason: Reason = { code: 'limit-exceeded', message, fix: '', detail: '' };
  return { state: 'unknown', reason };
}
