/** `relock scan` for people. Pure but for styling. */
import { listed, plural } from '../report/count.ts';
import { SEVERITIES, type Finding, type ScannerIdentity, type SeverityLevel } from '../scan/model.ts';
import type { FindingPlace, IgnoredFinding, ScanListing } from '../scan/outcome.ts';
import { styleOf, type Style } from './style.ts';

const LONGEST = 40;
const MOST_PLACES = 2;

/** @param styled whether the text goes to a terminal that shows styles. */
export function scanText(listing: ScanListing, styled: boolean): string {
  const style = styleOf(styled);
  if (listing.targets.length === 0 && isWhole(listing)) {
    return 'No lock and no image with a digest was found.\n';
  }
  const parts = [
    ...(listing.findings.length === 0 ? [] : [tableOf(listing.findings, style)]),
    section(
      'Secrets in images',
      listing.secrets.map((secret) => secretLine(secret, style)),
      style,
    ),
    section(
      'Ignored',
      listing.ignored.map((one) => ignoredLine(one, style)),
      style,
    ),
    section('Not checked', uncheckedLines(listing, style), style),
    section(
      'Worth knowing',
      listing.notes.map((note) => short(style.safe(note), 280)),
      style,
    ),
    [...lookedThrough(listing, style), style.bold(verdict(listing))].join('\n'),
  ];
  return `${parts.filter((part) => part !== '').join('\n\n')}\n`;
}

/** Whether nothing was left out, as far as anybody knows. */
function isWhole({ failed, notChecked }: ScanListing): boolean {
  return failed.length === 0 && notChecked.length === 0;
}

type Row = readonly [severity: string, name: string, version: string, id: string, fix: string, where: string];

function tableOf(findings: ScanListing['findings'], style: Style): string {
  const head: Row = ['Severity', 'Package', 'Version', 'Vulnerability', 'Fixed in', 'Where'];
  const rows = findings.map(({ finding, places }) => rowOf(finding, places, style));
  const widths = head.map((word, column) =>
    Math.max(word.length, ...rows.map((row) => row[column]?.length ?? 0)),
  );
  const line = (row: Row): string =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd();
  const lines = rows.map((row, index) => {
    const first = widths[0] ?? 0;
    const text = line(row);
    const found = findings[index]?.finding;
    return found === undefined ? text : colour(found, style)(text.slice(0, first)) + text.slice(first);
  });
  return [style.dim(line(head)), ...lines].join('\n');
}

function rowOf(finding: Finding, places: readonly FindingPlace[], style: Style): Row {
  const { safe } = style;
  const note = finding.note === null ? '' : ` (${short(safe(finding.note), LONGEST)})`;
  const [fix] = finding.fixed;
  return [
    finding.malicious ? 'malicious' : levelWord(finding.severity.level),
    short(safe(finding.package), LONGEST),
    short(safe(finding.version), LONGEST),
    short(safe(finding.id), LONGEST),
    fix === undefined ? `no fix${note}` : short(safe(fix), LONGEST),
    placesOf(places, style),
  ];
}

function levelWord(level: SeverityLevel): string {
  return level === 'unknown' ? 'not rated' : level;
}

function colour({ severity: { level }, malicious }: Finding, style: Style): (text: string) => string {
  if (malicious || level === 'critical') return (text) => style.bold(style.red(text));
  if (level === 'high') return style.red;
  return level === 'medium' ? style.yellow : style.dim;
}

/** An image on several platforms is one place. */
function placesOf(places: readonly FindingPlace[], { safe }: Style): string {
  const names = [...new Set(places.map(({ location }) => location))].map((name) => short(safe(name), 60));
  const more = names.length - MOST_PLACES;
  return more > 1 ? `${names.slice(0, MOST_PLACES).join(', ')} and ${more} more` : listed(names);
}

function secretLine(
  { severity, title, rule, path, line, location, platform }: ScanListing['secrets'][number],
  { safe }: Style,
): string {
  const at = line === null ? '' : `:${line}`;
  const what = `${levelWord(severity)}: ${short(safe(title), 80)} (${short(safe(rule), LONGEST)})`;
  return `${what} in ${short(safe(path), 120)}${at} of ${short(safe(location), 80)} ${safe(platform)}`;
}

