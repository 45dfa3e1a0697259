/** Versions in the headings of changelogs, in many spellings. Pure. */
import { normaliseName } from '../locks/package-name.ts';
import { isVersion } from './versions.ts';

export interface HeadingVersion {
  readonly version: string;
  /** `2024-01-31`, or null. */
  readonly date: string | null;
  /** The version is what the heading is about: after it there is nothing, a date, or what a mark sets apart. */
  readonly strict: boolean;
}

export interface HeadingNames {
  /** Normalised names that may stand before a version: the package's, the repository's. */
  readonly names: readonly string[];
  /** Whether versions of this project may be one number: `24`. */
  readonly oneNumber: boolean;
}

/** Longer lines are no headings of versions. */
const MAX_HEADING = 160;

const BEFORE =
  /^(?:version|ver|releases?|released|release notes|rel|changes|changelog|what['’]?s new|new|notes|history|the|in|for|since|series|bug-?fix|patch|minor|major|feature|stable|final|hotfix)\b[\s.:#–—-]{0,5}/iu;
const VERSION =
  /^v?\.? ?(?<version>(?:\d{1,4}!)?\d{1,10}(?:\.\d{1,10}){0,6}(?:-\d{1,3})?(?:[-_.]?(?:alpha|beta|a|b|c|rc|preview|pre|post|dev|final)[-_.]?\d{0,9}){0,3}(?:\+[\w.]{1,30})?)(?![\w+]|[-/]\d|\.\w)/iu;
const STRICT =
  /^\.?\s*(?:$|[([{\-–—:,;|/=~"'“]|released?\b|unreleased\b|final\b|beta\b|\d{4}\b|on\b|of\b|→)/iu;

/**
 * `[1.2.3] - 2024-01-31`, `1.2.3 (2024-01-31)`, `Version 1.2.3`, `v1.2.3`, `What's new in 1.2`, `pkg 1.2.3`,
 * `2024-01-31, Version 1.2.3`, and the like.
 * @param text a heading's, with its marks of Markdown or reStructuredText.
 */
export function versionOfHeading(text: string, { names, oneNumber }: HeadingNames): HeadingVersion | null {
  if (text.length > MAX_HEADING * 4) return null;
  let rest = plain(text);
  if (rest.length > MAX_HEADING) return null;
  const date = dateIn(rest);
  for (let round = 0; round < 8; round += 1) {
    const next = withoutName(rest, names)
      .replace(/^\d{4}[-/.]\d{2}[-/.]\d{2}[\s,:;|–—-]{1,5}(?=\S)/u, '')
      .replace(BEFORE, '');
    if (next === rest) break;
    rest = next;
  }
  const found = VERSION.exec(rest);
  const version = found?.groups?.['version'];
  if (found === null || version === undefined || !isVersion(version)) return null;
  if (!version.includes('.') && !oneNumber) return null;
  return { version, date, strict: STRICT.test(rest.slice(found[0].length)) };
}

/** Without links, code marks, emphasis, HTML, roles, pictures of letters. */
function plain(text: string): string {
  return text
    .replace(/<[^<>]{0,300}>/gu, '')
    .replace(/\]\([^()\s]{0,400}(?:\s[^()]{0,100})?\)/gu, ']')
    .replace(/:[a-z:]{1,30}:(?=`)/giu, '')
    .replace(/[[\]`*]|__/gu, '')
    .replace(/^[^\p{L}\p{N}]{1,10}/u, '')
    .replace(/\s+/gu, ' ')
    .trim();
}

function withoutName(text: string, names: readonly string[]): string {
  const lower = text.toLowerCase().replace(/[_.]/gu, '-');
  for (const name of names) {
    if (name !== '' && lower.startsWith(normaliseName(name)) && /^[\s\-_=@:/]/u.test(text.slice(name.length)))
      return text.slice(name.length).replace(/^[\s\-_=@:/]{1,5}/u, '');
  }
  return text;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];

/** The first date of a line as `2024-01-31`: ISO, or with an English month. */
function dateIn(text: string): string | null {
  const iso = /(?<!\d)(?<year>(?:19|20)\d{2})(?<mark>[-/])(?<month>\d{2})\k<mark>(?<day>\d{2})(?!\d)/u.exec(
    text,
  )?.groups;
  if (iso !== undefined) return dated(iso['year'], Number(iso['month']), iso['day']);
  const named =
    /\b(?:(?<before>\d{1,2})(?:st|nd|rd|th)? )?(?<month>jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]{0,6}\.? (?:(?<day>\d{1,2})(?:st|nd|rd|th)?,? )?(?<year>(?:19|20)\d{2})\b/iu.exec(
      text,
    )?.groups;
  if (named === undefined) return null;
  const month = MONTHS.indexOf((named['month'] ?? '').toLowerCase()) + 1;
  return dated(named['year'], month, named['before'] ?? named['day']);
}

function dated(year: string | undefined, month: number, day: string | undefined): string | null {
  const of = Number(day ?? 0);
  if (year === undefined || month < 1 || month > 12 || of < 1 || of > 31) return null;
  return `${year}-${String(month).padStart(2, '0')}-${String(of).padStart(2, '0')}`;
}
