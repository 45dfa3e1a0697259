/** From rows of a program to findings: texts made safe, names told apart, severities in one scale. Pure. */
import { foldFindings } from './merge-findings.ts';
import type { Finding, FindingSeverity, SeverityLevel } from './model.ts';
import { AnswerError } from './program-json.ts';
import { fixedAbove } from './program-versions.ts';
import { compareText } from '../images/content.ts';
import { preferredId } from './same-finding.ts';

export interface Row {
  readonly ids: readonly string[];
  readonly ecosystem: string;
  readonly source: string;
  readonly sourceVersion: string;
  /** Foreign text. */
  readonly summary: string;
  readonly severity: FindingSeverity;
  readonly fixed: readonly string[];
  /** Foreign; in order of preference. */
  readonly links: readonly string[];
  /** As the program says it: `will_not_fix`, `wont-fix`; empty: nothing to say. */
  readonly status: string;
}

const MAX_SUMMARY = 240;

/** One finding for each vulnerability of each version of a source package. @throws {AnswerError} for a row without a name. */
export function findingsOf(rows: readonly Row[]): readonly Finding[] {
  return foldFindings(rows.map(findingOf));
}

function findingOf(row: Row): Finding {
  const ids = [...new Set(row.ids)].filter(isId).sort(compareText);
  if (ids.length === 0) throw new AnswerError('has a vulnerability without a name');
  const fixed = fixedAbove(row.ecosystem, row.sourceVersion, row.fixed.map(oneLine));
  return {
    id: preferredId(ids),
    ids,
    ecosystem: row.ecosystem,
    package: row.source,
    version: row.sourceVersion,
    summary: summaryOf(row.summary),
    severity: row.severity,
    fixed,
    link: row.links.map(linkOf).find((link) => link !== null) ?? null,
    note: fixed.length > 0 ? null : (NOTES.get(row.status) ?? null),
    malicious: ids.some((id) => id.startsWith('MAL-')),
  };
}

/** What scanners say of a vulnerability without a fix. `affected` and `not-fixed` say no more than that there is none. */
const NOTES: ReadonlyMap<string, string> = new Map([
  ['will_not_fix', 'will not be fixed'],
  ['wont-fix', 'will not be fixed'],
  ['fix_deferred', 'its fix is put off'],
  ['end_of_life', 'the release is at its end of life'],
  ['under_investigation', 'under investigation'],
  ['unimportant', 'unimportant, says the distribution'],
]);

/** Names of advisories: one word of a kind that needs no escaping anywhere. */
function isId(text: string): boolean {
  return /^[A-Za-z0-9][\w.:+-]{0,119}$/u.test(text);
}

/** The first line that says something, without control characters. */
function summaryOf(text: string): string {
  const first =
    text
      .slice(0, 4000)
      .split(/[\r\n\u2028\u2029]/u)
      .map(oneLine)
      .find((line) => line !== '') ?? '';
  return first.length <= MAX_SUMMARY ? first : `${first.slice(0, MAX_SUMMARY).toWellFormed().trimEnd()}…`;
}

export function oneLine(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]+/gu, ' ')
    .trim()
    .toWellFormed();
}

/** https only, without user and password. */
function linkOf(text: string): string | null {
  const url = text.length > 2000 ? null : URL.parse(text);
  if (url === null || url.protocol !== 'https:' || url.username !== '' || url.password !== '') return null;
  return url.href;
}

const LEVELS: ReadonlyMap<string, SeverityLevel> = new Map([
  ['critical', 'critical'],
  ['high', 'high'],
  ['important', 'high'],
  ['medium', 'medium'],
  ['moderate', 'medium'],
  ['low', 'low'],
  // Of Debian and Ubuntu.
  ['negligible', 'low'],
  ['none', 'none'],
]);

/** A word in any case; what is not known is `unknown`. */
export function levelOfWord(word: string): SeverityLevel {
  return LEVELS.get(word.toLowerCase()) ?? 'unknown';
}

/** The qualitative scale of CVSS 3 and 4; CVSS 2 has no `critical`, and its words are those that are used for it nowadays. */
function levelOfScore(score: number): SeverityLevel {
  if (score >= 9) return 'critical';
  if (score >= 7) return 'high';
  if (score >= 4) return 'medium';
  return score > 0 ? 'low' : 'none';
}

export interface Score {
  readonly score: number;
  readonly vector: string | null;
}

/** A score that can be one, and a vector that looks like one. */
export function scoreOf(score: number | null, vector: string): Score | null {
  if (score === null || score < 0 || score > 10) return null;
  return { score, vector: /^(?:CVSS:[234]\.\d\/)?[A-Za-z0-9:/.]{5,400}$/u.test(vector) ? vector : null };
}

/** A word and, where the same source has it, a score. A score stands for a word that is missing. */
export function severityOf(word: string, score: Score | null, source: string): FindingSeverity {
  const level = levelOfWord(word);
  if (level === 'unknown' && score === null) return { level, score: null, source: '', vector: null };
  return {
    level: level === 'unknown' && score !== null ? levelOfScore(score.score) : level,
    score: score?.score ?? null,
    source: oneLine(source),
    vector: score?.vector ?? null,
  };
}
