import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCutoff, parseSeconds, whyNotCutoff } from '../../src/config/cutoff.ts';

const NOW = new Date('2026-11-24T10:30:00.500Z');

describe('parseCutoff', () => {
  it.each([
    ['7 days', '2026-11-17T10:30:00Z'],
    ['1 day', '2026-11-23T10:30:00Z'],
    ['2 weeks', '2026-11-10T10:30:00Z'],
    ['1 week 2 days', '2026-11-15T10:30:00Z'],
    ['1 week, 2 days', '2026-11-15T10:30:00Z'],
    ['7d', '2026-11-17T10:30:00Z'],
    ['24h', '2026-11-23T10:30:00Z'],
    ['1 month', '2026-10-25T10:30:00Z'],
    ['P7D', '2026-11-17T10:30:00Z'],
    ['P1W2D', '2026-11-15T10:30:00Z'],
    ['PT12H', '2026-11-23T22:30:00Z'],
    ['0 days', '2026-11-24T10:30:00Z'],
    ['2026-11-01T12:00:00Z', '2026-11-01T12:00:00Z'],
    ['2026-11-01T12:00:00.123Z', '2026-11-01T12:00:00Z'],
    ['2026-11-01 14:00:00+02:00', '2026-11-01T12:00:00Z'],
    ['2026-11-01T12:00', '2026-11-01T12:00:00Z'],
    [' 7 Days ', '2026-11-17T10:30:00Z'],
  ])('reads %j', (text, cutoff) => {
    expect(parseCutoff(text, NOW)).toEqual({ cutoff });
  });

  it.each([
    ['2026-11-01', '2026-11-02T00:00:00Z'],
    ['2026-02-28', '2026-03-01T00:00:00Z'],
    ['2024-02-29', '2024-03-01T00:00:00Z'],
    ['2026-11-24', '2026-11-25T00:00:00Z'],
  ])('takes a bare date %j to the end of its day', (text, cutoff) => {
    expect(parseCutoff(text, NOW)).toEqual({ cutoff });
  });

  it.each([
    ['', 'empty'],
    ['soon', 'neither a duration nor a date'],
    ['7', 'neither'],
    ['-7 days', 'neither'],
    ['7 days ago', 'neither'],
    ['7 parsecs', 'neither'],
    ['P', 'neither'],
    ['PT', 'neither'],
    ['P7', 'neither'],
    ['2026-02-30', 'neither'],
    ['2026-13-01', 'neither'],
    ['2026-11-01T25:00:00Z', 'neither'],
    ['01.11.2026', 'neither'],
    ['2026-11-25', 'in the future'],
    ['2026-11-24T10:31:00Z', 'in the future'],
    ['2026-11-24T10:00:00-02:00', 'in the future'],
    ['900 years', 'longer than 20 years'],
    ['9'.repeat(10_000), 'neither'],
  ])('refuses %j', (text, why) => {
    const parsed = parseCutoff(text, NOW);
    expect(parsed).toHaveProperty('error', expect.stringContaining(why));
    expect(parsed).toHaveProperty('error', expect.stringContaining('`7 days`'));
    expect('error' in parsed && parsed.error.length).toBeLessThan(300);
  });

  it('gives an instant or an error for any text, and never a future instant for a duration', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc
            .tuple(fc.nat(5000), fc.constantFrom('d', ' days', ' weeks', 'h', ' months'))
            .map((p) => p.join('')),
        ),
        (text) => {
          const parsed = parseCutoff(text, NOW);
          if ('error' in parsed) return;
          expect(parsed.cutoff).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/u);
          const latest = NOW.getTime() + (text.includes('-') ? 24 * 3600_000 : 0);
          expect(Date.parse(parsed.cutoff)).toBeLessThanOrEqual(latest);
        },
      ),
    );
  });
});

it('judges a cool-down without a clock', () => {
  expect(whyNotCutoff('2999-01-01')).toBeNull();
  expect(whyNotCutoff('7 days')).toBeNull();
  expect(whyNotCutoff('sometime')).toContain('neither');
});

it.each([
  ['15 minutes', 900],
  ['90s', 90],
  ['1h 30m', 5400],
  ['PT15M', 900],
  ['a while', null],
  ['15', null],
])('parseSeconds reads %j', (text, seconds) => {
  expect(parseSeconds(text)).toBe(seconds);
});
