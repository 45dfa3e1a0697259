/** Which locked packages an advisory touches, and which releases are rid of it. */
import { compareSeverity } from '../scan/model.ts';
import { fixedVersions, verdictOf } from '../scan/osv/affects.ts';
import { lookUpName, orderOf } from '../scan/osv/ecosystems.ts';
import type { LookUp } from '../scan/osv/ecosystems.ts';
import type { OsvRecord } from '../scan/osv/record.ts';
import { recordOf } from './model.ts';
import type { Advisory, AdvisoryPackage } from './model.ts';

/**
 * @returns those of the rows whose version it speaks of, in their order, withdrawn or not. Not those whose version has no
 *   place in the order of versions, unless it is listed.
 */
export function affected<Row extends LookUp>(advisory: Advisory, rows: readonly Row[]): readonly Row[] {
  const records = new Map([...byPackage(advisory)].map(([key, found]) => [key, recordOf(advisory, found)]));
  // Thousands of repositories have the same few versions.
  const known = new Map<string, boolean>();
  return rows.filter((row) => {
    const wanted = lookUp(row);
    const record = records.get(packageKeyOf(wanted));
    if (record === undefined) return false;
    const key = JSON.stringify([wanted.ecosystem, wanted.name, wanted.version]);
    const hit = known.get(key) ?? verdictOf(record, wanted) === 'affected';
    known.set(key, hit);
    return hit;
  });
}

/**
 * The releases that the advisories (those not withdrawn) themselves name as fixed: above ours, lowest first, and affected by
 * none of them. A release need not exist in the index.
 */
export function lowestFixed(advisories: readonly Advisory[], item: LookUp): readonly string[] {
  const wanted = lookUp(item);
  const standing = recordsFor(advisories, wanted).filter(({ withdrawn }) => !withdrawn);
  return fixedVersions(standing, wanted);
}

/** What moving one package can do about several advisories at once. */
export interface FixPlan {
  /** Releases above ours that none of `fixes` affects, lowest first. */
  readonly candidates: readonly string[];
  readonly fixes: readonly Advisory[];
  /** Nothing there is rid of these, or only of these and not of worse ones. */
  readonly open: readonly Advisory[];
}

/**
 * As many of the advisories as one release can be rid of, the worst first; those that are withdrawn or do not affect ours are
 * left out.
 * @param releases that may be taken, in any order: not yanked, and no pre-releases where those are not wanted.
 */
export function fixPlan(advisories: readonly Advisory[], item: LookUp, releases: readonly string[]): FixPlan {
  const wanted = lookUp(item);
  const order = orderOf(wanted.ecosystem);
  if (order === null) return { candidates: [], fixes: [], open: [] };
  let candidates = [...new Set(releases)]
    .filter((version) => (order(version, wanted.version) ?? -1) > 0)
    .sort((a, b) => order(a, b) ?? 0);
  const fixes: Advisory[] = [];
  const open: Advisory[] = [];
  const worstFirst = [...advisories].sort((a, b) => compareSeverity(a.severity.level, b.severity.level));
  for (const advisory of worstFirst) {
    const [record] = recordsFor([advisory], wanted);
    if (record === undefined || record.withdrawn || verdictOf(record, wanted) !== 'affected') continue;
    const rid = candidates.filter((version) => verdictOf(record, { ...wanted, version }) === 'unaffected');
    if (rid.length === 0) open.push(advisory);
    else {
      candidates = rid;
      fixes.push(advisory);
    }
  }
  return fixes.length === 0 ? { candidates: [], fixes, open } : { candidates, fixes, open };
}

/** The advisory with nothing but what it says of one package, for a job that is about that alone. */
export function narrowed(advisory: Advisory, ecosystem: string, name: string): Advisory {
  const key = packageKeyOf({ ecosystem, name: lookUpName(ecosystem, name) });
  return { ...advisory, packages: byPackage(advisory).get(key) ?? [] };
}

/** Each package of the advisory once: what to ask the index of packages for. */
export function packagesIn(
  advisory: Advisory,
): readonly { readonly ecosystem: string; readonly name: string }[] {
  return [...byPackage(advisory).values()].flatMap(([one]) =>
    one === undefined ? [] : [{ ecosystem: one.ecosystem, name: one.name }],
  );
}

function byPackage({ packages }: Advisory): ReadonlyMap<string, readonly AdvisoryPackage[]> {
  const found = new Map<string, AdvisoryPackage[]>();
  for (const one of packages) {
    const key = packageKeyOf(one);
    const same = found.get(key);
    if (same === undefined) found.set(key, [one]);
    else same.push(one);
  }
  return found;
}

function recordsFor(advisories: readonly Advisory[], wanted: LookUp): readonly OsvRecord[] {
  return advisories.flatMap((advisory) => {
    const found = byPackage(advisory).get(packageKeyOf(wanted));
    return found === undefined ? [] : [recordOf(advisory, found)];
  });
}

function lookUp({ ecosystem, name, version }: LookUp): LookUp {
  return { ecosystem, name: lookUpName(ecosystem, name), version };
}

function packageKeyOf({ ecosystem, name }: Omit<LookUp, 'version'>): string {
  return JSON.stringify([ecosystem, name]);
}
