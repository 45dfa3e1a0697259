import { expect, it } from 'vitest';
import { monthIn, whyNotTimeZone } from '../../src/schedule/time-zone.ts';

it.each([
  ['Europe/Berln', 'did you mean "Europe/Berlin"?'],
  ['Mars/Olympus_Mons', 'there is no such time zone'],
  ['+02:00', 'not the IANA name'],
  ['', 'not the IANA name'],
  ['Europe/Berlin\n', 'not the IANA name'],
  ['x'.repeat(10_000), 'not the IANA name'],
])('refuses %.40j: %j', (text, why) => {
  expect(whyNotTimeZone(text)).toContain(why);
});

it.each(['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires', 'Etc/GMT+2', 'Europe/Kyiv'])(
  'takes %j',
  (text) => {
    expect(whyNotTimeZone(text)).toBeNull();
  },
);

it.each([
  ['UTC', '2026-11-30T23:59:59Z', '2026-11'],
  ['Asia/Tokyo', '2026-11-30T15:00:00Z', '2026-12'],
  ['America/New_York', '2026-12-01T04:59:59Z', '2026-11'],
])('in %s, %s is in %s', (timeZone, at, month) => {
  expect(monthIn(timeZone, new Date(at))).toBe(month);
});
