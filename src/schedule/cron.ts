/**
 * Cron expressions: the five fields of crontab(5), and of cron-parser's additions `L` (last day of the month, last Monday
 * as `1L`) and `1#2` (second Monday). Pure.
 *
 * cron-parser finds the occurrences; what is right is decided here first, so that the message names the field, and so that
 * its own extras (seconds, `H`, `@reboot`) stay out.
 */
import { CronExpressionParser } from 'cron-parser';

interface CronField {
  readonly name: string;
  readonly minimum: number;
  readonly maximum: number;
  /** Names of its values from `minimum` on. */
  readonly words: readonly string[];
  /** Which of cron-parser's additions it knows. */
  readonly special: RegExp | null;
}

const MONTHS = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const DAYS = ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'];

const FIELDS: readonly CronField[] = [
  { name: 'minute', minimum: 0, maximum: 59, words: [], special: null },
  { name: 'hour', minimum: 0, maximum: 23, words: [], special: null },
  { name: 'day of month', minimum: 1, maximum: 31, words: [], special: /^L$/iu },
  { name: 'month', minimum: 1, maximum: 12, words: MONTHS, special: null },
  // 7 is Sunday too.
  { name: 'day of week', minimum: 0, maximum: 7, words: DAYS, special: /^[0-7](?:L|#[1-5])$/iu },
];

const MAX_LENGTH = 100;
/** A leap year lies within it. */
const SOME_DAY = new Date('2027-06-15T00:00:00Z');

/** Why a text is no cron expression that Relock takes, as the end of a sentence; null when it is one. */
export function whyNotCron(text: string): string | null {
  if (text.length > MAX_LENGTH) return `it has more than ${MAX_LENGTH} characters`;
  const parts = partsOf(text);
  if (parts.length !== FIELDS.length) {
    return `a cron expression has five fields (minute, hour, day of month, month, day of week), not ${parts.length}`;
  }
  for (const [at, field] of FIELDS.entries()) {
    const why = whyNotField(parts[at] ?? '', field);
    if (why !== null) return `its ${field.name} ${why}`;
  }
  // Each run asks indexes and the forge for a great deal.
  if (!/^\d+$/u.test(parts[0] ?? '')) return 'its minute must be one number: once an hour is the most';
  return nextOccurrence(text, 'UTC', SOME_DAY) === null ? 'there is no such day' : null;
}

/**
 * The first occurrence after an instant, on the clocks of a time zone: a time that a change of clocks skips comes right
 * after the gap, and one that it repeats comes once (as in vixie-cron), hourly ones excepted.
 * @returns null when there is none, or none for many years, or the text is no cron expression.
 */
export function nextOccurrence(cron: string, timeZone: string, after: Date): Date | null {
  try {
    const options = { tz: timeZone, currentDate: after };
    return CronExpressionParser.parse(partsOf(cron).join(' ').toUpperCase(), options).next().toDate();
  } catch {
    return null;
  }
}

function partsOf(text: string): readonly string[] {
  return text.trim().split(/\s+/u);
}

function whyNotField(text: string, field: CronField): string | null {
  for (const item of text.split(',')) {
    const why = whyNotItem(item, field);
    if (why !== null) return why;
  }
  // cron-parser knows `1#2` and `1L` only alone.
  return field.maximum === 7 && text.includes(',') && /[#L]/iu.test(text)
    ? 'has `#` or `L` in a list, where they cannot stand'
    : null;
}

/** `*`, `5`, `1-5`, each with a step (`/2`), or what is special to the field. */
function whyNotItem(item: string, field: CronField): string | null {
  if (field.special?.test(item) === true) return null;
  const match = /^(?:\*|([a-z0-9]{1,4})(?:-([a-z0-9]{1,4}))?)(?:\/(\d{1,4}))?$/iu.exec(item);
  const shown = `"${item.slice(0, 20)}"`;
  const span = `it goes from ${field.minimum} to ${field.maximum}`;
  if (match === null) return `has ${shown}, which is not a number, a range (\`1-5\`) or a step (\`*/2\`)`;
  const [, first, last, step] = match;
  if (step !== undefined && (Number(step) < 1 || Number(step) > field.maximum)) {
    return `has ${shown}, whose step is not from 1 to ${field.maximum}`;
  }
  if (first === undefined) return null;
  const from = valueOf(first, field);
  const to = last === undefined ? from : valueOf(last, field);
  if (from === null || to === null) return `has ${shown}: ${span}`;
  return to < from ? `has ${shown}, which ends before it begins` : null;
}

function valueOf(text: string, field: CronField): number | null {
  const word = field.words.indexOf(text.toLowerCase());
  const value = word === -1 ? (/^\d+$/u.test(text) ? Number(text) : null) : word + field.minimum;
  return value === null || value < field.minimum || value > field.maximum ? null : value;
}
