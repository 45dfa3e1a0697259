import { satisfies } from '@renovatebot/pep440';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  eventsOf,
  nextVersion,
  readPatchedVersions,
  readVersionRange,
} from '../../src/advisory/version-range.ts';
import { verdictOf } from '../../src/scan/osv/affects.ts';
import { comparePythonVersions } from '../../src/scan/osv/ecosystems.ts';
import { namedRecord } from '../../src/scan/osv/record.ts';

function isIn(range: string, version: string, patched: string | null = null): boolean {
  const spans = readVersionRange(range);
  if (typeof spans === 'string') throw new Error(spans);
  const ranges = spans.map((span) => eventsOf(span, patched));
  const affected = [{ ecosystem: 'PyPI', name: 'demo', ranges, versions: [], severity: [], urgency: '' }];
  const verdict = verdictOf(
    { ...namedRecord('X-1'), affected },
    { ecosystem: 'PyPI', name: 'demo', version },
  );
  return verdict === 'affected';
}

const number = fc.nat({ max: 3 });
const version = fc
  .tuple(
    number,
    number,
    fc.constantFrom('', 'a1', 'rc2'),
    fc.constantFrom('', '.post1'),
    fc.constantFrom('', '.dev1'),
  )
  .map(([major, minor, pre, post, dev]) => `${major}.${minor}${pre}${post}${dev}`);

describe('ranges of GitHub', () => {
  it.each([
    ['>= 1.0, < 1.2.3', ['1.0', '1.2.2', '1.2.3rc1'], ['0.9', '1.0rc1', '1.2.3', '2']],
    ['= 1.0', ['1.0', '1', '1.0+cpu'], ['1.0.1', '1.0.post1', '1.0rc1']],
    ['== 1.0', ['1.0.0'], ['1.1']],
    ['1.0', ['1.0.0'], ['1.1']],
    ['< 2', ['0', '0.1.dev1', '1.9'], ['2', '2.0.1', '1!0']],
    ['<= 2', ['2', '2.0'], ['2.0.post1']],
    ['> 1.0, <= 1.4', ['1.0.1', '1.0.post1', '1.4'], ['1.0', '1.0.0', '1.4.1']],
    ['>1.0,<1.4', ['1.1'], ['1.4']],
    ['>= 1.0 < 1.4', ['1.0'], ['1.4']],
    ['> 0', ['0.1', '9'], []],
    ['>= 0', ['0.1.dev1', '9'], []],
    ['*', ['1', '2rc1'], []],
    ['< 1.2 || >= 2.0, < 2.3', ['1.1', '2.2'], ['1.2', '2.3']],
    ['>= 1, >= 2, < 5, < 4', ['2', '3.9'], ['1', '4', '4.5']],
    ['< v2', ['1'], ['2']],
  ])('%s', (range, inside, outside) => {
    expect(inside.filter((version) => !isIn(range, version))).toEqual([]);
    expect(outside.filter((version) => isIn(range, version))).toEqual([]);
  });

  it.each([
    ['', 'is not made of comparisons'],
    [',', 'is not made of comparisons'],
    ['< 2,', 'is not made of comparisons'],
    ['all versions', 'is not made of comparisons'],
    ['^1.2', 'is not made of comparisons'],
    ['!= 1.2', 'is not made of comparisons'],
    ['>= 1.2.x', 'is not made of comparisons'],
    ['>= 1.2.*', 'is not made of comparisons'],
    ['=> 1.2', 'is not made of comparisons'],
    ['< 1\u202e2', 'is not made of comparisons'],
    ['< 12345678901234567890', 'is not made of comparisons'],
    ['< 1, >= 2', 'no version can be in'],
    ['< 1, >= 1', 'no version can be in'],
    ['> 1, <= 1.0', 'no version can be in'],
    ['= 1, = 2', 'no version can be in'],
    [Array(21).fill('< 2').join(','), 'more than 20 comparisons'],
    ['< 1'.padEnd(501), 'more than 500 characters'],
  ])('refuses %j', (range, why) => {
    expect(readVersionRange(range)).toContain(why);
  });

  it('holds what the comparisons say of each version', () => {
    const comparator = fc.tuple(fc.constantFrom('<', '<=', '>=', '='), version);
    fc.assert(
      fc.property(fc.array(comparator, { minLength: 1, maxLength: 3 }), version, (all, asked) => {
        const range = all.map(([operator, bound]) => `${operator} ${bound}`).join(', ');
        const expected = all.every(([operator, bound]) => {
          const order = comparePythonVersions(asked, bound) ?? Number.NaN;
          return { '<': order < 0, '<=': order <= 0, '>=': order >= 0, '=': order === 0 }[operator];
        });
        const none = typeof readVersionRange(range) === 'string';
        expect(!none && isIn(range, asked)).toBe(expected);
      }),
      { numRuns: 1000 },
    );
  });

  it('never lets a patched version change what is in the range', () => {
    const ranges = fc.tuple(fc.constantFrom('<', '<=', '='), version).map((both) => both.join(' '));
    fc.assert(
      fc.property(ranges, version, version, (range, patched, asked) => {
        expect(isIn(range, asked, patched)).toBe(isIn(range, asked));
      }),
      { numRuns: 1000 },
    );
  });

  it('never throws and never takes long', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: fc.constantFrom(...'<>=|,. 012vx*a-+!\n'.split('')), maxLength: 600 }),
        (text) => {
          readVersionRange(text);
          readPatchedVersions(text);
        },
      ),
    );
    const start = performance.now();
    for (const part of ['<', '= ', '1.', '1 ', '-', '0']) readVersionRange(part.repeat(400).slice(0, 500));
    expect(performance.now() - start).toBeLessThan(200);
  });
});

