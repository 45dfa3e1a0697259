import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { parseBytes, parsePercent } from '../../src/config/size.ts';

it.each([
  ['20 MB', 20_000_000],
  ['512MiB', 512 * 1024 ** 2],
  ['1.5 GB', 1_500_000_000],
  [' 4 gib ', 4 * 1024 ** 3],
  ['100 kB', 100_000],
  ['100 B', 100],
  ['', null],
  ['20', null],
  ['MB', null],
  ['-1 MB', null],
  ['0 MB', null],
  ['0.001 B', null],
  ['1e3 MB', null],
  ['20  MB', null],
  ['20 TB', null],
  ['1 ib', null],
  ['1234567890 B', null],
])('%j is %j bytes', (text, bytes) => {
  expect(parseBytes(text)).toBe(bytes);
});

it.each([
  ['10%', 10],
  ['2.5 %', 2.5],
  ['1000%', 1000],
  ['1001%', null],
  ['0%', null],
  ['10', null],
  ['%', null],
  ['-1%', null],
])('%j is %j percent', (text, percent) => {
  expect(parsePercent(text)).toBe(percent);
});

it('never gives what is no amount, whatever the text', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const bytes = parseBytes(text);
      expect(bytes === null || (Number.isSafeInteger(bytes) && bytes > 0)).toBe(true);
    }),
  );
});
