/**
 * When a repository is looked over. Pure, and asked anew at each tick: a tick that was lost is caught up at the next, and
 * one that comes twice, or on several machines, finds the run of the first.
 */
import { nextOccurrence } from './cron.ts';

export type Interval = 'weekly' | 'monthly' | 'quarterly';

/** How often; times are those of the clocks in the IANA time zone. */
export type Schedule =
  /** On Mondays, on the first of each month, or of January, April, July and October. */
  | { readonly every: Interval; readonly timeZone: string }
  /** Exactly then, for every repository (see `whyNotCron`). */
  | { readonly cron: string; readonly timeZone: string };

const DAY = 24 * 3600 * 1000;

/**
 * Whether a run is due: once a slot of the schedule has passed since the last run, or when there was none.
 * @param lastRun when the last run was, whatever asked for it; null: never, or not known any more.
 * @param repositoryId spreads repositories over the day of their slot.
 */
export function isDue(now: Date, lastRun: Date | null, schedule: Schedule, repositoryId: number): boolean {
  if (lastRun === null || Number.isNaN(lastRun.getTime())) return true;
  // Written by a machine with a wrong clock. Believed, it could hold the repository back for years.
  if (lastRun.getTime() > now.getTime() + DAY) return true;
  const next = nextDue(lastRun, schedule, repositoryId);
  return next !== null && next.getTime() <= now.getTime();
}

/** The first slot after an instant; null when the schedule has none any more. */
export function nextDue(after: Date, schedule: Schedule, repositoryId: number): Date | null {
  const cron = 'cron' in schedule ? schedule.cron : cronOf(schedule.every, minuteOfDay(repositoryId));
  return nextOccurrence(cron, schedule.timeZone, after);
}

function cronOf(every: Interval, minute: number): string {
  return `${minute % 60} ${Math.floor(minute / 60)} ${DAYS_OF[every]}`;
}

const DAYS_OF: Readonly<Record<Interval, string>> = {
  weekly: '* * 1',
  monthly: '1 * *',
  quarterly: '1 1,4,7,10 *',
};

/**
 * Minute of the day of a repository, always the same and evenly spread: ids of one organisation often follow each other
 * closely, so their bits are mixed first (the finaliser of MurmurHash3).
 */
function minuteOfDay(repositoryId: number): number {
  let hash = ((repositoryId % 2 ** 32) ^ Math.floor(repositoryId / 2 ** 32)) >>> 0;
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) % (24 * 60);
}
