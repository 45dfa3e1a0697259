/** What an image of the RPM family would get from `dnf upgrade`, without running it. Pure. */
import { compareText, type ImagePackage } from '../images/content.ts';
import { compareRpmVersions } from '../images/rpm-version.ts';
import type { Reason } from '../reason.ts';
import type { PackageUpdate, SystemUpdates } from './model.ts';
import { matchesGlob } from './apt-glob.ts';
import { isModular, successorOf, type RpmCandidate, type RpmIndex } from './rpm-candidates.ts';
import { readStoredAdvice, type RpmAdvice } from './rpm-updateinfo.ts';

export interface RpmInput {
  /** All of the image; those of other kinds do not count. */
  readonly packages: readonly ImagePackage[];
  readonly indexes: readonly RpmIndex[];
  /** As `readRpmSources` gives it. */
  readonly installOnly: readonly string[];
  /** Milliseconds since 1970. */
  readonly now: number;
  /** Of what came before: sources that were left out. */
  readonly notes: readonly string[];
}

const MAX_PACKAGES = 20_000;
const OLD_DAYS = 200;
const DAY_MS = 86_400_000;

export function rpmUpdates(input: RpmInput): SystemUpdates {
  const installed = newestOnly(input.packages, input.installOnly);
  if (installed.length > MAX_PACKAGES) return tooMuch(`it has more than ${MAX_PACKAGES} packages`);
  const names = new Set(installed.map(({ name }) => name));
  const notes: string[] = [];
  const updates = installed
    .flatMap((one): readonly PackageUpdate[] => {
      const next = successorOf(one, names, input.indexes);
      if (next === null) return [];
      if (next.record.name !== one.name) notes.push(`${one.name} is replaced by ${next.record.name}.`);
      return [updateOf(one, next, input.indexes)];
    })
    .sort((a, b) => compareText(a.name, b.name) || compareText(a.arch, b.arch));
  return {
    state: updates.length === 0 ? 'clean' : 'behind',
    updates,
    indexes: input.indexes.map(({ source, date, signed }) => ({ source, date, signed })),
    notes: [...input.notes, ...notes, ...notesOf(input, installed, updates)],
  };
}

/** Of packages that stand in several versions side by side (kernels) the newest. */
function newestOnly(
  packages: readonly ImagePackage[],
  installOnly: readonly string[],
): readonly ImagePackage[] {
  const found = new Map<string, ImagePackage>();
  for (const one of packages) {
    if (one.kind !== 'rpm') continue;
    const key = `${one.name} ${one.arch}`;
    const known = found.get(key);
    if (known === undefined || compareRpmVersions(one.version, known.version) > 0) found.set(key, one);
  }
  // dnf installs a newer one beside the old, and names it as such.
  return [...found.values()].filter(({ name }) => !installOnly.some((glob) => isLike(glob, name)));
}

function isLike(glob: string, name: string): boolean {
  return glob === name || (glob.includes('*') && matchesGlob(glob.slice(0, 200), name));
}

function updateOf(one: ImagePackage, candidate: RpmCandidate, indexes: readonly RpmIndex[]): PackageUpdate {
  const { record, index } = candidate;
  const advices = advicesOf(one, candidate, indexes);
  const fixes = advices.filter(({ security }) => security);
  // A fix waits since the first of them; all else since this very version is there.
  const dates = (fixes.length > 0 ? fixes : advices.filter(({ version }) => version === record.version))
    .flatMap(({ issued }) => issued ?? [])
    .sort();
  return {
    name: one.name,
    arch: record.arch,
    source: record.source,
    from: one.version,
    to: record.version,
    security: fixes.length > 0,
    advisories: [...new Set((fixes.length > 0 ? fixes : advices).map(({ id }) => id))].sort(compareText),
    kind: 'upgrade',
    because: null,
    suite: index.source.id,
    since: dates[0] ?? dayOf(record.made),
  };
}

/** Advisories on the way from the installed version to the candidate, which counts itself; of any repository, as in dnf. */
function advicesOf(
  one: ImagePackage,
  { record }: RpmCandidate,
  indexes: readonly RpmIndex[],
): readonly RpmAdvice[] {
  return indexes.flatMap(({ advisories }) =>
    (advisories?.find(record.name) ?? []).map(readStoredAdvice).filter((advice) => {
      if (advice.arch !== record.arch) return false;
      if (compareRpmVersions(advice.version, record.version) > 0) return false;
      if (record.name !== one.name) return advice.version === record.version;
      return (
        isModular(advice.version) === isModular(record.version) &&
        compareRpmVersions(advice.version, one.version) > 0
      );
    }),
  );
}

/** Reproducible builds may write the epoch. */
function dayOf(seconds: number | null): string | null {
  return seconds === null || seconds < 946_684_800 ? null : new Date(seconds * 1000).toISOString();
}

function notesOf(
  { indexes, now }: RpmInput,
  installed: readonly ImagePackage[],
  updates: readonly PackageUpdate[],
): readonly string[] {
  const notes: string[] = [];
  for (const { source, date, advisories } of indexes) {
    if (advisories === null && updates.some(({ suite }) => suite === source.id)) {
      notes.push(
        `${source.id} publishes no advisories: which of its updates are security fixes is not known.`,
      );
    }
    const days = date === null ? 0 : Math.floor((now - Date.parse(date)) / DAY_MS);
    if (days > OLD_DAYS) {
      notes.push(`The index of ${source.id} is ${days} days old: its release may be past its end of life.`);
    }
  }
  const modular = installed.filter(({ version }) => isModular(version)).length;
  if (modular > 0) {
    notes.push(
      `${modular} packages are of modules; they were compared only with builds whose version begins with the same two numbers.`,
    );
  }
  return notes;
}

function tooMuch(why: string): SystemUpdates {
  const message = `The packages of the image were not compared with its distribution: ${why}.`;
  const reason: Reason = { code: 'limit-exceeded', message, fix: '', detail: '' };
  return { state: 'unknown', reason };
}