describe('nextVersion', () => {
  it.each([
    ['1.0', '1.0.post0.dev0'],
    ['1!1.0', '1!1.0.post0.dev0'],
    ['1.0a1', '1.0a1.post0.dev0'],
    ['1.0-1', '1.0.post2.dev0'],
    ['1.0rc-1', '1.0rc1.post0.dev0'],
    ['1.0.post1.dev2', '1.0.post1.dev3'],
    ['1.0.dev', '1.0.dev1'],
    ['1.0+cpu.1', '1.0.post0.dev0'],
  ])('%s: %s', (version, expected) => {
    expect(nextVersion(version)).toBe(expected);
  });

  it('is above, and nothing is in between', () => {
    fc.assert(
      fc.property(version, version, (one, other) => {
        const next = nextVersion(one);
        expect(comparePythonVersions(next, one)).toBeGreaterThan(0);
        const between =
          (comparePythonVersions(other, one) ?? 0) > 0 && (comparePythonVersions(other, next) ?? 0) < 0;
        expect(between).toBe(false);
      }),
      { numRuns: 1000 },
    );
    expect(satisfies('1.0.1', `>=${nextVersion('1.0')}`)).toBe(true);
  });
});

describe('events', () => {
  const events = (range: string, patched: string | null) => {
    const spans = readVersionRange(range);
    return typeof spans === 'string' || spans[0] === undefined
      ? []
      : eventsOf(spans[0], patched).map(({ kind, version }) => `${kind} ${version}`);
  };

  it.each([
    ['>= 1, < 2', null, ['introduced 1', 'fixed 2']],
    ['>= 1, < 2', '2.0', ['introduced 1', 'fixed 2']],
    ['>= 1, < 2', '2.1', ['introduced 1', 'limit 2', 'fixed 2.1']],
    ['<= 2', null, ['introduced 0', 'last_affected 2']],
    ['<= 2', '2.1', ['introduced 0', 'last_affected 2', 'fixed 2.1']],
    ['= 2', '2.1', ['introduced 2', 'last_affected 2', 'fixed 2.1']],
    // Against its own range.
    ['< 2', '1.5', ['introduced 0', 'fixed 2']],
    ['>= 1', '2', ['introduced 1']],
  ])('%s with %s', (range, patched, expected) => {
    expect(events(range, patched)).toEqual(expected);
  });

  it.each([
    ['1.2.3', ['1.2.3']],
    ['>= 1.2.3', ['1.2.3']],
    ['1.2.3, >= 2.0.1', ['1.2.3', '2.0.1']],
    ['>= 1.2.3, < 2', ['1.2.3']],
    ['None', []],
    ['', []],
  ])('reads patched versions of %j', (text, expected) => {
    expect(readPatchedVersions(text)).toEqual(expected);
  });
});