function ignoredLine({ finding, by, reason, until }: IgnoredFinding, { safe }: Style): string {
  const why = reason === '' ? '' : `: ${short(safe(reason), 120)}`;
  const end = until === null ? '' : `, until ${safe(until)}`;
  return `${short(safe(finding.id), LONGEST)} in ${short(safe(finding.package), LONGEST)} (${short(safe(by), 80)}${end})${why}`;
}

function uncheckedLines({ failed, notChecked }: ScanListing, { safe }: Style): readonly string[] {
  return [
    ...failed.map(({ scanner, reason }) => {
      const fix = reason.fix === '' ? '' : ` ${reason.fix}`;
      return short(safe(`${scanner}: ${reason.message}${fix}`), 280);
    }),
    ...notChecked.map((sentence) => short(safe(sentence), 280)),
  ];
}

function section(title: string, lines: readonly string[], { bold }: Style): string {
  return lines.length === 0 ? '' : [bold(title), ...lines.map((line) => `  ${line}`)].join('\n');
}

/** `Looked through 2 locks and 1 image (1,140 packages) with osv (api.osv.dev).` */
function lookedThrough({ by, targets }: ScanListing, style: Style): readonly string[] {
  if (by.length === 0) return [];
  const count = (kind: 'lock' | 'image'): number => targets.filter((target) => target.kind === kind).length;
  const counts = (['lock', 'image'] as const).flatMap((kind) =>
    count(kind) === 0 ? [] : [plural(count(kind), kind)],
  );
  const packages = targets.reduce((sum, target) => sum + target.packages, 0);
  const scanners = listed(by.map((one) => scannerWord(one, style)));
  return [`Looked through ${listed(counts)} (${plural(packages, 'package')}) with ${scanners}.`];
}

function scannerWord({ name, version, database, databaseDate }: ScannerIdentity, { safe }: Style): string {
  const day = databaseDate?.slice(0, 10) ?? '';
  const date = day === '' || database.includes(day) ? '' : `, of ${safe(day)}`;
  return `${name}${version === null ? '' : ` ${short(safe(version), LONGEST)}`} (${short(safe(database), 80)}${date})`;
}

function verdict(listing: ScanListing): string {
  const { by, findings, secrets, ignored, targets } = listing;
  const whole = isWhole(listing);
  if (by.length === 0 && (!whole || targets.some(({ packages }) => packages > 0))) {
    return whole
      ? 'Nothing was checked: no scanner is chosen. `--with osv` chooses the built-in one.'
      : 'Nothing was checked.';
  }
  const packages = new Set(findings.map(({ finding }) => `${finding.ecosystem}\0${finding.package}`));
  const found =
    findings.length === 0
      ? 'No known vulnerability'
      : `${plural(findings.length, 'known vulnerability', 'known vulnerabilities')} ` +
        `(${levelsInWords(findings.map(({ finding }) => finding))}) in ${plural(packages.size, 'package')}`;
  const more = [
    ...(secrets.length === 0 ? [] : [plural(secrets.length, 'secret')]),
    ...(ignored.length === 0 ? [] : [`${ignored.length.toLocaleString('en-US')} ignored`]),
  ];
  const told = [found, ...more].join(', ');
  return whole ? `${told}.` : `${told}; not all of it was checked.`;
}

function levelsInWords(findings: readonly Finding[]): string {
  const malicious = findings.filter((finding) => finding.malicious).length;
  const levels = SEVERITIES.flatMap((level) => {
    const count = findings.filter((one) => !one.malicious && one.severity.level === level).length;
    return count === 0 ? [] : [`${count.toLocaleString('en-US')} ${levelWord(level)}`];
  });
  return [...(malicious === 0 ? [] : [`${malicious.toLocaleString('en-US')} malicious`]), ...levels].join(
    ', ',
  );
}

function short(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}
