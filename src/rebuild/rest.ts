/** Whether a rebuild was asked for that the published image does not show yet. Pure. */
import type { PublishedState } from './model.ts';
import { believedDate } from './words.ts';

const DAY_MS = 24 * 60 * 60 * 1000;

/** A rebuild that was asked for, by dispatch or by a pull request. */
export interface AskedRebuild {
  /** ISO 8601. */
  readonly at: string;
  /** Digest that was published then, of the manifest of any of its platforms. */
  readonly digest: string;
}

export interface RestInput {
  readonly published: readonly Pick<PublishedState, 'digest' | 'created'>[];
  readonly now: Date;
  /** By the store, which may have lost it; null: nothing is known. */
  readonly lastAsked: AskedRebuild | null;
  /** ISO 8601 day or instant that the default branch's Dockerfile bears (better: since when it does); null: none. */
  readonly bustDate: string | null;
  readonly restDays: number;
}

export type Rest =
  | { readonly state: 'none' }
  /** It is left in peace until then. */
  | { readonly state: 'resting'; readonly asked: Date; readonly until: Date }
  /** Its time has passed, and nothing came of it. */
  | { readonly state: 'overdue'; readonly asked: Date };

/**
 * A request is open while the digest of then is published still, or the Dockerfile's date is newer than the image. What
 * an image says of its own date is believed only where it can be the truth, and of the Dockerfile's date only what is past:
 * one in the far future would rest for ever.
 */
export function restOf(input: RestInput): Rest {
  const { now, restDays } = input;
  const [asked] = openRequests(input).toSorted((a, b) => b.getTime() - a.getTime());
  if (asked === undefined) return { state: 'none' };
  const until = new Date(asked.getTime() + restDays * DAY_MS);
  return now < until ? { state: 'resting', asked, until } : { state: 'overdue', asked };
}

function openRequests({ published, now, lastAsked, bustDate }: RestInput): readonly Date[] {
  const at = pastDate(lastAsked?.at ?? null, now);
  const isThere = published.some(({ digest }) => digest === lastAsked?.digest);
  const bust = pastDate(bustDate, now);
  // A later request whose image is gone was answered, and with it all that came before.
  const answered = at !== null && !isThere && bust !== null && bust <= at;
  const older = published.some(({ created }) => {
    const date = believedDate(created);
    return bust !== null && date !== null && date < bust;
  });
  return [...(at !== null && isThere ? [at] : []), ...(bust !== null && older && !answered ? [bust] : [])];
}

/** A day may have begun elsewhere before it does here. */
function pastDate(text: string | null, now: Date): Date | null {
  const date = believedDate(text);
  return date === null || date.getTime() > now.getTime() + DAY_MS ? null : date;
}

/**
 * Since when an image is as old as it is, for a policy that rebuilds by age: its own date, or the last request that it
 * can be the answer to. null: nothing tells.
 */
export function builtSince(input: RestInput): Date | null {
  const { published, now, lastAsked, bustDate } = input;
  const dates = published.map(({ created }) => believedDate(created));
  const known = dates.filter((date) => date !== null).toSorted((a, b) => a.getTime() - b.getTime());
  if (known[0] !== undefined) return known[0];
  const moved = !published.some(({ digest }) => digest === lastAsked?.digest);
  const asked = [moved ? pastDate(lastAsked?.at ?? null, now) : null, pastDate(bustDate, now)];
  return asked.filter((date) => date !== null).toSorted((a, b) => b.getTime() - a.getTime())[0] ?? null;
}

/** Whether a month has passed, by days of the calendar (UTC): what is run each month at an hour finds it so. */
export function isMonthOld(since: Date, now: Date): boolean {
  const [year, month] = [since.getUTCFullYear(), since.getUTCMonth()];
  // The 31st has no equal in each month: its last day will do.
  const lastDay = new Date(Date.UTC(year, month + 2, 0)).getUTCDate();
  return now.getTime() >= Date.UTC(year, month + 1, Math.min(since.getUTCDate(), lastDay));
}
