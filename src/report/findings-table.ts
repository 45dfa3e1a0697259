/** Tables of vulnerabilities: fixed, added, remaining. Pure. */
import { atLeast, compareSeverity, type Finding } from '../scan/model.ts';
import type { FindingChange, ScanOutcome } from '../scan/outcome.ts';
import { plural } from './count.ts';
import {
  causesInWords,
  findingOf,
  idOf,
  isFixable,
  packageOf,
  placesInWords,
  severitiesInWords,
  severityInWords,
  versionOf,
  whyInWords,
} from './findings-words.ts';
import { fold, table } from './markdown.ts';
import type { Section } from './sections.ts';

/** Tables up to this many rows stand open. */
const OPEN_ROWS = 12;
/** Longer ones are cut, and say so. */
const MOST_ROWS = 100;
/** Of the rows of one table: three full ones leave room for the rest of the report. */
const MOST_CHARACTERS = 15_000;

/** The tables in the order in which they should be read: added, fixed, remaining. */
export function findingTables({ diff, severity }: ScanOutcome): readonly Section[] {
  return [
    ...addedTable(diff.added, severity),
    ...fixedTable(diff.fixed, severity),
    ...remainingTable(diff.remaining, severity),
  ];
}

type Floor = ScanOutcome['severity'];

function addedTable(changes: readonly FindingChange[], floor: Floor): readonly Section[] {
  // Those of the first line have a row, whatever the floor.
  const lowest = compareSeverity(floor, 'high') < 0 ? 'high' : floor;
  const shown = changes.filter(isShown(lowest));
  const rows = shown.map((change) => [...about(change), causesInWords(change.causes), fixOf(change.finding)]);
  const text = paragraphs('**Added**', rowsOf(['Cause', 'Fixed in'], rows), lower(changes, shown, lowest));
  return [{ text: changes.length === 0 ? '' : text, drop: 7, name: 'vulnerabilities that were added' }];
}

function fixedTable(changes: readonly FindingChange[], floor: Floor): readonly Section[] {
  const shown = changes.filter(isShown(floor));
  const rows = shown.map((change) => [...about(change), causesInWords(change.causes)]);
  const body = paragraphs(rowsOf(['Cause'], rows), lower(changes, shown, floor));
  const text = openOrFolded('Fixed', changes, rows.length, body);
  return [{ text, drop: 6, name: 'vulnerabilities that were fixed' }];
}

/** Only those that can be fixed have a row: nothing can be done about the others. */
function remainingTable(changes: readonly FindingChange[], floor: Floor): readonly Section[] {
  const hopeless = changes.filter((change) => !isFixable(change) && !change.finding.malicious);
  const others = changes.filter((change) => isFixable(change) || change.finding.malicious);
  const shown = others.filter(isShown(floor));
  const rows = shown.map((change) => [
    ...about(change),
    versionOf(change.finding.version),
    placesInWords(change.after),
    whyInWords(change.why, change.finding),
  ]);
  const more = others.length === 0 ? '' : ' more';
  const left =
    hopeless.length === 0
      ? ''
      : `${hopeless.length.toLocaleString('en-US')}${more} ${hopeless.length === 1 ? 'has' : 'have'} no fix yet${severitiesInWords(hopeless.map(findingOf))}.`;
  const body = paragraphs(
    rowsOf(['Version', 'Where', 'Why it stays'], rows),
    lower(others, shown, floor),
    left,
  );
  const text = openOrFolded('Remaining', changes, rows.length, body);
  return [{ text, drop: 4, name: 'vulnerabilities that remain' }];
}

function isShown(floor: Floor): (change: FindingChange) => boolean {
  return ({ finding }) => finding.malicious || atLeast(finding.severity.level, floor);
}

function about({ finding }: { readonly finding: Finding }): readonly string[] {
  return [idOf(finding), severityInWords(finding.severity), packageOf(finding)];
}

function rowsOf(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const kept: (readonly string[])[] = [];
  let size = 0;
  for (const row of rows.slice(0, MOST_ROWS)) {
    size += row.join(' | ').length;
    if (size > MOST_CHARACTERS && kept.length > 0) break;
    kept.push(row);
  }
  const more = rows.length - kept.length;
  return paragraphs(
    table(['Vulnerability', 'Severity', 'Package', ...head], kept),
    more === 0 ? '' : `And ${more.toLocaleString('en-US')} more; \`relock run --json\` gives all of them.`,
  );
}

function fixOf({ fixed: [lowest], malicious }: Finding): string {
  if (malicious) return 'it is malicious: take it out';
  return lowest === undefined ? 'no fix yet' : versionOf(lowest);
}

/** What of the changes is below the floor. */
function lower(changes: readonly FindingChange[], shown: readonly FindingChange[], floor: Floor): string {
  const hidden = changes.length - shown.length;
  return hidden === 0
    ? ''
    : `${hidden.toLocaleString('en-US')}${shown.length === 0 ? '' : ' more'} ${hidden === 1 ? 'is' : 'are'} rated lower than ${floor}, or not at all.`;
}

function openOrFolded(title: string, changes: readonly FindingChange[], rows: number, body: string): string {
  if (changes.length === 0) return '';
  if (rows <= OPEN_ROWS) return `**${title}**\n\n${body}`;
  const count = plural(changes.length, 'known vulnerability', 'known vulnerabilities');
  return fold(`${title}: ${count}${severitiesInWords(changes.map(findingOf))}`, body);
}

function paragraphs(...parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join('\n\n');
}
