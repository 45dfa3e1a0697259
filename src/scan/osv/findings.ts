/** From packages and advisories to findings. */
import { compareText } from '../../images/content.ts';
import { packageKey } from '../model.ts';
import type { Finding, ScanPackage } from '../model.ts';
import { verdictOf } from './affects.ts';
import { baseOf, lookUpName, lookUpsOf, whyNot } from './ecosystems.ts';
import type { LookUp } from './ecosystems.ts';
import { foldRecords } from './fold.ts';
import type { OsvRecord } from './record.ts';

export interface FindingsOf {
  /** By package, then by id. */
  readonly findings: readonly Finding[];
  /** Sentences without a full stop. */
  readonly notChecked: readonly string[];
}

/**
 * Which of the packages have which vulnerabilities. Several binary packages of one source are one package here.
 *
 * @param told for each look-up (`lookUpKey`) that a service has matched by itself, the ids of what it found. Its answer is
 *   then the answer, also where ours is another: it may know more than the record tells, and a finding must not come and go
 *   with whatever else was asked for. Our own ranges then only say in which versions it is fixed. The one exception are
 *   entries of Ubuntu Pro, whose packages are not those of Ubuntu.
 */
export function findingsOf(
  packages: readonly ScanPackage[],
  records: readonly OsvRecord[],
  told: ReadonlyMap<string, ReadonlySet<string>> = new Map(),
): FindingsOf {
  const living = records.filter(({ withdrawn }) => !withdrawn);
  const byPackage = indexByPackage(living);
  const byId = new Map(living.map((record) => [record.id, record]));
  const recordsFor = (wanted: LookUp): { affecting: OsvRecord[]; unclear: OsvRecord[] } => {
    const ids = told.get(lookUpKey(wanted));
    if (ids !== undefined) {
      const named = [...ids].flatMap((id) => byId.get(id) ?? []);
      return { affecting: named.filter((record) => !isProOnly(record, wanted)), unclear: [] };
    }
    const ours = byPackage.get(nameKey(wanted.ecosystem, wanted.name)) ?? [];
    const verdicts = ours.map((record) => ({ record, verdict: verdictOf(record, wanted) }));
    const having = (verdict: string): OsvRecord[] =>
      verdicts.flatMap((one) => (one.verdict === verdict ? [one.record] : []));
    return { affecting: having('affected'), unclear: having('unclear') };
  };

  const findings: Finding[] = [];
  const notChecked = new Set<string>();
  for (const { item, lookUps } of distinct(packages, notChecked)) {
    const found = lookUps.map(recordsFor);
    const affecting = found.flatMap((one) => one.affecting);
    for (const finding of foldRecords(item, lookUps, affecting)) findings.push(finding);
    const unclear = found.flatMap((one) => one.unclear);
    if (unclear.length > 0) notChecked.add(unclearSentence(item, unclear));
  }
  return { findings: findings.sort(byPackageAndId), notChecked: [...notChecked].sort() };
}

/** Of one package as it is looked up. */
export function lookUpKey({ ecosystem, name, version }: LookUp): string {
  return packageKey(ecosystem, name, version);
}

interface Distinct {
  readonly item: ScanPackage;
  readonly lookUps: readonly LookUp[];
}

function distinct(packages: readonly ScanPackage[], notChecked: Set<string>): readonly Distinct[] {
  const all = new Map<string, { item: ScanPackage; lookUps: Map<string, LookUp> }>();
  const refused = new Map<string, { ecosystem: string; why: string; count: number }>();
  for (const item of packages) {
    const why = whyNot(item);
    if (why !== null) {
      const key = `${baseOf(item.ecosystem)}\u0000${why}`;
      const before = refused.get(key)?.count ?? 0;
      refused.set(key, { ecosystem: baseOf(item.ecosystem), why, count: before + 1 });
      continue;
    }
    const key = packageKey(item.ecosystem, lookUpName(item.ecosystem, item.source), item.sourceVersion);
    const entry = all.get(key) ?? { item, lookUps: new Map<string, LookUp>() };
    for (const wanted of lookUpsOf(item)) entry.lookUps.set(lookUpKey(wanted), wanted);
    all.set(key, entry);
  }
  for (const { ecosystem, why, count } of refused.values()) {
    notChecked.add(`${packagesOf(count, ecosystem)}: ${why}`);
  }
  return [...all.values()].map(({ item, lookUps }) => ({ item, lookUps: [...lookUps.values()] }));
}

/** `3 packages of Debian`. The name of an ecosystem may be foreign text. */
export function packagesOf(count: number, ecosystem: string): string {
  const name = ecosystem.replace(/[^A-Za-z0-9 ]/gu, '').slice(0, 40);
  return `${count} package${count === 1 ? '' : 's'} of ${name === '' ? 'an unnamed kind' : name}`;
}

function indexByPackage(records: readonly OsvRecord[]): ReadonlyMap<string, readonly OsvRecord[]> {
  const index = new Map<string, OsvRecord[]>();
  for (const record of records) {
    const keys = new Set(
      record.affected.map(({ ecosystem, name }) => nameKey(ecosystem, lookUpName(ecosystem, name))),
    );
    for (const key of keys) {
      const list = index.get(key);
      if (list === undefined) index.set(key, [record]);
      else list.push(record);
    }
  }
  return index;
}

function nameKey(ecosystem: string, name: string): string {
  return `${ecosystem}\u0000${name}`;
}

/** Whether all that it says of a package of this name is meant for Ubuntu Pro. */
function isProOnly(record: OsvRecord, { ecosystem, name }: LookUp): boolean {
  if (baseOf(ecosystem) !== 'Ubuntu') return false;
  const entries = record.affected.filter((entry) => entry.name === name);
  return entries.length > 0 && entries.every((entry) => entry.ecosystem.startsWith('Ubuntu:Pro:'));
}

function unclearSentence({ source, sourceVersion }: ScanPackage, unclear: readonly OsvRecord[]): string {
  const ids = [...new Set(unclear.map(({ id }) => id))].sort();
  const more = ids.length > 3 ? ` and ${ids.length - 3} more` : '';
  return `${source} ${sourceVersion} against ${ids.slice(0, 3).join(', ')}${more}: the versions cannot be compared`;
}

function byPackageAndId(a: Finding, b: Finding): number {
  return (
    compareText(a.ecosystem, b.ecosystem) ||
    compareText(a.package, b.package) ||
    compareText(a.version, b.version) ||
    compareText(a.id, b.id)
  );
}
