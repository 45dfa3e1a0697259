/** Advisories on one package as a pull request tells them: those of one vulnerability folded. Pure. */
import type { Advisory, AdvisoryPackage } from '../advisory/model.ts';
import { compareSeverity, type FindingSeverity } from '../scan/model.ts';
import { comparePythonVersions } from '../scan/osv/ecosystems.ts';
import type { OsvEvent } from '../scan/osv/record.ts';

/** One vulnerability of one package. Texts are foreign. */
export interface FixAdvisory {
  /** The name to show: a CVE if it has one, else GHSA, else PYSEC. */
  readonly id: string;
  /** All names, the best known first. */
  readonly ids: readonly string[];
  /** One line; may be empty. */
  readonly summary: string;
  readonly severity: FindingSeverity;
  readonly malicious: boolean;
  /** `>= 2.0, < 3.1.4`; empty when the sources only list versions. */
  readonly affected: readonly string[];
  /** Lowest first; empty: none yet. */
  readonly fixed: readonly string[];
  readonly link: string | null;
  /** By all sources that tell of it. */
  readonly withdrawn: boolean;
}

/** Worst first, those that still hold before the withdrawn ones. @param name as the advisories have it (PEP 503 for Python). */
export function fixAdvisories(
  advisories: readonly Advisory[],
  { ecosystem, name }: { readonly ecosystem: string; readonly name: string },
): readonly FixAdvisory[] {
  const about = advisories
    .map((advisory) => ({
      advisory,
      packages: advisory.packages.filter((one) => one.ecosystem === ecosystem && one.name === name),
    }))
    .filter(({ packages }) => packages.length > 0);
  return groupByName(about)
    .map(folded)
    .sort(
      (a, b) =>
        Number(a.withdrawn) - Number(b.withdrawn) ||
        Number(b.malicious) - Number(a.malicious) ||
        compareSeverity(a.severity.level, b.severity.level) ||
        (b.severity.score ?? 0) - (a.severity.score ?? 0) ||
        compareNames(a.id, b.id),
    );
}

interface Told {
  readonly advisory: Advisory;
  readonly packages: readonly AdvisoryPackage[];
}

/** Those that share a name, directly or through others. */
function groupByName(all: readonly Told[]): readonly (readonly Told[])[] {
  const holders = new Map<string, Told[]>();
  for (const told of all) {
    for (const id of told.advisory.ids) holders.set(id, [...(holders.get(id) ?? []), told]);
  }
  const seen = new Set<Told>();
  return all.flatMap((start) => {
    if (seen.has(start)) return [];
    // A set grows while it is walked, so this reaches all that are connected.
    const group = new Set([start]);
    for (const { advisory } of group) {
      for (const other of advisory.ids.flatMap((id) => holders.get(id) ?? [])) group.add(other);
    }
    for (const told of group) seen.add(told);
    return [[...group]];
  });
}

function folded(group: readonly Told[]): FixAdvisory {
  const holding = group.filter(({ advisory }) => advisory.state !== 'withdrawn');
  const told = holding.length > 0 ? holding : group;
  const ids = [...new Set(group.flatMap(({ advisory }) => advisory.ids))].sort(compareNames);
  const packages = told.flatMap((one) => one.packages);
  return {
    id: ids[0] ?? '',
    ids,
    summary: told.map(({ advisory }) => advisory.summary).find((summary) => summary !== '') ?? '',
    severity: severityOf(told.map(({ advisory }) => advisory)),
    malicious: told.some(({ advisory }) => advisory.malicious),
    affected: [...new Set(packages.flatMap(({ ranges }) => ranges.flatMap(rangeInWords)))],
    fixed: fixedIn(packages),
    link: linkOf(ids, told),
    withdrawn: holding.length === 0,
  };
}

const PREFIXES = ['CVE-', 'GHSA-', 'PYSEC-'];

function compareNames(a: string, b: string): number {
  const rank = (name: string): number => {
    const index = PREFIXES.findIndex((prefix) => name.startsWith(prefix));
    return index === -1 ? PREFIXES.length : index;
  };
  return rank(a) - rank(b) || (a < b ? -1 : Number(a > b));
}

/** One with a score before a word alone, of those the worst. */
function severityOf(advisories: readonly Advisory[]): FindingSeverity {
  const rated = advisories
    .map(({ severity }) => severity)
    .sort(
      (a, b) =>
        Number(a.score === null) - Number(b.score === null) ||
        compareSeverity(a.level, b.level) ||
        (b.score ?? 0) - (a.score ?? 0),
    );
  return rated[0] ?? { level: 'unknown', score: null, source: '', vector: null };
}

/** `>= 2.0, < 3.1.4`, a text for each span; `all versions`. */
export function rangeInWords(events: readonly OsvEvent[]): readonly string[] {
  const spans: string[] = [];
  let from: string | null = null;
  const close = (end: string | null): void => {
    if (from === null) return;
    const start = from === '0' ? null : `>= ${from}`;
    spans.push([start, end].filter((part) => part !== null).join(', ') || 'all versions');
    from = null;
  };
  for (const { kind, version } of events) {
    if (kind === 'introduced') from ??= version;
    else close(`${kind === 'last_affected' ? '<=' : '<'} ${version}`);
  }
  close(null);
  return spans;
}

function fixedIn(packages: readonly AdvisoryPackage[]): readonly string[] {
  const told = packages.flatMap(({ ranges, firstPatched }) => [
    ...ranges.flat().flatMap(({ kind, version }) => (kind === 'fixed' ? [version] : [])),
    ...(firstPatched === null ? [] : [firstPatched]),
  ]);
  return [...new Set(told)].sort((a, b) => comparePythonVersions(a, b) ?? 0);
}

/** A page that is there from the first minute: OSV takes some time to learn of GitHub's. */
function linkOf(ids: readonly string[], told: readonly Told[]): string | null {
  // A repository's own advisory may not be in GitHub's database yet.
  if (told.every(({ advisory }) => advisory.source === 'repository_advisory')) return null;
  const github = ids.find((id) => /^GHSA(?:-[\da-z]{4}){3}$/u.test(id));
  if (github !== undefined) return `https://github.com/advisories/${github}`;
  const [id = ''] = ids;
  return /^[\w.:-]{3,100}$/u.test(id) ? `https://osv.dev/vulnerability/${id}` : null;
}
