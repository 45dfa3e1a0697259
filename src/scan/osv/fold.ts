/**
 * One finding for one vulnerability: the many records and names of it folded. As osv-scanner does, only records that affect
 * the version are folded, and one that does is enough, also where another database says the opposite.
 */
import type { Finding, FindingSeverity, ScanPackage } from '../model.ts';
import { entriesOf, fixedVersions } from './affects.ts';
import { isPython, lookUpName } from './ecosystems.ts';
import type { LookUp } from './ecosystems.ts';
import type { OsvRecord } from './record.ts';
import { bySeverity, severityOf, UNRATED } from './severity.ts';

/** @param records those that affect it, withdrawn ones already left out; doubles do no harm. */
export function foldRecords(
  item: ScanPackage,
  lookUps: readonly LookUp[],
  records: readonly OsvRecord[],
): readonly Finding[] {
  const single = [...new Map(records.map((record) => [record.id, record])).values()];
  const bulletins = single.filter((record) => isBulletin(record, item.ecosystem));
  const groups = groupByName(single.filter((record) => !isBulletin(record, item.ecosystem)));
  const known = new Set(groups.flatMap(({ names }) => names));
  const left = bulletins.flatMap((record) => {
    const unknown = coveredBy(record).filter((name) => !known.has(name));
    return unknown.length === 0 ? [] : [{ names: [record.id], records: [record] }];
  });
  return [...groups, ...left]
    .map((group) => findingOf(item, lookUps, group))
    .sort((a, b) => (a.id < b.id ? -1 : 1));
}

interface Group {
  /** Sorted. */
  readonly names: readonly string[];
  readonly records: readonly OsvRecord[];
}

/**
 * A distribution's notice (DSA, DLA, USN, RHSA) that covers several vulnerabilities is no name of any of them. Advisories of
 * Python packages that name several are one vulnerability that was counted twice.
 */
function isBulletin(record: OsvRecord, ecosystem: string): boolean {
  return !isPython(ecosystem) && coveredBy(record).length > 1;
}

/** Older notices have their vulnerabilities under `aliases` or `related`. */
function coveredBy({ aliases, upstream, related }: OsvRecord): readonly string[] {
  const all = [...upstream, ...aliases].filter(isCve);
  return [...new Set(all.length > 0 ? all : related.filter(isCve))];
}

function isCve(name: string): boolean {
  return name.startsWith('CVE-');
}

/** `DEBIAN-CVE-2026-1` has what it is made from as its one `upstream`. */
function namesOf({ id, aliases, upstream }: OsvRecord): readonly string[] {
  return [id, ...aliases, ...(upstream.length === 1 ? upstream : [])];
}

/** Records that share a name, directly or through others. */
function groupByName(records: readonly OsvRecord[]): readonly Group[] {
  const parents = records.map((_, index) => index);
  const rootOf = (index: number): number => {
    let root = index;
    while (parents[root] !== undefined && parents[root] !== root) {
      // Halves the way, so that a long chain stays cheap.
      parents[root] = parents[parents[root] ?? root] ?? root;
      root = parents[root] ?? root;
    }
    return root;
  };
  const holders = new Map<string, number>();
  records.forEach((record, index) => {
    for (const name of namesOf(record)) {
      const other = holders.get(name);
      if (other === undefined) holders.set(name, index);
      else parents[rootOf(index)] = rootOf(other);
    }
  });
  const groups = new Map<number, OsvRecord[]>();
  records.forEach((record, index) => {
    const members = groups.get(rootOf(index));
    if (members === undefined) groups.set(rootOf(index), [record]);
    else members.push(record);
  });
  return [...groups.values()].map((members) => ({
    names: [...new Set(members.flatMap(namesOf))].sort(),
    records: members,
  }));
}

function findingOf(item: ScanPackage, lookUps: readonly LookUp[], { names, records }: Group): Finding {
  const ordered = [...records].sort(byName);
  const wanted = lookUps.find((one) => records.some((record) => entriesOf(record, one).length > 0));
  const fixed = wanted === undefined ? [] : fixedVersions(records, wanted);
  const malicious = names.some(isMalware);
  const severity = severityOfAll(ordered, lookUps);
  return {
    id: [...names].sort(compareNames)[0] ?? '',
    ids: names,
    ecosystem: item.ecosystem,
    package: lookUpName(item.ecosystem, item.source),
    version: item.sourceVersion,
    summary: summaryOf(ordered),
    severity: malicious ? asMalware(severity, names) : severity,
    fixed,
    link: ordered[0] === undefined ? null : `https://osv.dev/vulnerability/${ordered[0].id}`,
    note: fixed.length > 0 ? null : noteOf(records, lookUps),
    malicious,
  };
}

/** CVE before GHSA before PYSEC before all others. */
function compareNames(a: string, b: string): number {
  return rankOf(a) - rankOf(b) || (a < b ? -1 : Number(a > b));
}

function byName(a: OsvRecord, b: OsvRecord): number {
  return compareNames(a.id, b.id);
}

const PREFIXES = ['CVE-', 'GHSA-', 'PYSEC-'];

function rankOf(name: string): number {
  const index = PREFIXES.findIndex((prefix) => name.startsWith(prefix));
  return index === -1 ? PREFIXES.length : index;
}

/** A short text of any record before the start of a long one. */
function summaryOf(ordered: readonly OsvRecord[]): string {
  const texts = [...ordered.map(({ summary }) => summary), ...ordered.map(({ details }) => details)];
  return texts.find((text) => text !== '') ?? '';
}

/** The best known one (see severity.ts), of the same kind GitHub's, and else the worst. */
function severityOfAll(ordered: readonly OsvRecord[], lookUps: readonly LookUp[]): FindingSeverity {
  const rated = ordered.map((record) => ({
    other: record.id.startsWith('GHSA-') ? 0 : 1,
    rated: severityOf(
      record,
      lookUps.flatMap((one) => entriesOf(record, one)),
    ),
  }));
  rated.sort((a, b) => a.rated.rank - b.rated.rank || a.other - b.other || bySeverity(a.rated, b.rated));
  return rated[0]?.rated.severity ?? UNRATED;
}

/** Names of the OSV database of malicious packages. */
function isMalware(name: string): boolean {
  return name.startsWith('MAL-');
}

function asMalware(severity: FindingSeverity, names: readonly string[]): FindingSeverity {
  if (severity.level === 'critical') return severity;
  return { level: 'critical', score: null, source: names.find(isMalware) ?? '', vector: null };
}

/** What Debian says where it will not fix. */
const NOTES: ReadonlyMap<string, string> = new Map([
  ['unimportant', 'unimportant'],
  ['end-of-life', 'end of life'],
]);

function noteOf(records: readonly OsvRecord[], lookUps: readonly LookUp[]): string | null {
  const urgencies = records.flatMap((record) =>
    lookUps.flatMap((one) => entriesOf(record, one).map(({ urgency }) => urgency)),
  );
  return urgencies.map((urgency) => NOTES.get(urgency)).find((note) => note !== undefined) ?? null;
}
