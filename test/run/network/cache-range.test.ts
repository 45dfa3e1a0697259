import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rangeText, readRange, spanGiven, spanOf } from '../../../src/run/network/cache-range.ts';

describe('readRange', () => {
  it.each([
    ['bytes=0-0', 'bytes=0-0'],
    ['bytes=10-', 'bytes=10-'],
    ['bytes=-5', 'bytes=-5'],
    ['Bytes= 007-9 ', 'bytes=7-9'],
  ])('%s is %s', (header, text) => {
    const wish = readRange(header);
    expect(wish === null ? null : rangeText(wish)).toBe(text);
  });

  it.each([
    '',
    'bytes=',
    'bytes=-',
    'bytes=5-4',
    'bytes=0-1,3-4',
    'lines=0-1',
    'bytes=a-b',
    'bytes=0x1-2',
    'bytes=0-99999999999999999999',
    'bytes 0-1',
  ])('"%s" is no single range', (header) => {
    expect(readRange(header)).toBeNull();
  });
});

describe('spanOf', () => {
  it.each([
    ['bytes=0-0', 10, { start: 0, end: 0 }],
    ['bytes=2-', 10, { start: 2, end: 9 }],
    ['bytes=2-99', 10, { start: 2, end: 9 }],
    ['bytes=-3', 10, { start: 7, end: 9 }],
    ['bytes=-99', 10, { start: 0, end: 9 }],
    ['bytes=10-', 10, null],
    ['bytes=-0', 10, null],
    ['bytes=0-', 0, null],
    ['bytes=-1', 0, null],
  ])('%s of %i bytes', (header, length, span) => {
    const wish = readRange(header);
    expect(wish === null ? 'unread' : spanOf(wish, length)).toEqual(span);
  });

  it('gives a part of the file, whatever is asked', () => {
    const wishes = fc.oneof(
      fc.nat(50).map((first) => `bytes=${first}-`),
      fc.nat(50).map((bytes) => `bytes=-${bytes}`),
      fc.tuple(fc.nat(50), fc.nat(50)).map(([first, more]) => `bytes=${first}-${first + more}`),
    );
    fc.assert(
      fc.property(wishes, fc.nat(60), (header, length) => {
        const wish = readRange(header)!;
        const span = spanOf(wish, length);
        if (span === null) return;
        expect(span.start).toBeGreaterThanOrEqual(0);
        expect(span.end).toBeGreaterThanOrEqual(span.start);
        expect(span.end).toBeLessThan(length);
      }),
    );
  });
});

describe('spanGiven', () => {
  it.each([
    ['bytes=0-4', 'bytes 0-4/10', { start: 0, end: 4 }],
    ['bytes=5-99', 'bytes 5-9/10', { start: 5, end: 9 }],
    ['bytes=-4', 'bytes 6-9/10', { start: 6, end: 9 }],
    ['bytes=0-4', 'bytes 0-3/10', null],
    ['bytes=-4', 'bytes 0-9/10', null],
    ['bytes=0-4', 'bytes 0-4/*', null],
    ['bytes=0-4', 'bytes */10', null],
    ['bytes=0-4', '', null],
  ])('asked %s, given %s', (header, given, span) => {
    expect(spanGiven(readRange(header)!, given)).toEqual(span);
  });
});
