import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isDue, nextDue, type Schedule } from '../../src/schedule/is-due.ts';

const MINUTE = 60_000;
const DAY = 24 * 60 * MINUTE;

const cron = (text: string, timeZone = 'UTC'): Schedule => ({ cron: text, timeZone });

describe('isDue', () => {
  it.each([
    ['never run', '2026-11-15T12:00:00Z', null, true],
    ['right before the slot', '2026-12-01T02:59:59Z', '2026-11-01T03:00:05Z', false],
    ['at the slot', '2026-12-01T03:00:00Z', '2026-11-01T03:00:05Z', true],
    ['the tick came twice', '2026-12-01T03:01:00Z', '2026-12-01T03:00:02Z', false],
    ['run within the very second', '2026-12-01T03:00:00.400Z', '2026-12-01T03:00:00.100Z', false],
    ['the tick was lost for a week', '2026-12-08T10:00:00Z', '2026-11-01T03:00:05Z', true],
    ['it was lost for a year', '2027-12-08T10:00:00Z', '2026-11-01T03:00:05Z', true],
    ['run by a comment the day before', '2026-12-01T03:00:00Z', '2026-11-30T20:00:00Z', true],
    ['run by a comment after', '2026-12-20T03:00:00Z', '2026-12-02T20:00:00Z', false],
    ['a clock some minutes ahead', '2026-12-01T03:00:00Z', '2026-12-01T03:10:00Z', false],
    ['a clock years ahead', '2026-12-02T03:00:00Z', '2036-12-01T03:00:00Z', true],
    ['a time that cannot be read', '2026-12-02T03:00:00Z', 'broken', true],
  ])('%s', (_what, now, lastRun, due) => {
    const last = lastRun === null ? null : new Date(lastRun);
    expect(isDue(new Date(now), last, cron('0 3 1 * *'), 1)).toBe(due);
  });

  it('says no where the schedule has no further slot', () => {
    expect(isDue(new Date('2026-12-02'), new Date('2026-01-01'), cron('0 0 30 2 *'), 1)).toBe(false);
  });
});

describe('clocks that change', () => {
  it.each([
    // 02:30 does not exist on 29 March.
    [
      'skipped',
      'Europe/Berlin',
      '30 2 * * *',
      '2026-03-28T12:00:00Z',
      ['2026-03-29T01:30', '2026-03-30T00:30'],
    ],
    // 02:30 comes twice on 25 October.
    [
      'repeated',
      'Europe/Berlin',
      '30 2 * * *',
      '2026-10-24T12:00:00Z',
      ['2026-10-25T00:30', '2026-10-26T01:30'],
    ],
    [
      'at midnight',
      'America/Sao_Paulo',
      '15 0 * * *',
      '2018-11-03T12:00:00Z',
      ['2018-11-04T03:15', '2018-11-05T02:15'],
    ],
    ['month ends', 'UTC', '0 3 31 * *', '2026-12-31T03:00:00Z', ['2027-01-31T03:00', '2027-03-31T03:00']],
    ['last day', 'Asia/Tokyo', '0 0 L * *', '2027-02-01T00:00:00Z', ['2027-02-27T15:00', '2027-03-30T15:00']],
  ])('%s', (_what, timeZone, text, after, slots) => {
    let at = new Date(after);
    for (const slot of slots) {
      at = nextDue(at, cron(text, timeZone), 1)!;
      expect(at.toISOString().slice(0, 16)).toBe(slot);
    }
  });
});

const ZONES = [
  'UTC',
  'Europe/Berlin',
  'America/Los_Angeles',
  'Pacific/Auckland',
  'Asia/Kolkata',
  'America/St_Johns',
];
const ids = fc.integer({ min: 1, max: 2 ** 40 });
const dates = fc.date({ min: new Date('2024-01-01'), max: new Date('2040-01-01'), noInvalidDate: true });

function local(
  at: Date,
  timeZone: string,
): { readonly day: number; readonly month: number; readonly weekday: string } {
  const format = new Intl.DateTimeFormat('en', {
    timeZone,
    day: 'numeric',
    month: 'numeric',
    weekday: 'short',
  });
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
  return {
    day: Number(parts.get('day')),
    month: Number(parts.get('month')),
    weekday: parts.get('weekday') ?? '',
  };
}

it.each([
  ['monthly', (at) => at.day === 1, 32],
  ['weekly', (at) => at.weekday === 'Mon', 8],
  ['quarterly', (at) => at.day === 1 && [1, 4, 7, 10].includes(at.month), 93],
] satisfies [string, (at: ReturnType<typeof local>) => boolean, number][])(
  '%s slots fall on their day of each zone',
  (every, right, days) => {
    fc.assert(
      fc.property(fc.constantFrom(...ZONES), ids, dates, (timeZone, id, after) => {
        const next = nextDue(after, { every, timeZone } as Schedule, id)!;
        expect(right(local(next, timeZone))).toBe(true);
        expect(next.getTime() - after.getTime()).toBeLessThanOrEqual(days * DAY);
        expect(nextDue(new Date(next.getTime() - 1), { every, timeZone } as Schedule, id)).toEqual(next);
      }),
      { numRuns: 100 },
    );
  },
);

it('gives every slot one run, whatever ticks are lost, doubled or late', () => {
  const schedule: Schedule = { every: 'weekly', timeZone: 'Europe/Berlin' };
  const gaps = fc.array(fc.integer({ min: 0, max: 12 * 24 * 60 }), { minLength: 1, maxLength: 40 });
  fc.assert(
    fc.property(ids, gaps, (id, minutes) => {
      let now = new Date('2026-01-01T00:00:00Z').getTime();
      let last = new Date(now);
      for (const gap of minutes) {
        now += gap * MINUTE;
        const slot = nextDue(last, schedule, id)!;
        const due = isDue(new Date(now), last, schedule, id);
        expect(due).toBe(slot.getTime() <= now);
        if (!due) continue;
        last = new Date(now);
        expect(isDue(new Date(now), last, schedule, id)).toBe(false);
      }
    }),
    { numRuns: 50 },
  );
});

describe('repositories', () => {
  const schedule: Schedule = { every: 'monthly', timeZone: 'UTC' };
  const hourOf = (id: number): number => nextDue(new Date('2026-11-15'), schedule, id)!.getUTCHours();

  it.each([
    ['ids in a row', (at: number) => 812_345_000 + at],
    ['ids far apart', (at: number) => 1_000_003 * (at + 1)],
    ['ids beyond 32 bits', (at: number) => 2 ** 33 + at * 4096],
  ])('are spread over the day: %s', (_what, id) => {
    const hours = Array.from({ length: 24 }, () => 0);
    for (let at = 0; at < 1200; at += 1) hours[hourOf(id(at))]! += 1;
    expect(Math.min(...hours)).toBeGreaterThan(25);
    expect(Math.max(...hours)).toBeLessThan(85);
  });

  it('keep their time', () => {
    const first = nextDue(new Date('2026-11-15'), schedule, 812_345_678)!;
    const second = nextDue(first, schedule, 812_345_678)!;
    expect(first.toISOString().slice(10)).toBe(second.toISOString().slice(10));
    expect(second.toISOString().slice(0, 10)).toBe('2027-01-01');
  });

  it('with a cron expression all have that time', () => {
    const at = [1, 2, 3].map((id) => nextDue(new Date('2026-11-15'), cron('7 3 1 * *'), id)!.toISOString());
    expect(new Set(at)).toEqual(new Set(['2026-12-01T03:07:00.000Z']));
  });
});
