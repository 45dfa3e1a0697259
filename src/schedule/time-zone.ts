/** Time zones by their IANA names. Pure: the runtime brings the rules. */
import { closest, distance } from 'fastest-levenshtein';

/** Why a text is no IANA time zone, as the end of a sentence; null when it is one. */
export function whyNotTimeZone(text: string): string | null {
  // Offsets are known to the runtime too, but know nothing of summer.
  if (/^[a-z][\w+/-]{0,60}$/iu.test(text)) {
    try {
      formatter(text);
      return null;
    } catch {
      const near = closest(text, Intl.supportedValuesOf('timeZone'));
      const hint = distance(text, near) <= near.length / 3 ? ` (did you mean "${near}"?)` : '';
      return `there is no such time zone${hint}`;
    }
  }
  return 'it is not the IANA name of a time zone';
}

/**
 * The month on the clocks of a time zone.
 * @param timeZone a name that `whyNotTimeZone` accepts; throws RangeError for another.
 * @returns `2026-11`.
 */
export function monthIn(timeZone: string, at: Date): string {
  const parts = new Map(
    formatter(timeZone)
      .formatToParts(at)
      .map(({ type, value }) => [type, value]),
  );
  return `${(parts.get('year') ?? '').padStart(4, '0')}-${parts.get('month') ?? ''}`;
}

function formatter(timeZone: string): Intl.DateTimeFormat {
  return new Intl.DateTimeFormat('en-CA', {
    timeZone,
    calendar: 'gregory',
    numberingSystem: 'latn',
    year: 'numeric',
    month: '2-digit',
  });
}
