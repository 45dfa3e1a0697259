/** What is said of vulnerabilities in few words: counts, severities, causes, reasons. Pure. */
import {
  SEVERITIES,
  type Finding,
  type FindingSeverity,
  type ScannerIdentity,
  type SeverityLevel,
} from '../scan/model.ts';
import type {
  FindingCause,
  FindingChange,
  FindingPlace,
  RemainingWhy,
  ScanOutcome,
} from '../scan/outcome.ts';
import { listed, plural } from './count.ts';
import { safeUrl } from './links.ts';
import { code, link } from './markdown.ts';

const MOST_PLACES = 3;
const MOST_MOVES = 3;
const LONGEST_ID = 60;
const LONGEST_NAME = 80;
const LONGEST_VERSION = 60;

/** `fixes 12 known vulnerabilities (2 critical, 5 high)`, `adds none`, `3 remain`, `not checked by …`: for the verdict line. */
export function scanInWords(scan: ScanOutcome): readonly string[] {
  if (scan.by.length === 0) {
    const why = whyNothing(scan);
    return [`known vulnerabilities were not checked${why === '' ? '' : `: ${why}`}`];
  }
  const { fixed, added, remaining } = scan.diff;
  const silent = fixed.length + added.length + remaining.length === 0;
  const partly = whyPartly(scan);
  const ignored = scan.ignored.length === 0 ? '' : `${scan.ignored.length.toLocaleString('en-US')} ignored`;
  return [
    ...(silent
      ? [
          `no known vulnerabilities before and after${partly.length === 0 ? '' : ' in what was checked'}${ignored === '' ? '' : `, but for ${ignored}`}`,
        ]
      : [
          `fixes ${fixed.length === 0 ? 'no' : fixed.length.toLocaleString('en-US')} known ${fixed.length === 1 ? 'vulnerability' : 'vulnerabilities'}${severitiesInWords(fixed.map(findingOf))}`,
          `adds ${added.length === 0 ? 'none' : `${added.length.toLocaleString('en-US')}${severitiesInWords(added.map(findingOf))}`}`,
          `${remaining.length === 0 ? 'none' : remaining.length.toLocaleString('en-US')} ${remaining.length === 1 ? 'remains' : 'remain'}`,
          ...(ignored === '' ? [] : [ignored]),
        ]),
    ...partly,
  ];
}

export function findingOf({ finding }: { readonly finding: Finding }): Finding {
  return finding;
}

/** Why nothing was checked, or empty. */
function whyNothing({ skipped, failed }: ScanOutcome): string {
  if (skipped !== null) return harmless(skipped);
  return listed(failed.map(({ scanner, reason }) => `${scanner} ${CODES[reason.code] ?? 'failed'}`));
}

function whyPartly({ failed, notChecked }: ScanOutcome): readonly string[] {
  if (failed.length > 0) {
    const names = [...new Set(failed.map(({ scanner }) => scanner))];
    return [`not checked by ${listed(names)}${notChecked.length === 0 ? '' : ', and some of it not at all'}`];
  }
  return notChecked.length === 0 ? [] : ['not all of it could be checked'];
}

/** In place of a long message, which stands further down. */
const CODES: Readonly<Partial<Record<ScanOutcome['failed'][number]['reason']['code'], string>>> = {
  'scanner-missing': 'was not found',
  'advisories-unreachable': 'could not reach its advisories',
  'database-missing': 'has no database',
  'database-unreadable': 'could not read its database',
  timeout: 'took too long',
  cancelled: 'was cancelled',
};

