/** What Grype writes (`--output json`). Pure. */
import type { FindingSeverity, ScanPackage } from './model.ts';
import { findingsOf, levelOfWord, scoreOf, severityOf, type Row, type Score } from './program-finding.ts';
import { AnswerError, at, listAt, needed, numberAt, textAt } from './program-json.ts';
import { notLookedUp, type Found } from './program-report.ts';
import type { Sbom } from './sbom.ts';

export interface GrypeAnswer extends Found {
  readonly version: string;
  /** As it is written: an instant. */
  readonly built: unknown;
}

/**
 * The answer for one SBOM. Grype does not list what it looked at, so that two things are held against what was asked: it
 * understood the distribution, and its database has a source of advisories for it.
 * @throws {AnswerError}
 */
export function readGrype(answer: unknown, sbom: Sbom): GrypeAnswer {
  if (!Array.isArray(at(answer, 'matches'))) throw new AnswerError('has no matches');
  const status = at(answer, 'descriptor', 'db', 'status');
  if (at(status, 'valid') !== true) throw new AnswerError('says that its database is not valid');
  const rows = listAt(answer, 'matches').map((match) => {
    const found = sbom.packages.get(textAt(match, 'artifact', 'id'));
    if (found === undefined) throw new AnswerError('names a package that it was not asked about');
    return rowOf(match, found);
  });
  const all = [...sbom.packages.values()];
  const why = rows.length > 0 ? null : whyNotLookedUp(answer, sbom);
  return {
    findings: findingsOf(rows),
    secrets: [],
    notChecked: why === null ? [] : notLookedUp(all, why),
    looked: why === null ? all.length : 0,
    version: textAt(answer, 'descriptor', 'version'),
    built: at(status, 'built'),
  };
}

function whyNotLookedUp(answer: unknown, { system }: Sbom): string | null {
  const { os } = system;
  if (os !== null && textAt(answer, 'distro', 'name') === '') {
    return 'whose distribution Grype did not recognise';
  }
  const wanted = PROVIDERS.get(os?.name ?? 'python') ?? [];
  const providers = at(answer, 'descriptor', 'db', 'providers');
  return wanted.some((name) => at(providers, name) !== undefined)
    ? null
    : "for which Grype's database has no advisories";
}

/** Which of the sources in its database tell of a distribution, by the name in the SBOM. */
const PROVIDERS: ReadonlyMap<string, readonly string[]> = new Map([
  ['python', ['github']],
  ['debian', ['debian']],
  ['ubuntu', ['ubuntu']],
  ['alpine', ['alpine']],
  ['wolfi', ['wolfi']],
  ['chainguard', ['chainguard']],
  ['almalinux', ['alma', 'rhel']],
  ['rocky', ['rocky', 'rhel']],
  ['rhel', ['rhel']],
  ['centos', ['rhel']],
  ['ol', ['oracle']],
  ['amzn', ['amazon']],
  ['photon', ['photon']],
  ['sles', ['sles']],
  ['azurelinux', ['mariner', 'azurelinux']],
  ['mariner', ['mariner']],
]);

function rowOf(match: unknown, { ecosystem, source, sourceVersion }: ScanPackage): Row {
  const own = at(match, 'vulnerability');
  const related = listAt(match, 'relatedVulnerabilities');
  return {
    ids: [needed(own, 'id'), ...related.map((one) => needed(one, 'id'))],
    ecosystem,
    source,
    sourceVersion,
    summary:
      textAt(own, 'description') || related.map((one) => textAt(one, 'description')).find(Boolean) || '',
    severity: grypeSeverity(own, related),
    fixed: listAt(own, 'fix', 'versions').filter((version) => typeof version === 'string'),
    links: [textAt(own, 'dataSource'), ...listAt(own, 'urls').filter((url) => typeof url === 'string')].slice(
      0,
      20,
    ),
    status: textAt(own, 'fix', 'state'),
  };
}

/** The record's own word with its own score; where it has neither, that of a related record (NVD's). */
function grypeSeverity(own: unknown, related: readonly unknown[]): FindingSeverity {
  const told = [own, ...related].find(
    (one) => levelOfWord(textAt(one, 'severity')) !== 'unknown' || scoreIn(one) !== null,
  );
  if (told === undefined) return severityOf('', null, '');
  return severityOf(textAt(told, 'severity'), scoreIn(told), `grype: ${textAt(told, 'namespace')}`);
}

/** The newest version of CVSS; of several of one version, the primary one. */
function scoreIn(one: unknown): Score | null {
  const scores = listAt(one, 'cvss').flatMap((each) => {
    const score = scoreOf(numberAt(each, 'metrics', 'baseScore'), textAt(each, 'vector'));
    const version = Number.parseFloat(textAt(each, 'version'));
    const rank = (Number.isNaN(version) ? 0 : version) * 2 + (textAt(each, 'type') === 'Primary' ? 1 : 0);
    return score === null ? [] : [{ score, rank }];
  });
  return scores.sort((a, b) => b.rank - a.rank)[0]?.score ?? null;
}
