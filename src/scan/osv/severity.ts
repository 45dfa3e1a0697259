/**
 * How bad an advisory says it is. In this order: the base score of a CVSS vector (the newest version of CVSS; of several of
 * one version the worst), the word of the advisory database, Debian's urgency, Ubuntu's priority. What cannot be read is as
 * if it were not there.
 */
import cvss from 'ae-cvss-calculator';
import type { FindingSeverity, SeverityLevel } from '../model.ts';
import { baseOf } from './ecosystems.ts';
import type { OsvAffected, OsvRecord, OsvSeverity } from './record.ts';

/** `rank`: 0 to 2 for CVSS 4, 3 and 2, then words of databases, urgencies, priorities, and nothing at all. */
export interface RankedSeverity {
  readonly rank: number;
  readonly severity: FindingSeverity;
}

const WORD = 3;
const URGENCY = 4;
const PRIORITY = 5;
const NOTHING = 6;

export const UNRATED: FindingSeverity = { level: 'unknown', score: null, source: '', vector: null };

/** @param entries those of the record that speak of the package: their own severity is for this package in particular. */
export function severityOf(record: OsvRecord, entries: readonly OsvAffected[]): RankedSeverity {
  const own = entries.flatMap(({ severity }) => severity);
  return (
    byVector(own) ??
    byVector(record.severity) ??
    byWord(record.rating, record.id, WORD) ??
    byUrgency(entries) ??
    byPriority([...own, ...record.severity]) ?? { rank: NOTHING, severity: UNRATED }
  );
}

/** The score and level of a vector of any version of CVSS; null when it is broken or lacks a base metric. */
export function rateVector(
  vector: string,
): { readonly rank: number; readonly severity: FindingSeverity } | null {
  const scheme = SCHEMES.find(({ prefix }) => vector.startsWith(prefix));
  if (scheme === undefined || !isWellFormed(vector)) return null;
  const score = scoreOf(scheme, vector);
  if (score === null) return null;
  return {
    rank: scheme.rank,
    severity: { level: scheme.level(score), score, source: scheme.name, vector },
  };
}

const LONGEST_VECTOR = 256;

/** The library passes over what it does not know, and takes the last of two values. */
function isWellFormed(vector: string): boolean {
  if (vector.length > LONGEST_VECTOR) return false;
  const parts = vector.replace(/^CVSS:\d\.\d\//u, '').split('/');
  const names = new Set(parts.map((part) => part.slice(0, part.indexOf(':'))));
  return names.size === parts.length && parts.every((part) => /^[A-Za-z]{1,3}:[A-Za-z]{1,6}$/u.test(part));
}

interface Scheme {
  readonly name: string;
  readonly prefix: string;
  readonly rank: number;
  /** @throws when it is no such vector. @returns undefined when there is no base score. */
  readonly score: (vector: string) => number | undefined;
  readonly level: (score: number) => SeverityLevel;
}

const SCHEMES: readonly Scheme[] = [
  {
    name: 'CVSS 4.0',
    prefix: 'CVSS:4.0/',
    rank: 0,
    score: (vector) => {
      const parsed = new cvss.Cvss4P0(vector);
      return parsed.isBaseFullyDefined() ? parsed.calculateScores().baseMetricsOnly : undefined;
    },
    level: levelOf,
  },
  {
    name: 'CVSS 3.1',
    prefix: 'CVSS:3.1/',
    rank: 1,
    score: (vector) => baseScore(new cvss.Cvss3P1(vector)),
    level: levelOf,
  },
  {
    name: 'CVSS 3.0',
    prefix: 'CVSS:3.0/',
    rank: 1,
    score: (vector) => baseScore(new cvss.Cvss3P0(vector)),
    level: levelOf,
  },
  {
    name: 'CVSS 2.0',
    prefix: 'AV:',
    rank: 2,
    score: (vector) => baseScore(new cvss.Cvss2(vector)),
    level: levelOfVersion2,
  },
];

function baseScore(
  parsed: InstanceType<typeof cvss.Cvss2 | typeof cvss.Cvss3P0 | typeof cvss.Cvss3P1>,
): number | undefined {
  return parsed.isBaseFullyDefined() ? parsed.calculateScores().base : undefined;
}

function scoreOf({ score }: Scheme, vector: string): number | null {
  try {
    const found = score(vector);
    return found !== undefined && found >= 0 && found <= 10 ? found : null;
  } catch {
    return null;
  }
}

function byVector(told: readonly OsvSeverity[]): RankedSeverity | null {
  const rated = told
    .filter(({ type }) => type.startsWith('CVSS'))
    .flatMap(({ score }) => rateVector(score) ?? []);
  return rated.sort(bySeverity)[0] ?? null;
}

/** The better known first; of the same kind the worse. */
export function bySeverity(a: RankedSeverity, b: RankedSeverity): number {
  return a.rank - b.rank || (b.severity.score ?? 0) - (a.severity.score ?? 0);
}

/** Qualitative rating of CVSS 3 and 4. */
function levelOf(score: number): SeverityLevel {
  if (score === 0) return 'none';
  if (score < 4) return 'low';
  if (score < 7) return 'medium';
  return score < 9 ? 'high' : 'critical';
}

/** CVSS 2 has no words of its own; these are NVD's. */
function levelOfVersion2(score: number): SeverityLevel {
  if (score < 4) return 'low';
  return score < 7 ? 'medium' : 'high';
}

const WORDS: ReadonlyMap<string, SeverityLevel> = new Map([
  ['critical', 'critical'],
  ['high', 'high'],
  ['important', 'high'],
  ['moderate', 'medium'],
  ['medium', 'medium'],
  ['low', 'low'],
  // Debian: no security matter in practice; Ubuntu: technically one.
  ['unimportant', 'low'],
  ['negligible', 'low'],
  ['none', 'none'],
]);

function byWord(word: string, source: string, rank: number): RankedSeverity | null {
  const level = WORDS.get(word.toLowerCase());
  return level === undefined ? null : { rank, severity: { level, score: null, source, vector: null } };
}

function byUrgency(entries: readonly OsvAffected[]): RankedSeverity | null {
  for (const { urgency, ecosystem } of entries) {
    const rated = byWord(urgency, baseOf(ecosystem).toLowerCase(), URGENCY);
    if (rated !== null) return rated;
  }
  return null;
}

function byPriority(told: readonly OsvSeverity[]): RankedSeverity | null {
  const ubuntu = told.find(({ type }) => type === 'Ubuntu');
  return ubuntu === undefined ? null : byWord(ubuntu.score, 'ubuntu', PRIORITY);
}
