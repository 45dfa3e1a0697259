/** What osv-scanner writes (`--format json --all-packages`). Pure. */
import { normaliseName } from '../locks/package-name.ts';
import { packageKey, type FindingSeverity, type ScanPackage } from './model.ts';
import { findingsOf, levelOfWord, scoreOf, severityOf, type Row } from './program-finding.ts';
import { AnswerError, at, listAt, needed, textAt } from './program-json.ts';
import { notLookedUp, type Found } from './program-report.ts';
import type { Sbom } from './sbom.ts';

/** The answer for one SBOM. Packages that it does not list were not looked at. @throws {AnswerError} */
export function readOsvScanner(answer: unknown, sbom: Sbom): Found {
  if (!Array.isArray(at(answer, 'results'))) throw new AnswerError('has no results');
  const asked = new Map(
    [...sbom.packages.values()].map((one) => [packageKey(one.ecosystem, one.source, one.sourceVersion), one]),
  );
  const seen = new Set<string>();
  const rows: Row[] = [];
  for (const listed of listAt(answer, 'results').flatMap((result) => listAt(result, 'packages'))) {
    const key = keyOf(at(listed, 'package'));
    const found = asked.get(key);
    if (found === undefined) throw new AnswerError('names a package that it was not asked about');
    seen.add(key);
    rows.push(...rowsOf(listed, found));
  }
  const missing = [...asked].filter(([key]) => !seen.has(key)).map(([, one]) => one);
  return {
    findings: findingsOf(rows),
    secrets: [],
    notChecked: notLookedUp(missing, 'which osv-scanner did not look at'),
    looked: seen.size,
  };
}

function keyOf(one: unknown): string {
  const ecosystem = needed(one, 'ecosystem');
  const name = needed(one, 'name');
  return packageKey(ecosystem, ecosystem === 'PyPI' ? normaliseName(name) : name, needed(one, 'version'));
}

/** One row for each of its groups, which are one vulnerability under several names. */
function rowsOf(listed: unknown, one: ScanPackage): readonly Row[] {
  const records = new Map(listAt(listed, 'vulnerabilities').map((record) => [needed(record, 'id'), record]));
  const grouped = new Set<string>();
  const rows = listAt(listed, 'groups').map((group) => {
    const ids = listAt(group, 'ids').filter((id) => typeof id === 'string');
    for (const id of ids) grouped.add(id);
    const own = ids.map((id) => records.get(id)).filter((record) => record !== undefined);
    if (own.length === 0) throw new AnswerError('has a group without its vulnerabilities');
    const aliases = listAt(group, 'aliases').filter((id) => typeof id === 'string');
    return rowOf([...ids, ...aliases], own, group, one);
  });
  if (records.keys().some((id) => !grouped.has(id))) throw new AnswerError('has a vulnerability in no group');
  return rows;
}

function rowOf(
  ids: readonly string[],
  records: readonly unknown[],
  group: unknown,
  { ecosystem, source, sourceVersion }: ScanPackage,
): Row {
  const text = (key: string): string => records.map((record) => textAt(record, key)).find(Boolean) ?? '';
  const [first = ''] = ids;
  const analysis = at(group, 'experimental_analysis', first);
  return {
    ids,
    ecosystem,
    source,
    sourceVersion,
    summary: text('summary') || text('details'),
    severity: osvSeverity(group, records),
    fixed: records.flatMap((record) => fixedIn(record, ecosystem, source)),
    links: [`https://osv.dev/vulnerability/${encodeURIComponent(first.toWellFormed())}`],
    status: at(analysis, 'unimportant') === true ? 'unimportant' : '',
  };
}

/** The group's highest score, else a word of the database that the record is from. */
function osvSeverity(group: unknown, records: readonly unknown[]): FindingSeverity {
  const highest = textAt(group, 'max_severity');
  const score = scoreOf(/^\d{1,2}(?:\.\d{1,3})?$/u.test(highest) ? Number(highest) : null, vectorOf(records));
  const word =
    records
      .map((record) => textAt(record, 'database_specific', 'severity'))
      .find((said) => levelOfWord(said) !== 'unknown') ?? '';
  return severityOf(score === null ? word : '', score, score === null ? 'osv-scanner' : 'osv-scanner: CVSS');
}

/** The vector only where there is one alone: of several, which one has the highest score is not told. */
function vectorOf(records: readonly unknown[]): string {
  const vectors = records.flatMap((record) => listAt(record, 'severity').map((one) => textAt(one, 'score')));
  const distinct = [...new Set(vectors)];
  return distinct.length === 1 ? (distinct[0] ?? '') : '';
}

function fixedIn(record: unknown, ecosystem: string, source: string): readonly string[] {
  return listAt(record, 'affected')
    .filter((affected) => isOf(at(affected, 'package'), ecosystem, source))
    .flatMap((affected) => listAt(affected, 'ranges'))
    .filter((range) => textAt(range, 'type') !== 'GIT')
    .flatMap((range) => listAt(range, 'events'))
    .map((event) => textAt(event, 'fixed'))
    .filter((version) => version !== '');
}

function isOf(affected: unknown, ecosystem: string, source: string): boolean {
  const name = textAt(affected, 'name');
  if (ecosystem === 'PyPI') {
    return textAt(affected, 'ecosystem') === 'PyPI' && normaliseName(name) === source;
  }
  return textAt(affected, 'ecosystem') === ecosystem && name === source;
}
