/** What Trivy writes (`--format json`, schema 2). Pure. */
import { normaliseName } from '../locks/package-name.ts';
import { distributionOf } from './ecosystem-of.ts';
import type { FindingSeverity, ScanPackage } from './model.ts';
import { findingsOf, oneLine, scoreOf, severityOf, type Row, type Score } from './program-finding.ts';
import { AnswerError, at, listAt, needed, numberAt, textAt } from './program-json.ts';
import { notLookedUp, type Found } from './program-report.ts';
import type { Sbom } from './sbom.ts';
import { idOfTrivyFamily } from './sbom-systems.ts';
import type { ImageLayout } from './scanner.ts';
import { secretsOf } from './trivy-secrets.ts';

/**
 * The answer for one SBOM, asked for with `--list-all-pkgs`: packages that it does not list were not looked at. It leaves
 * some out in silence, and ends with 0.
 * @throws {AnswerError}
 */
export function readTrivySbom(answer: unknown, sbom: Sbom): Found {
  const results = resultsOf(answer);
  const seen = new Set<string>();
  const rows: Row[] = [];
  for (const result of results) {
    for (const one of listAt(result, 'Packages')) seen.add(textAt(one, 'Identifier', 'BOMRef'));
    for (const one of listAt(result, 'Vulnerabilities')) {
      const ref = textAt(one, 'PkgIdentifier', 'BOMRef');
      const found = sbom.packages.get(ref);
      if (found === undefined) throw new AnswerError('names a package that it was not asked about');
      rows.push(rowOf(one, found));
    }
  }
  const missing = [...sbom.packages].filter(([ref]) => !seen.has(ref)).map(([, one]) => one);
  return {
    findings: findingsOf(rows),
    secrets: [],
    notChecked: notLookedUp(missing, 'which Trivy did not look at'),
    looked: sbom.packages.size - missing.length,
  };
}

/** The answer for one image. @param known packages of Relock's own reading. @throws {AnswerError} */
export function readTrivyImage(answer: unknown, layout: ImageLayout, known: readonly ScanPackage[]): Found {
  const results = resultsOf(answer);
  const system = systemName(answer, results);
  const bySource = new Map(known.map((one) => [keyOf(one), one]));
  const rows: Row[] = [];
  let packages = 0;
  for (const result of results) {
    const listed = listAt(result, 'Packages');
    packages += listed.length;
    const byUid = new Map(listed.map((one) => [textAt(one, 'Identifier', 'UID'), one]));
    for (const one of listAt(result, 'Vulnerabilities')) {
      const described = byUid.get(textAt(one, 'PkgIdentifier', 'UID'));
      const told = packageOf(one, described, result, system);
      rows.push(rowOf(one, bySource.get(keyOf(told)) ?? told));
    }
  }
  return {
    findings: findingsOf(rows),
    secrets: results.flatMap((result) => secretsOf(result, layout)),
    notChecked:
      packages === 0 ? [`${layout.location} (${layout.platform}), in which Trivy found no packages`] : [],
    looked: packages,
  };
}

function resultsOf(answer: unknown): readonly unknown[] {
  if (numberAt(answer, 'SchemaVersion') !== 2) throw new AnswerError('is no report of schema 2');
  return listAt(answer, 'Results');
}

type Identity = Pick<ScanPackage, 'ecosystem' | 'source' | 'sourceVersion'>;

function keyOf({ ecosystem, source, sourceVersion }: Identity): string {
  return `${ecosystem}\u0000${source}\u0000${sourceVersion}`;
}

function rowOf(one: unknown, { ecosystem, source, sourceVersion }: Identity): Row {
  const fixed = textAt(one, 'FixedVersion');
  return {
    ids: [needed(one, 'VulnerabilityID'), ...listAt(one, 'VendorIDs').filter((id) => typeof id === 'string')],
    ecosystem,
    source,
    sourceVersion,
    summary: textAt(one, 'Title') || textAt(one, 'Description'),
    severity: trivySeverity(one),
    fixed: fixed === '' ? [] : fixed.slice(0, 4000).split(','),
    links: [textAt(one, 'PrimaryURL')],
    status: textAt(one, 'Status'),
  };
}

/** The word is of the source that Trivy chose; only that source's score goes with it. */
function trivySeverity(one: unknown): FindingSeverity {
  const source = textAt(one, 'SeveritySource');
  const word = textAt(one, 'Severity');
  const scored = source === '' ? firstScored(one) : source;
  const said = source === '' ? scored : source;
  return severityOf(word, scoreBy(one, scored), said === '' ? 'trivy' : `trivy: ${said}`);
}

/** Where nobody gave a word: the first that gave a score, NVD's and GitHub's before others. */
function firstScored(one: unknown): string {
  const scores = at(one, 'CVSS');
  const names = typeof scores === 'object' && scores !== null ? Object.keys(scores).slice(0, 100).sort() : [];
  return ['nvd', 'ghsa', ...names].find((name) => scoreBy(one, name) !== null) ?? '';
}

/** CVSS 4 before 3 before 2. */
function scoreBy(one: unknown, source: string): Score | null {
  for (const version of ['V40', 'V3', 'V2']) {
    const score = numberAt(one, 'CVSS', source, `${version}Score`);
    const found = scoreOf(score, textAt(one, 'CVSS', source, `${version}Vector`));
    if (found !== null && found.score > 0) return found;
  }
  return null;
}

function systemName(answer: unknown, results: readonly unknown[]): string {
  const family = textAt(answer, 'Metadata', 'OS', 'Family');
  const kind = results.some((one) => textAt(one, 'Class') === 'os-pkgs') ? family : '';
  if (kind === '') return '';
  const id = idOfTrivyFamily(family);
  const version = textAt(answer, 'Metadata', 'OS', 'Name');
  return distributionOf({ id, version, name: id, codename: '' }, KINDS.get(id) ?? 'rpm');
}

const KINDS: ReadonlyMap<string, 'deb' | 'apk'> = new Map([
  ['debian', 'deb'],
  ['ubuntu', 'deb'],
  ['alpine', 'apk'],
  ['wolfi', 'apk'],
  ['chainguard', 'apk'],
]);

/** OSV's names for what Trivy calls a type. */
const LANGUAGES: ReadonlyMap<string, string> = new Map([
  ['python-pkg', 'PyPI'],
  ['node-pkg', 'npm'],
  ['gobinary', 'Go'],
  ['gemspec', 'RubyGems'],
  ['rustbinary', 'crates.io'],
  ['jar', 'Maven'],
  ['composer-vendor', 'Packagist'],
  ['dotnet-core', 'NuGet'],
]);

function packageOf(one: unknown, described: unknown, result: unknown, system: string): Identity {
  const name = oneLine(needed(one, 'PkgName'));
  const installed = oneLine(needed(one, 'InstalledVersion'));
  if (textAt(result, 'Class') !== 'os-pkgs') {
    const type = textAt(result, 'Type');
    const ecosystem = LANGUAGES.get(type) ?? oneLine(type);
    const source = ecosystem === 'PyPI' ? normaliseName(name) : name;
    return { ecosystem, source, sourceVersion: installed };
  }
  const source = oneLine(textAt(described, 'SrcName'));
  if (source === '') return { ecosystem: system, source: name, sourceVersion: installed };
  const epoch = numberAt(described, 'SrcEpoch') ?? 0;
  const release = textAt(described, 'SrcRelease');
  const version = `${textAt(described, 'SrcVersion')}${release === '' ? '' : `-${release}`}`;
  return { ecosystem: system, source, sourceVersion: oneLine(epoch > 0 ? `${epoch}:${version}` : version) };
}
