/** Known vulnerabilities in the HTML report: every row. Pure. */
import { SEVERITIES } from '../scan/model.ts';
import type { FindingChange, ScanOutcome } from '../scan/outcome.ts';
import { listed } from './count.ts';
import { alarmSections, secretInWords } from './findings-alarm.ts';
import {
  causesInWords,
  dayOf,
  idOf,
  packageOf,
  placesInWords,
  scannerInWords,
  severityInWords,
  versionOf,
  whyInWords,
} from './findings-words.ts';
import { blocksHtml } from './html-blocks.ts';
import { escapeHtml, inlineHtml } from './html-inline.ts';
import { badgeHtml, listHtml, tableHtml, type Cell } from './html-table.ts';
import { code, sentence } from './markdown.ts';

/** Empty: there was nothing to scan. */
export function findingsHtml(scan: ScanOutcome): string {
  if (scan.skipped !== null) return '';
  const { by, diff, secrets, ignored, notes } = scan;
  const all = Number.MAX_SAFE_INTEGER;
  const alarms = alarmSections(scan)
    .map(({ text }) => blocksHtml(text, 'Alarm'))
    .join('\n');
  const tables = [
    tableOf('Added', diff.added, ['Cause', 'Fixed in'], ({ finding, causes }) => [
      inlineHtml(causesInWords(causes)),
      inlineHtml(finding.fixed.map(versionOf).join(', ') || 'no fix yet'),
    ]),
    tableOf('Fixed', diff.fixed, ['Cause'], ({ causes }) => [inlineHtml(causesInWords(causes))]),
    tableOf('Remaining', diff.remaining, ['Where', 'Why it stays'], ({ finding, after, why }) => [
      inlineHtml(placesInWords(after, all)),
      inlineHtml(whyInWords(why, finding)),
    ]),
    secrets.remaining.length === 0
      ? ''
      : `<h3>Secrets in images as before</h3>${listHtml(secrets.remaining.map((one) => inlineHtml(secretInWords(one))))}`,
    secrets.fixed.length === 0
      ? ''
      : `<h3>Secrets that are gone</h3>${listHtml(secrets.fixed.map((one) => inlineHtml(secretInWords(one))))}`,
    ignored.length === 0
      ? ''
      : `<h3>Ignored</h3>${tableHtml(
          'Ignored vulnerabilities',
          ['Vulnerability', 'Severity', 'Package', 'By', 'Until', 'Reason'],
          ignored.map(({ finding, by: who, until, reason }) => [
            inlineHtml(idOf(finding)),
            severityCell({ finding }),
            inlineHtml(packageOf(finding)),
            inlineHtml(code(who)),
            until === null ? 'always' : inlineHtml(dayOf(until)),
            escapeHtml(reason),
          ]),
        )}`,
  ];
  const checked =
    by.length === 0
      ? ''
      : `<p>Checked by ${inlineHtml(listed(by.map(scannerInWords)))}: the same data for what was and for what is now.</p>`;
  return [checked, listHtml(notes.map((note) => `${inlineHtml(sentence(note))}.`)), alarms, ...tables]
    .filter((part) => part !== '')
    .join('\n');
}

function tableOf(
  title: string,
  changes: readonly FindingChange[],
  head: readonly string[],
  cells: (change: FindingChange) => readonly string[],
): string {
  if (changes.length === 0) return `<h3>${title}</h3>\n<p>None.</p>`;
  const rows = changes.map((change): readonly Cell[] => [
    inlineHtml(idOf(change.finding)),
    severityCell(change),
    inlineHtml(`${packageOf(change.finding)} ${versionOf(change.finding.version)}`),
    ...cells(change),
    escapeHtml(change.finding.summary),
  ]);
  return `<h3>${title} (${changes.length.toLocaleString('en-US')})</h3>\n${tableHtml(
    `${title} vulnerabilities`,
    ['Vulnerability', 'Severity', 'Package', ...head, 'Summary'],
    rows,
  )}`;
}

function severityCell({ finding: { severity, malicious } }: Pick<FindingChange, 'finding'>): Cell {
  // The worst level has the highest number; within a level the score decides.
  const rank = (SEVERITIES.length - SEVERITIES.indexOf(severity.level)) * 100 + (severity.score ?? 0);
  return malicious
    ? { html: badgeHtml('malicious', 'malicious'), sort: 1000 }
    : { html: badgeHtml(severity.level, severityInWords(severity)), sort: rank };
}

/** What no scanner could look at, with the reasons. Empty: all was. */
export function uncheckedHtml({ skipped, failed, notChecked }: ScanOutcome): string {
  const items = [
    ...(skipped === null ? [] : [`Known vulnerabilities: ${inlineHtml(sentence(skipped))}.`]),
    ...failed.map(({ scanner, reason }) => {
      const words = [reason.message, reason.fix].filter((part) => part !== '').map(sentence);
      return inlineHtml(`${scanner}: ${words.join(' ')} (${code(reason.code)})`);
    }),
    ...notChecked.map((what) => inlineHtml(sentence(what))),
  ];
  const details = failed
    .filter(({ reason }) => reason.detail !== '')
    .map(({ reason }) => `<pre tabindex="0">${escapeHtml(reason.detail)}</pre>`);
  return [listHtml(items), ...details].join('\n');
}
