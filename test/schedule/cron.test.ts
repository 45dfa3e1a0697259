import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nextOccurrence, whyNotCron } from '../../src/schedule/cron.ts';

describe('takes', () => {
  it.each([
    ['0 3 1 * *', '2026-12-01T03:00:00.000Z'],
    ['  15  4 * * mon-FRI ', '2026-11-16T04:15:00.000Z'],
    ['0 3 * * 1#1', '2026-12-07T03:00:00.000Z'],
    ['0 3 * * 5L', '2026-11-27T03:00:00.000Z'],
    ['0 3 L * *', '2026-11-30T03:00:00.000Z'],
    ['0 3 l,15 * *', '2026-11-15T03:00:00.000Z'],
    ['0 3 29 2 *', '2028-02-29T03:00:00.000Z'],
    ['0 3 1 jan,JUL *', '2027-01-01T03:00:00.000Z'],
    ['0 */6 * * *', '2026-11-15T06:00:00.000Z'],
    ['0 0 * * 7', '2026-11-22T00:00:00.000Z'],
    ['0 0 1 * 3', '2026-11-18T00:00:00.000Z'],
    ['59 23 31 12 *', '2026-12-31T23:59:00.000Z'],
  ])('%j', (cron, next) => {
    expect(whyNotCron(cron)).toBeNull();
    const at = nextOccurrence(cron, 'UTC', new Date('2026-11-15T00:30:00Z'));
    expect(at?.toISOString()).toBe(next);
  });
});

describe('refuses, naming the field', () => {
  it.each([
    ['', 'five fields'],
    ['montly', 'not 1'],
    ['* * * *', 'not 4'],
    ['0 0 3 1 * *', 'not 6'],
    ['@monthly', 'five fields'],
    ['60 * * * *', 'its minute has "60": it goes from 0 to 59'],
    ['0 24 * * *', 'its hour has "24": it goes from 0 to 23'],
    ['0 0 0 * *', 'its day of month has "0"'],
    ['0 0 32 * *', 'its day of month has "32"'],
    ['0 0 1 13 *', 'its month has "13"'],
    ['0 0 1 mai *', 'its month has "mai"'],
    ['0 0 * * 8', 'its day of week has "8"'],
    ['0 0 * * 1#6', 'its day of week has "1#6"'],
    ['0 0 * * 1L,2', 'in a list'],
    ['0 5-1 * * *', 'ends before it begins'],
    ['0 */0 * * *', 'whose step is not from 1 to 23'],
    ['0 1,,2 * * *', 'its hour has ""'],
    ['0 0 ? * *', 'its day of month has "?"'],
    ['H 3 1 * *', 'its minute has "H"'],
    ['0 0 30 2 *', 'there is no such day'],
    ['0 0 31 4,6 *', 'there is no such day'],
    ['* * * * *', 'once an hour is the most'],
    ['*/5 * * * *', 'once an hour is the most'],
    ['0,30 3 * * *', 'once an hour is the most'],
    ['0 0 * __proto__ *', 'its month has "__proto__"'],
    ['0 0 \u0663 * *', 'its day of month'],
    [`0 ${'1,'.repeat(60)}1 * * *`, 'more than 100 characters'],
  ])('%j', (cron, part) => {
    expect(whyNotCron(cron)).toContain(part);
  });
});

it('finds an occurrence of all that it takes, after any instant and in order', () => {
  const number = (min: number, max: number) => fc.integer({ min, max }).map(String);
  const cron = fc
    .tuple(
      number(0, 59),
      fc.oneof(number(0, 23), fc.constant('*')),
      fc.oneof(number(1, 31), fc.constant('*'), fc.constant('L')),
      fc.oneof(number(1, 12), fc.constant('*')),
      fc.oneof(number(0, 7), fc.constant('*')),
    )
    .map((parts) => parts.join(' '));
  const zone = fc.constantFrom(
    'UTC',
    'Europe/Berlin',
    'America/New_York',
    'Pacific/Auckland',
    'Asia/Kolkata',
  );
  const date = fc.date({ min: new Date('2020-01-01'), max: new Date('2060-01-01'), noInvalidDate: true });
  fc.assert(
    fc.property(cron, zone, date, (text, timeZone, after) => {
      fc.pre(whyNotCron(text) === null);
      const next = nextOccurrence(text, timeZone, after);
      expect(next).not.toBeNull();
      expect(next!.getTime()).toBeGreaterThan(after.getTime());
      expect(nextOccurrence(text, timeZone, new Date(next!.getTime() - 1))).toEqual(next);
    }),
    { numRuns: 300 },
  );
});

it('answers any text', () => {
  const text = fc.oneof(
    fc.string(),
    fc
      .array(fc.constantFrom('*', '/', '-', ',', '#', 'L', '1', '99', ' ', 'mon'), { maxLength: 30 })
      .map((parts) => parts.join('')),
  );
  fc.assert(
    fc.property(text, (cron) => {
      expect(['string', 'object']).toContain(typeof whyNotCron(cron));
      expect(() => nextOccurrence(cron, 'UTC', new Date(0))).not.toThrow();
    }),
  );
});
