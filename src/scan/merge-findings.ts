/** What several scanners say, as one. Pure. */
import {
  compareSeverity,
  packageKey,
  type Finding,
  type FindingSeverity,
  type ScanReport,
  type SecretFinding,
} from './model.ts';
import { compareFindings } from './order.ts';
import type { ScanOutcome } from './outcome.ts';
import { compareText } from '../images/content.ts';
import { groupSame, preferredId } from './same-finding.ts';

/** The parts of a `ScanOutcome` that come from scanners alone, and what they found. */
export interface MergedReports extends Pick<ScanOutcome, 'by' | 'failed' | 'notChecked'> {
  /** Worst first. */
  readonly findings: readonly Finding[];
  readonly secrets: readonly SecretFinding[];
}

/**
 * Folds the reports of several scanners.
 *
 * Findings of one version of one package that share a name become one with all their names. Its severity is that of a CVSS
 * score if any scanner gave one, else that of a word, else `unknown`; of several scores, or words, the worst, so that no
 * scanner can hide what another says. Its fixed versions are the longest list (the first of several), since only the scanner
 * knows their order; text and link are the first that anybody gives, in the order of the reports.
 */
export function mergeFindings(reports: readonly ScanReport[]): MergedReports {
  const told = reports.filter((report) => report.state !== 'failed');
  return {
    by: told.map(({ by }) => by),
    findings: foldFindings(told.flatMap(({ findings }) => findings)),
    secrets: foldSecrets(told.flatMap(({ secrets }) => secrets)),
    failed: reports.flatMap((report) =>
      report.state === 'failed' ? [{ scanner: report.scanner, reason: report.reason }] : [],
    ),
    notChecked: [...new Set(told.flatMap(({ notChecked }) => notChecked))],
  };
}

/** One finding for each vulnerability of each version of a package, worst first. */
export function foldFindings(findings: readonly Finding[]): readonly Finding[] {
  return groupSame(findings, ({ ecosystem, package: name, version }) => packageKey(ecosystem, name, version))
    .map(foldOne)
    .sort(compareFindings);
}

function foldOne(same: readonly Finding[]): Finding {
  const [first] = same;
  if (first === undefined) throw new RangeError('a group of findings is never empty');
  const ids = [...new Set(same.flatMap(({ id, ids }) => [id, ...ids]))].sort(compareText);
  return {
    ...first,
    id: same.length === 1 ? first.id : preferredId(ids),
    ids,
    summary: same.map(({ summary }) => summary).find((summary) => summary !== '') ?? '',
    severity: same.map(({ severity }) => severity).reduce(moreTrusted),
    fixed: same.map(({ fixed }) => fixed).reduce((a, b) => (b.length > a.length ? b : a)),
    link: same.map(({ link }) => link).find((link) => link !== null) ?? null,
    note: same.map(({ note }) => note).find((note) => note !== null) ?? null,
    malicious: same.some(({ malicious }) => malicious),
  };
}

function moreTrusted(a: FindingSeverity, b: FindingSeverity): FindingSeverity {
  const byTrust = trust(b) - trust(a);
  if (byTrust !== 0) return byTrust > 0 ? b : a;
  const worse = compareSeverity(a.level, b.level) || (b.score ?? -1) - (a.score ?? -1);
  return worse > 0 ? b : a;
}

function trust({ score, level }: FindingSeverity): number {
  if (score !== null) return 2;
  return level === 'unknown' ? 0 : 1;
}

function foldSecrets(secrets: readonly SecretFinding[]): readonly SecretFinding[] {
  const known = new Map<string, SecretFinding>();
  for (const secret of secrets) {
    const { location, platform, rule, path, line, layer } = secret;
    const key = JSON.stringify([location, platform, rule, path, line, layer]);
    if (!known.has(key)) known.set(key, secret);
  }
  return [...known.values()];
}
