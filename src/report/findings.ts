/** The section on known vulnerabilities. Pure. */
import type { IgnoredFinding, ScanOutcome } from '../scan/outcome.ts';
import { listed, plural } from './count.ts';
import { alarmSections, secretInWords } from './findings-alarm.ts';
import { findingTables } from './findings-table.ts';
import { dayOf, idOf, packageOf, scannerInWords, severityInWords } from './findings-words.ts';
import { code, fenced, fold, sentence } from './markdown.ts';
import type { Section } from './sections.ts';

/** Longer lists are cut, and say so. */
const MOST_LINES = 50;
const MOST_UNCHECKED = 20;
const LONGEST_LINE = 400;

/** Sections in reading order; none when there was nothing to scan. */
export function scanSections(scan: ScanOutcome): readonly Section[] {
  if (scan.skipped !== null) return [];
  const sections = [
    ...alarmSections(scan),
    ...notChecked(scan),
    ...findingTables(scan),
    ...secretSections(scan),
    ...ignoredSections(scan.ignored),
  ].filter(({ text }) => text !== '');
  const checked = checkedBy(scan);
  if (sections.length === 0 && checked === '') return [];
  const head = ['## Known vulnerabilities', checked].filter((part) => part !== '').join('\n\n');
  return [{ text: head, drop: 8, name: 'who looked for vulnerabilities' }, ...sections];
}

function checkedBy({ by, notes }: ScanOutcome): string {
  const checked = `Checked by ${listed(by.map(scannerInWords))}: the same data for what was and for what is now.`;
  const told = notes.slice(0, MOST_UNCHECKED).map((note) => `> ${sentence(short(note))}.`);
  return [...(by.length === 0 ? [] : [checked]), ...(told.length === 0 ? [] : [told.join('  \n')])].join(
    '\n\n',
  );
}

/** Each scanner that failed and each thing that no scanner could look at. */
function notChecked({ by, failed, notChecked: unchecked }: ScanOutcome): readonly Section[] {
  if (failed.length === 0 && unchecked.length === 0) return [];
  const scanners = failed.map(({ scanner, reason }) => {
    const fix = reason.fix === '' ? '' : ` ${sentence(short(reason.fix))}`;
    return `- ${scanner}: ${sentence(short(reason.message))}${fix} (${code(reason.code)})`;
  });
  const things = unchecked.slice(0, MOST_UNCHECKED).map((what) => `- ${sentence(short(what))}`);
  const more = unchecked.length - things.length;
  const lines = [
    ...scanners,
    ...things,
    ...(more > 0 ? [`- and ${more.toLocaleString('en-US')} more; \`relock run --json\` names them`] : []),
  ];
  const title = by.length === 0 ? '**Nothing was checked**' : '**Not checked**';
  const details = failed
    .filter(({ reason }) => reason.detail !== '')
    .map(({ scanner, reason }) => ({
      text: fold(`What ${scanner} said`, fenced(reason.detail)),
      drop: 1,
      name: `the words of ${scanner}`,
    }));
  return [{ text: `${title}\n${lines.join('\n')}`, drop: 7, name: 'what was not checked' }, ...details];
}

/** Those that were added stand in a box of their own. */
function secretSections({ secrets: { fixed, remaining } }: ScanOutcome): readonly Section[] {
  const gone =
    fixed.length === 0
      ? ''
      : `${plural(fixed.length, 'secret')} ${fixed.length === 1 ? 'is' : 'are'} no longer in an image; who had the image still has ${fixed.length === 1 ? 'it' : 'them'}.`;
  return [
    { text: gone, drop: 3, name: 'secrets that are gone' },
    {
      text:
        remaining.length === 0
          ? ''
          : fold(
              `${plural(remaining.length, 'secret')} ${remaining.length === 1 ? 'is' : 'are'} in an image as before`,
              lines(remaining.map(secretInWords)),
            ),
      drop: 3,
      name: 'secrets that remain',
    },
  ];
}

function ignoredSections(ignored: readonly IgnoredFinding[]): readonly Section[] {
  if (ignored.length === 0) return [];
  const told = ignored.map(({ finding, by, reason, until }) => {
    const end = until === null ? '' : `, until ${dayOf(until)}`;
    const why = reason === '' ? '' : `: ${sentence(short(reason))}`;
    return `${idOf(finding)} in ${packageOf(finding)} (${severityInWords(finding.severity)}), by ${code(by)}${end}${why}`;
  });
  const summary = `Ignored: ${plural(ignored.length, 'known vulnerability', 'known vulnerabilities')}`;
  return [{ text: fold(summary, lines(told)), drop: 2, name: 'ignored vulnerabilities' }];
}

function lines(items: readonly string[]): string {
  const more = items.length - MOST_LINES;
  return [
    ...items.slice(0, MOST_LINES).map((item) => `- ${item}`),
    ...(more > 0 ? [`- and ${more.toLocaleString('en-US')} more`] : []),
  ].join('\n');
}

function short(text: string): string {
  return text.length > LONGEST_LINE ? `${text.slice(0, LONGEST_LINE - 1)}…` : text;
}
