import { array, assert, constantFrom, property, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareCondaVersions, condaMoveKind } from '../../src/diff/conda-version.ts';

/** Versions in conda's order, those that mean the same on one line. */
const ORDER = [
  ['not a version'],
  ['0.4', '0.4.0', '0.4+0', '00.4'],
  ['0.4.1.rc', '0.4.1.RC'],
  ['0.4.1'],
  ['0.5a1'],
  ['0.5b3'],
  ['0.5C1'],
  ['0.5'],
  ['0.9.6'],
  ['0.960923'],
  ['1.0+a'],
  ['1.0'],
  ['1.0+1'],
  ['1.0.1dev'],
  ['1.0.1_', '1.0.1-'],
  ['1.0.1a'],
  ['1.0.1b'],
  ['1.0.1.dev1'],
  ['1.0.1', '1_0_1', '1-0-1'],
  ['1.0.1.post1'],
  ['1.0.1post1'],
  ['1.1dev1'],
  ['1.1a1'],
  ['1.1.0dev1', '1.1.dev1'],
  ['1.1.a1'],
  ['1.1.0rc1'],
  ['1.1', '1.1.0', '1.1.00'],
  ['1.1.0post1', '1.1.post1'],
  ['1.1post1'],
  ['2.9'],
  ['2.10'],
  ['1996.07.12'],
  ['2024a'],
  ['2024b'],
  ['20240116.1'],
  ['9007199254740993'],
  ['9007199254740994'],
  ['1!0.4.1'],
  ['1!3.1.1.6'],
  ['2!0.4.1'],
];

describe('the order of conda', () => {
  const ranked = ORDER.flatMap((same, rank) => same.map((text) => ({ text, rank })));

  it('holds for every two of a long row of versions', () => {
    for (const a of ranked) {
      for (const b of ranked) {
        const told = [a.text, b.text, Math.sign(compareCondaVersions(a.text, b.text))];
        expect(told).toEqual([a.text, b.text, Math.sign(a.rank - b.rank)]);
      }
    }
  });

  it.each(['', '1..2', '.1', '1!', 'x!1', '1!2!3', '1+2+3', '1+', '1/2', '2__', `1.${'0'.repeat(300)}`])(
    'knows that %j is no version',
    (text) => {
      expect(compareCondaVersions(text, '0dev')).toBeLessThan(0);
      expect(condaMoveKind(text, '1.0')).toBe('major');
    },
  );

  const versions = array(
    constantFrom('0', '1', '01', '10', '.', '_', '-', 'a', 'Rc', 'dev', 'post', '!', '+', '*'),
    {
      maxLength: 7,
    },
  ).map((parts) => parts.join(''));

  it('is a total order', () => {
    assert(
      property(tuple(versions, versions, versions), ([a, b, c]) => {
        const sign = (x: string, y: string): number => Math.sign(compareCondaVersions(x, y));
        expect(sign(a, a)).toBe(0);
        expect(sign(a, b) + sign(b, a)).toBe(0);
        const forward = sign(a, b) <= 0 && sign(b, c) <= 0;
        expect(forward && sign(a, c) > 0).toBe(false);
        const alike = sign(a, b) === 0;
        expect(alike && sign(a, c) !== sign(b, c)).toBe(false);
      }),
      { numRuns: 5000 },
    );
  });

  it('tells a move forward from its way back', () => {
    assert(
      property(versions, versions, (a, b) => {
        const there = condaMoveKind(a, b);
        const back = condaMoveKind(b, a);
        expect(there === null).toBe(back === null);
        expect(there === 'downgrade' && back === 'downgrade').toBe(false);
      }),
    );
  });
});

describe('the kind of a move', () => {
  it.each([
    ['1.2.3', '2.0', 'major'],
    ['1.2.3', '1.3', 'minor'],
    ['1.9', '1.10', 'minor'],
    ['1.2.3', '1.2.4', 'patch'],
    ['1.2.3', '1.2.3.1', 'patch'],
    ['1.2.3', '1.2.3.post1', 'patch'],
    ['2.0rc1', '2.0', 'patch'],
    ['1.0', '1.0.0', null],
    ['1.0', '1.0rc1', 'downgrade'],
    ['2.0', '1!1.0', 'major'],
    ['1!1.0', '2.0', 'downgrade'],
    // calendar
    ['2024.2.2', '2024.7.4', 'minor'],
    ['2024.7.4', '2024.07.05', 'patch'],
    ['2024.7.4', '2025.1.1', 'major'],
    ['20240116.1', '20240722.0', 'minor'],
    ['20240116', '20240117', 'patch'],
    ['20240722', '20250127', 'major'],
    ['2024a', '2024b', 'patch'],
    ['2024b', '2025a', 'major'],
    ['3.1.20191231', '3.1.20250104', 'patch'],
    // letters
    ['1.1.1k', '1.1.1w', 'patch'],
    ['1.1.1w', '1.1.1k', 'downgrade'],
    ['1.1.1', '1.1.1a', 'patch'],
    ['1.1.1_', '1.1.1a', 'patch'],
    ['1.1.1a', '1.1.1', 'downgrade'],
    ['1.1.1w', '3.0.0', 'major'],
    ['9e', '9f', 'patch'],
    ['r40', 'r41', 'major'],
  ])('%s to %s is %s', (from, to, kind) => {
    expect(condaMoveKind(from, to)).toBe(kind);
  });
});
