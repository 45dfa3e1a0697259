/** What is told of the advisories themselves: summary, severity, ranges, names. Pure. */
import { plural } from './count.ts';
import { severityInWords } from './findings-words.ts';
import type { FixAdvisory } from './fix-advisory.ts';
import { advisoryName } from './fix-words.ts';
import { lineStart, words } from './foreign-text.ts';
import { code } from './markdown.ts';
import type { Section } from './sections.ts';

const MOST_ADVISORIES = 20;
const MOST_RANGES = 6;
const MOST_NAMES = 6;
const LONGEST_SUMMARY = 300;

/** A section with a paragraph for each advisory; none without any. */
export function advisoriesSection(advisories: readonly FixAdvisory[], heading: string): readonly Section[] {
  if (advisories.length === 0) return [];
  const told = advisories.slice(0, MOST_ADVISORIES).map(advisoryInWords);
  const more = advisories.length - told.length;
  const rest = more > 0 ? [`and ${plural(more, 'more advisory', 'more advisories')}`] : [];
  return [{ text: [heading, ...told, ...rest].join('\n\n'), drop: 8, name: 'the advisories' }];
}

function advisoryInWords(advisory: FixAdvisory): string {
  const { ids, id, severity, malicious, affected, fixed } = advisory;
  const source = severity.source === '' ? '' : ` (by ${code(severity.source, 60)})`;
  const others = ids.filter((name) => name !== id);
  const facts = [
    affected.length === 0 ? 'affected: the versions that it lists' : `affected: ${spans(affected)}`,
    fixed.length === 0 ? 'fixed in: no release yet' : `fixed in: ${spans(fixed)}`,
    ...(others.length === 0 ? [] : [`also known as ${spans(others, MOST_NAMES)}`]),
  ];
  const rated = malicious
    ? 'a malicious package, published to do harm: what installed it may be compromised'
    : `${severityInWords(severity)}${source}`;
  return [`**${advisoryName(advisory)}**, ${rated}; ${facts.join('; ')}.`, quoted(advisory.summary)]
    .filter((part) => part !== '')
    .join('\n');
}

/** Threat: the summary is anybody's text; every mark in it is escaped, and it stays on its one line. */
function quoted(summary: string): string {
  const short = summary.length > LONGEST_SUMMARY ? `${summary.slice(0, LONGEST_SUMMARY - 1)}…` : summary;
  const text = lineStart(words(short.toWellFormed()));
  return text === '' ? '' : `> ${text}`;
}

function spans(texts: readonly string[], most = MOST_RANGES): string {
  const more = texts.length - most;
  const shown = texts.slice(0, most).map((text) => code(text, 80));
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
