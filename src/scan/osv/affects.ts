/** Whether an advisory speaks of a version of a package, and which versions do not have it any more. */
import { comparePythonVersions, isPython, lookUpName, orderOf } from './ecosystems.ts';
import type { LookUp, VersionOrder } from './ecosystems.ts';
import type { OsvAffected, OsvEvent, OsvRecord } from './record.ts';

/**
 * `unclear`: the package is named, but its version, or one of the advisory's, has no place in the order of versions, and
 * it is not listed as affected by its text either. `other`: the advisory does not speak of this package.
 */
export type Verdict = 'affected' | 'unaffected' | 'unclear' | 'other';

/**
 * What an advisory says of a package: by its enumerated versions, or by one of its ECOSYSTEM ranges, as
 * https://ossf.github.io/osv-schema/#evaluation says. The ecosystem must be the same, release included.
 */
export function verdictOf(record: OsvRecord, wanted: LookUp): Verdict {
  const entries = entriesOf(record, wanted);
  const order = orderOf(wanted.ecosystem);
  if (entries.length === 0 || order === null) return 'other';
  const verdicts = entries.map((entry) => entryVerdict(entry, wanted, order));
  if (verdicts.includes('affected')) return 'affected';
  return verdicts.includes('unclear') ? 'unclear' : 'unaffected';
}

/** The record's entries of this very package in this very release. */
export function entriesOf(record: OsvRecord, { ecosystem, name }: LookUp): readonly OsvAffected[] {
  return record.affected.filter(
    (entry) => entry.ecosystem === ecosystem && lookUpName(ecosystem, entry.name) === name,
  );
}

/**
 * Versions at which any of the records says it is fixed: above ours, lowest first, without doubles (`3.2`, `3.2.0`), and
 * not affected by any of the records themselves.
 */
export function fixedVersions(records: readonly OsvRecord[], wanted: LookUp): readonly string[] {
  const order = orderOf(wanted.ecosystem);
  if (order === null) return [];
  const told = records
    .flatMap((record) => entriesOf(record, wanted))
    .flatMap(({ ranges }) => ranges.flat())
    .flatMap((event) => (event.kind === 'fixed' ? [event.version] : []));
  const above = [...new Set(told)]
    .filter((version) => (order(version, wanted.version) ?? -1) > 0)
    .sort((a, b) => order(a, b) ?? 0);
  return above
    .filter((version, index) => index === 0 || order(above[index - 1] ?? '', version) !== 0)
    .slice(0, MOST_CANDIDATES)
    .filter((version) => !records.some((record) => verdictOf(record, { ...wanted, version }) === 'affected'));
}

/** Threat: each one is held against all ranges again. */
const MOST_CANDIDATES = 100;

function entryVerdict(entry: OsvAffected, { ecosystem, version }: LookUp, order: VersionOrder): Verdict {
  const ranged = entry.ranges.map((events) => rangeVerdict(events, version, order));
  if (ranged.includes('affected') || isListed(entry.versions, version, isPython(ecosystem)))
    return 'affected';
  return ranged.includes('unclear') || order(version, version) === null ? 'unclear' : 'unaffected';
}

/** The last event at or below our version decides; of several of one version the one told last. */
function rangeVerdict(events: readonly OsvEvent[], version: string, order: VersionOrder): Verdict {
  let last: OsvEvent | null = null;
  let limited = false;
  let belowLimit = false;
  for (const event of events) {
    if (event.kind === 'limit' && event.version === '*') belowLimit = true;
    else {
      const place = isStart(event) ? 1 : order(version, event.version);
      if (place === null) return 'unclear';
      if (event.kind === 'limit') {
        limited = true;
        belowLimit ||= place < 0;
      } else if (event.kind === 'last_affected' ? place > 0 : place >= 0) {
        if (last === null || !comesBefore(event, last, order)) last = event;
      }
    }
  }
  if (limited && !belowLimit) return 'unaffected';
  return last?.kind === 'introduced' ? 'affected' : 'unaffected';
}

/** `introduced: 0` comes before all versions, whatever the order calls `0`. */
function isStart({ kind, version }: OsvEvent): boolean {
  return kind === 'introduced' && version === '0';
}

function comesBefore(a: OsvEvent, b: OsvEvent, order: VersionOrder): boolean {
  if (isStart(a) || isStart(b)) return isStart(a) && !isStart(b);
  return (order(a.version, b.version) ?? 0) < 0;
}

/** Distributions list their versions as they are; of Python packages `3.2` and `3.2.0` are the same. */
function isListed(versions: readonly string[], version: string, python: boolean): boolean {
  if (versions.includes(version)) return true;
  if (!python) return false;
  const ours = plainRelease(version);
  return versions.some((text) => {
    // The comparison of PEP 440 takes its time, and lists are long.
    const theirs = plainRelease(text);
    return ours !== null && theirs !== null ? ours === theirs : comparePythonVersions(text, version) === 0;
  });
}

/** Of a version of nothing but numbers, the one spelling of all that are equal to it; null for any other. */
function plainRelease(version: string): string | null {
  if (!/^[\d.]{1,64}$/u.test(version) || /^\.|\.\.|\.$/u.test(version)) return null;
  const numbers = version.split('.').map((digits) => digits.replace(/^0+/u, ''));
  while (numbers.at(-1) === '') numbers.pop();
  return numbers.join('.');
}