/** Words of ours; still, nothing of them may take effect. */
function harmless(text: string): string {
  return /^[\w ,.'-]{1,80}$/u.test(text) ? text : code(text, LONGEST_NAME);
}

/** ` (2 critical, 5 high)`: the two worst levels, if there are any; malicious ones are named apart. */
export function severitiesInWords(findings: readonly Finding[]): string {
  const count = (level: SeverityLevel): number =>
    findings.filter(({ severity, malicious }) => severity.level === level && !malicious).length;
  const malicious = findings.filter((finding) => finding.malicious).length;
  const parts = [
    ...(malicious > 0 ? [`${malicious.toLocaleString('en-US')} malicious`] : []),
    ...(['critical', 'high'] as const).flatMap((level) => {
      const number = count(level);
      return number === 0 ? [] : [`${number.toLocaleString('en-US')} ${level}`];
    }),
  ];
  return parts.length === 0 ? '' : ` (${parts.join(', ')})`;
}

/** `9.8 critical`, `high`, `not rated`. */
export function severityInWords({ level, score }: FindingSeverity): string {
  const word = SEVERITIES.includes(level) && level !== 'unknown' ? level : 'not rated';
  return score !== null && Number.isFinite(score) && score >= 0 && score <= 10
    ? `${score.toFixed(1)} ${word}`
    : word;
}

/** The id, linked to its page where that can be. */
export function idOf({ id, link: page }: Finding): string {
  const name = code(id, LONGEST_ID);
  const url = page === null ? null : safeUrl(page);
  return url === null ? name : link(name, url);
}

export function packageOf({ package: name }: Finding): string {
  return code(name, LONGEST_NAME);
}

export function versionOf(version: string): string {
  return code(version, LONGEST_VERSION);
}

/** `requirements.txt`; an image with its platform only where it was scanned on several. */
export function placesInWords(places: readonly FindingPlace[], most = MOST_PLACES): string {
  const platforms = Map.groupBy(places, ({ location }) => location);
  const names = [...platforms].map(([location, same]) => {
    const on = same.flatMap(({ platform }) => (platform === null ? [] : [code(platform, LONGEST_NAME)]));
    return `${code(location)}${on.length > 1 ? ` (${shortened(on, most)})` : ''}`;
  });
  return shortened(names, most);
}

function shortened(names: readonly string[], most: number): string {
  const more = names.length - most;
  return listed(more > 0 ? [...names.slice(0, most), `${more.toLocaleString('en-US')} more`] : names);
}

/** `` `2.10` → `3.1.6` in `a.txt` and `b.txt` ``: what did it, once for the places that have it alike. */
export function causesInWords(causes: readonly FindingCause[]): string {
  const moves = [...Map.groupBy(causes, ({ from, to }) => JSON.stringify([from, to])).values()];
  const told = moves.slice(0, MOST_MOVES).map((same) => {
    const [first] = same;
    return `${moveInWords(first?.from ?? null, first?.to ?? null)} ${placesInWords(same.map(({ place }) => place))}`;
  });
  const more = moves.length - told.length;
  return [...told, ...(more > 0 ? [plural(more, 'more move')] : [])].join('; ');
}

function moveInWords(from: string | null, to: string | null): string {
  if (from === null) return to === null ? 'in' : `${versionOf(to)} new in`;
  if (to === null) return `${versionOf(from)} removed from`;
  return from === to ? `${versionOf(to)} in` : `${versionOf(from)} → ${versionOf(to)} in`;
}

/** Whether a fix is there to be had. */
export function isFixable({ finding, why }: FindingChange): boolean {
  return why === null ? finding.fixed.length > 0 : why.kind !== 'no-fix';
}

/** Why it stays. Foreign words stand in code spans, since a table cell ends at a pipe. */
export function whyInWords(why: RemainingWhy | null, { fixed, malicious }: Finding): string {
  if (malicious) return 'it is malicious: take it out';
  switch (why?.kind) {
    case undefined:
      return fixed[0] === undefined ? 'no fix yet' : `${versionOf(fixed[0])} has the fix`;
    case 'no-fix':
      return why.note === null ? 'no fix yet' : `no fix yet (${code(why.note, 120)})`;
    case 'cool-down':
      return `fix ${versionOf(why.fixed)} was released ${dayOf(why.released)}, within the cool-down`;
    case 'held':
      return `held back by ${code(why.by)}, which wants ${code(why.wants)}; ${versionOf(why.fixed)} has the fix`;
    case 'image':
      return `${versionOf(why.fixed)} has the fix; the image was not built with it yet`;
    case 'failed':
      return `${code(why.location)} could not be made anew`;
    case 'unknown':
      return `${versionOf(why.fixed)} has the fix; the locker did not choose it`;
  }
}

/** `2026-11-20`. */
export function dayOf(instant: string): string {
  const day = /^\d{4}-\d{2}-\d{2}(?=$|T)/u.exec(instant)?.[0];
  return day ?? code(instant, 40);
}

/** `` trivy `0.74.0` (its own database, of 2026-11-20) ``. */
export function scannerInWords({ name, version, database, databaseDate }: ScannerIdentity): string {
  const day = databaseDate === null ? null : dayOf(databaseDate);
  const date = day === null || database.includes(day) ? '' : `, of ${day}`;
  const data = /^[\w .:-]{1,80}$/u.test(database) ? database : code(database, LONGEST_NAME);
  return `${name}${version === null ? '' : ` ${versionOf(version)}`} (${data}${date})`;
}
