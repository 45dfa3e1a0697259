/** What must not be overlooked: malicious packages, severe vulnerabilities and secrets that a change brings. Pure. */
import { atLeast, type SecretFinding } from '../scan/model.ts';
import type { FindingChange, ScanOutcome } from '../scan/outcome.ts';
import { listed, plural } from './count.ts';
import { idOf, packageOf, placesInWords, versionOf } from './findings-words.ts';
import { code } from './markdown.ts';
import type { Section } from './sections.ts';

const MOST_NAMED = 3;
const MOST_LINES = 20;

/** Whether a change brings a vulnerability or a secret of severity high or critical, or a malicious package: the label's rule. */
export function addsSevere({ diff, secrets }: Pick<ScanOutcome, 'diff' | 'secrets'>): boolean {
  return (
    diff.added.some(({ finding }) => finding.malicious || atLeast(finding.severity.level, 'high')) ||
    secrets.added.some(({ severity }) => atLeast(severity, 'high'))
  );
}

/** Sentences for the very first line, malicious packages first; empty when all is well. */
export function alarmsOf({ diff, secrets }: ScanOutcome): readonly string[] {
  const severe = diff.added.filter(
    ({ finding }) => !finding.malicious && atLeast(finding.severity.level, 'high'),
  );
  const count = (level: string): number =>
    severe.filter(({ finding }) => finding.severity.level === level).length;
  const levels = (['critical', 'high'] as const).flatMap((level) =>
    count(level) === 0 ? [] : [`${count(level).toLocaleString('en-US')} ${level}`],
  );
  const bad = diff.added.filter(isMalicious);
  const still = diff.remaining.filter(isMalicious);
  return [
    ...(bad.length === 0
      ? []
      : [`Adds ${plural(bad.length, 'malicious package')}: ${named(bad, maliciousInWords)}.`]),
    ...(still.length === 0
      ? []
      : [
          `${plural(still.length, 'malicious package')} ${still.length === 1 ? 'is' : 'are'} still there: ${named(still, maliciousInWords)}.`,
        ]),
    ...(severe.length === 0
      ? []
      : [
          `Adds ${listed(levels)} ${severe.length === 1 ? 'vulnerability' : 'vulnerabilities'}: ${named(severe, ({ finding }) => `${idOf(finding)} in ${packageOf(finding)}`)}.`,
        ]),
    ...(secrets.added.length === 0
      ? []
      : [`Adds ${plural(secrets.added.length, 'secret')}: ${named(secrets.added, secretInShort)}.`]),
  ];
}

/** Boxes that GitHub paints red. */
export function alarmSections({ diff, secrets }: ScanOutcome): readonly Section[] {
  const bad = [...diff.added, ...diff.remaining].filter(isMalicious);
  return [
    {
      text: box(
        'A malicious package is not a mistake in one: it was published to do harm. What installed it may be compromised.',
        bad.map(
          ({ state, finding, after }) =>
            `${packageOf(finding)} ${versionOf(finding.version)} (${idOf(finding)}) ${state === 'added' ? 'comes into' : 'is still in'} ${placesInWords(after)}`,
        ),
      ),
      drop: 8,
      name: 'malicious packages',
    },
    {
      text: box(
        'Secrets in layers of images that were not there before. Whoever can pull the image can read them: they should be revoked.',
        secrets.added.map(secretInWords),
      ),
      drop: 8,
      name: 'secrets that were added',
    },
  ];
}

/** Where a secret is, and by what rule it was found. Threat: never what it is, nor any part of it. */
export function secretInWords(secret: SecretFinding): string {
  const { rule, title, severity, path, line, location, platform, layer } = secret;
  const at = line === null || !Number.isSafeInteger(line) ? path : `${path}:${line}`;
  const name = title === '' || title === rule ? '' : `${code(title, 80)}, `;
  const inLayer = layer === null ? '' : `, layer ${code(layer.slice(0, 'sha256:'.length + 12))}`;
  return `${code(at)} in ${code(location)} (${code(platform, 40)}${inLayer}): ${name}rule ${code(rule, 80)}, ${severity}`;
}

function secretInShort({ path, location }: SecretFinding): string {
  return `${code(path)} in ${code(location)}`;
}

function isMalicious({ finding }: FindingChange): boolean {
  return finding.malicious;
}

function maliciousInWords({ finding, after }: FindingChange): string {
  return `${packageOf(finding)} ${versionOf(finding.version)} in ${placesInWords(after)}`;
}

function named<One>(all: readonly One[], inWords: (one: One) => string): string {
  const shown = [...new Set(all.map(inWords))];
  const more = shown.length - MOST_NAMED;
  return listed(more > 0 ? [...shown.slice(0, MOST_NAMED), `${more.toLocaleString('en-US')} more`] : shown);
}

function box(lead: string, items: readonly string[]): string {
  if (items.length === 0) return '';
  const more = items.length - MOST_LINES;
  const lines = [
    ...items.slice(0, MOST_LINES),
    ...(more > 0 ? [`and ${more.toLocaleString('en-US')} more`] : []),
  ];
  return `> [!CAUTION]\n> ${lead}\n>\n${lines.map((line) => `> - ${line}`).join('\n')}`;
}
