/** What waits in few words: how long, by which way, and what is worst. Pure. */
import { compareText } from '../images/content.ts';
import type { PublishedState, WaitingUpdate, Way } from './model.ts';

const DAY_MS = 24 * 60 * 60 * 1000;
/** Builders and indexes that are the same each time write the epoch, or what zip takes for it, in place of the time. */
const FIRST_BELIEVED_YEAR = 2000;

/** An ISO 8601 instant or day; null when it is none, or none that could be the truth. */
export function believedDate(text: string | null): Date | null {
  const time = text === null ? Number.NaN : Date.parse(text);
  if (Number.isNaN(time)) return null;
  const date = new Date(time);
  return date.getUTCFullYear() < FIRST_BELIEVED_YEAR ? null : date;
}

/** `2026-11-20`, in UTC. */
export function dayOfDate(date: Date): string {
  return date.toISOString().slice(0, 'yyyy-mm-dd'.length);
}

/** Whole days from an instant until now, never less than 0. @param since ISO 8601. @returns null: it is not told. */
export function waitedDays(since: string | null, now: Date): number | null {
  const start = believedDate(since);
  return start === null ? null : Math.max(0, Math.floor((now.getTime() - start.getTime()) / DAY_MS));
}

/** `23 days`, `less than a day`, `not told`. */
export function waitInWords(since: string | null, now: Date): string {
  const days = waitedDays(since, now);
  return days === null ? 'not told' : daysInWords(days);
}

/** `1 day`, `1,096 days`; 0: `less than a day`. */
export function daysInWords(days: number): string {
  if (days === 0) return 'less than a day';
  return `${days.toLocaleString('en-US')} ${days === 1 ? 'day' : 'days'}`;
}

const WAYS: Readonly<Record<Way, string>> = {
  'base-digest': 'the new base digest',
  rebuild: 'a clean build',
  'upgrade-step': 'only an upgrade step',
  'not-yet': 'nothing yet',
};

/** What brings it, as what follows "comes with". */
export function wayInWords({ way, update }: WaitingUpdate): string {
  if (way !== 'not-yet') return WAYS[way];
  if (update.kind === 'phased') return `${WAYS[way]}: not everybody's so far`;
  return update.kind === 'kept-back' ? `${WAYS[way]}: kept back` : WAYS[way];
}

/** One update that an image lacks, on one platform or several. */
export interface Lack {
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly security: boolean;
  /** The earliest of all platforms; null: not told. */
  readonly since: string | null;
  readonly advisories: readonly string[];
  /** Each once, in the order of the platforms. */
  readonly ways: readonly Way[];
}

/** What the platforms lack, each package once: of several versions those of the first. In order of first appearance. */
export function foldLacks(published: readonly PublishedState[]): readonly Lack[] {
  const all = published.flatMap(({ waiting }) => waiting);
  return [...Map.groupBy(all, ({ update }) => update.name).values()].flatMap((same) => {
    const [first] = same;
    if (first === undefined) return [];
    const { name, from, to } = first.update;
    return [
      {
        name,
        from,
        to,
        security: same.some(({ update }) => update.security),
        since: earliest(same),
        advisories: [...new Set(same.flatMap(({ update }) => update.advisories))].sort(compareText),
        ways: [...new Set(same.map(({ way }) => way))],
      },
    ];
  });
}

function earliest(waiting: readonly WaitingUpdate[]): string | null {
  const dated = waiting.flatMap(({ update: { since } }) => {
    const date = believedDate(since);
    return since === null || date === null ? [] : [{ since, time: date.getTime() }];
  });
  return dated.toSorted((a, b) => a.time - b.time)[0]?.since ?? null;
}

type Ranked = Pick<Lack, 'name' | 'security' | 'since' | 'advisories'>;

/**
 * Security fixes first, then what waits longest, then what more advisories name, then by name. How severe one is, no
 * distribution's index says of all.
 */
export function worstFirst(a: Ranked, b: Ranked): number {
  return (
    Number(b.security) - Number(a.security) ||
    timeOf(a) - timeOf(b) ||
    b.advisories.length - a.advisories.length ||
    compareText(a.name, b.name)
  );
}

/** What has no date comes last. */
function timeOf({ since }: Ranked): number {
  return believedDate(since)?.getTime() ?? Number.MAX_SAFE_INTEGER;
}

/** Whether a build brings it, the Dockerfile being as it is. */
export function isHelped({ ways }: Pick<Lack, 'ways'>): boolean {
  return ways.includes('rebuild') || ways.includes('base-digest');
}

/** Whether only an upgrade step would bring it. */
export function isStuck(lack: Pick<Lack, 'ways'>): boolean {
  return !isHelped(lack) && lack.ways.includes('upgrade-step');
}
