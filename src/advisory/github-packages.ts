/** The packages that GitHub's advisories name, as OSV would name them. Read from JSON that anybody may have written. */
import { normaliseName } from '../locks/package-name.ts';
import { field, strictList, MALFORMED } from '../scan/osv/json.ts';
import type { Malformed } from '../scan/osv/json.ts';
import type { AdvisoryPackage } from './model.ts';
import { eventsOf, isAbove, readPatchedVersions, readVersion, readVersionRange } from './version-range.ts';
import type { VersionSpan } from './version-range.ts';

export interface GitHubPackages {
  readonly packages: readonly AdvisoryPackage[];
  /** Sentences without a full stop; safe to show. */
  readonly left: readonly string[];
}

/** Threat: true advisories have a few dozen. */
const MOST_VULNERABILITIES = 1000;
const MOST_LEFT = 20;
/** Core metadata, "Name". */
const NAME = /^[A-Z0-9](?:[A-Z0-9._-]{0,126}[A-Z0-9])?$/iu;

/** GitHub's names of ecosystems, in lower case, and OSV's; what is not here, Relock keeps no locks of. */
const ECOSYSTEMS: ReadonlyMap<string, string> = new Map([
  ['pip', 'PyPI'],
  ['pypi', 'PyPI'],
]);

/** @returns OSV's name for an ecosystem of GitHub, or null. */
function ecosystemOfGitHub(name: unknown): string | null {
  return typeof name === 'string' ? (ECOSYSTEMS.get(name.toLowerCase()) ?? null) : null;
}

/** @param holder has a list `vulnerabilities`. @returns malformed when that is no list, or an endless one. */
export function readPackages(holder: unknown): GitHubPackages | Malformed {
  const list = strictList(holder, 'vulnerabilities', MOST_VULNERABILITIES);
  return list === MALFORMED ? MALFORMED : packagesOf(list);
}

/** Of each the first of what is the same. */
export function packagesOf(vulnerabilities: readonly unknown[]): GitHubPackages {
  const packages = new Map<string, AdvisoryPackage>();
  const left = new Set<string>();
  for (const vulnerability of vulnerabilities) {
    const read = readVulnerability(vulnerability);
    if (typeof read === 'string') left.add(read);
    else packages.set(JSON.stringify(read), read);
  }
  return { packages: [...packages.values()], left: [...left].slice(0, MOST_LEFT) };
}

function readVulnerability(value: unknown): AdvisoryPackage | string {
  const place = field(value, 'package');
  const told = field(place, 'ecosystem');
  const ecosystem = ecosystemOfGitHub(told);
  const written = field(place, 'name');
  if (ecosystem === null) return `it names a package of ${shown(told)}, of which Relock keeps no locks`;
  if (typeof written !== 'string' || !NAME.test(written)) {
    return `it names a package of ${ecosystem} by what is no name of one`;
  }
  const name = normaliseName(written);
  const text = field(value, 'vulnerable_version_range');
  const spans = typeof text === 'string' ? readVersionRange(text) : 'is missing';
  if (typeof spans === 'string') return `which versions of ${name} it means is not known: its range ${spans}`;
  const patched = readPatched(value);
  const ranges = spans.map((span) => eventsOf(span, lowestAbove(patched, span)));
  const firstPatched =
    spans.map((span) => lowestAbove(patched, span)).find((found) => found !== null) ?? null;
  return { ecosystem, name, ranges, versions: [], firstPatched };
}

/** `first_patched_version: {identifier}` of reviewed advisories, or its text alone; `patched_versions` of repositories' own. */
function readPatched(value: unknown): readonly string[] {
  const first = field(value, 'first_patched_version');
  const version = readVersion(field(first, 'identifier') ?? first);
  if (version !== null) return [version];
  const several = field(value, 'patched_versions');
  return typeof several === 'string' ? readPatchedVersions(several) : [];
}

/** Those that are told of several lines of releases stand in one list. */
function lowestAbove(patched: readonly string[], { to }: VersionSpan): string | null {
  const above = patched.filter((version) => isAbove(version, to));
  return above.find((one) => above.every((other) => other === one || !isLower(other, one))) ?? null;
}

function isLower(a: string, b: string): boolean {
  return isAbove(b, { version: a, inclusive: true });
}

function shown(ecosystem: unknown): string {
  return typeof ecosystem === 'string' && /^[\w .:-]{1,40}$/u.test(ecosystem)
    ? `the ecosystem ${ecosystem}`
    : 'an unknown ecosystem';
}
