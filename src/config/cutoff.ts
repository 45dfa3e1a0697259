/**
 * The cool-down as people write it, to the instant that every locker is given. Pure.
 *
 * One rule for all lockers, so that a run gives the same answer wherever it happens: everything is UTC, a day has 24
 * hours, a month 30 days, a year 365 days. A bare date means "up to the end of that day", as in uv's `--exclude-newer`
 * (which takes the machine's time zone where Relock takes UTC, and refuses months and years).
 */

const EXAMPLES =
  'Write a duration (`7 days`, `2 weeks`, `P7D`), a date (`2026-11-01`), or an instant ' +
  '(`2026-11-01T12:00:00Z`).';

const SECOND = 1000;
const DAY = 24 * 3600 * SECOND;
const UNITS: ReadonlyMap<string, number> = new Map([
  ['s', SECOND],
  ['sec', SECOND],
  ['second', SECOND],
  ['m', 60 * SECOND],
  ['min', 60 * SECOND],
  ['minute', 60 * SECOND],
  ['h', 3600 * SECOND],
  ['hr', 3600 * SECOND],
  ['hour', 3600 * SECOND],
  ['d', DAY],
  ['day', DAY],
  ['w', 7 * DAY],
  ['week', 7 * DAY],
  ['month', 30 * DAY],
  ['y', 365 * DAY],
  ['year', 365 * DAY],
]);
const ISO_UNITS: readonly number[] = [365 * DAY, 30 * DAY, 7 * DAY, DAY, 3600 * SECOND, 60 * SECOND, SECOND];
/** Older than the first Python package: a cool-down of more is a typing error. */
const LONGEST = 20 * 365 * DAY;

/**
 * @param text `7 days`, `1 week 2 days`, `7d`, `P7D`, `PT12H`, `2026-11-01`, `2026-11-01T12:00:00Z`,
 * `2026-11-01 14:00:00+02:00`.
 * @param now what durations count back from.
 * @returns the instant as ISO 8601 UTC without fractions: releases uploaded at or after it are left out. Or why the text
 * cannot be used, with examples of what can.
 */
export function parseCutoff(
  text: string,
  now: Date,
): { readonly cutoff: string } | { readonly error: string } {
  const read = readCutoff(text, now);
  if ('cutoff' in read) return read;
  const written = text.trim();
  const shown = written === '' ? '' : ` ${JSON.stringify(written.slice(0, 60))}`;
  return { error: `The cool-down${shown} ${read.why}. ${EXAMPLES}` };
}

/**
 * Why a text is no cool-down whenever it is read, or null: what can be said without a clock, as the rest of a sentence.
 * @returns `it is neither a duration nor a date`
 */
export function whyNotCutoff(text: string): string | null {
  const read = readCutoff(text, new Date(Date.UTC(9999, 0)));
  return 'why' in read ? `it ${read.why}` : null;
}

function readCutoff(text: string, now: Date): { readonly cutoff: string } | { readonly why: string } {
  const written = text.trim();
  if (written === '') return { why: 'is empty' };
  const span = written.length > 60 ? null : durationOf(written);
  if (span !== null) {
    if (span > LONGEST) return { why: 'is longer than 20 years' };
    return { cutoff: instant(now.getTime() - span) };
  }
  const at = written.length > 60 ? null : timeOf(written);
  if (at === null) return { why: 'is neither a duration nor a date' };
  if (at.start > now.getTime()) return { why: 'lies in the future, so it would hold nothing back' };
  return { cutoff: instant(at.end) };
}

/** A time limit as people write it (`15 minutes`, `90s`, `PT15M`), in whole seconds; null when it is none. */
export function parseSeconds(text: string): number | null {
  const span = text.length > 60 ? null : durationOf(text.trim());
  return span === null ? null : Math.round(span / SECOND);
}

/** Milliseconds. */
function durationOf(text: string): number | null {
  return /^p/iu.test(text) ? isoDuration(text) : friendlyDuration(text);
}

function isoDuration(text: string): number | null {
  const match =
    /^P(?:(\d{1,6})Y)?(?:(\d{1,6})M)?(?:(\d{1,6})W)?(?:(\d{1,6})D)?(?:T(?=\d)(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,9})S)?)?$/iu.exec(
      text,
    );
  if (match === null) return null;
  const numbers = match.slice(1);
  if (numbers.every((number) => number === undefined)) return null;
  return numbers.reduce((sum, number, at) => sum + Number(number ?? 0) * (ISO_UNITS[at] ?? 0), 0);
}

function friendlyDuration(text: string): number | null {
  const part = /(\d{1,9}) ?([a-z]{1,7})(?:,? |$)?/giuy;
  let sum = 0;
  do {
    const match = part.exec(text);
    if (match === null) return null;
    const unit = (match[2] ?? '').toLowerCase();
    const length = UNITS.get(unit) ?? UNITS.get(unit.replace(/s$/u, ''));
    if (length === undefined) return null;
    sum += Number(match[1]) * length;
  } while (part.lastIndex < text.length);
  return sum;
}

/** `start` is when it begins, `end` the first moment that is left out (a bare date covers its whole day). */
function timeOf(text: string): { readonly start: number; readonly end: number } | null {
  const match =
    /^(\d{4})-(\d{2})-(\d{2})(?:[t ](\d{2}):(\d{2})(?::(\d{2})(?:\.\d{1,9})?)?(z|[+-]\d{2}:?\d{2})?)?$/iu.exec(
      text,
    );
  if (match === null) return null;
  const [year, month, day, hour, minute, second] = match.slice(1, 7).map((part) => Number(part ?? 0));
  const start = Date.UTC(year ?? 0, (month ?? 0) - 1, day, hour, minute, second);
  // `Date.UTC` rolls 31 February over into March.
  if (!new Date(start).toISOString().startsWith(`${match[1]}-${match[2]}-${match[3]}`)) return null;
  if ((hour ?? 0) > 23 || (minute ?? 0) > 59 || (second ?? 0) > 59) return null;
  if (match[4] === undefined) return { start, end: start + DAY };
  const at = start - zoneOffset(match[7]);
  return { start: at, end: at };
}

/** Milliseconds ahead of UTC; an instant without zone is UTC. */
function zoneOffset(zone: string | undefined): number {
  if (zone === undefined || zone.toLowerCase() === 'z') return 0;
  const digits = zone.replaceAll(/\D/gu, '');
  const size = (Number(digits.slice(0, 2)) * 60 + Number(digits.slice(2))) * 60 * SECOND;
  return zone.startsWith('-') ? -size : size;
}

function instant(time: number): string {
  return new Date(Math.floor(time / SECOND) * SECOND).toISOString().replace('.000Z', 'Z');
}
