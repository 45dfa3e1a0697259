import { compare, satisfies } from '@renovatebot/pep440';
import { array, assert, constantFrom, nat, property, string, tuple } from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  admits,
  anyAdmits,
  poetryRange,
  requiresPythonAdmits,
  upperBounds,
} from '../../src/diff/specifiers.ts';

const release = array(nat(12), { minLength: 1, maxLength: 4 });
const version = tuple(release, constantFrom('', '', '', 'a1', 'rc2', '.post1', '.dev3')).map(
  ([parts, end]) => parts.join('.') + end,
);
const clause = tuple(constantFrom('<', '<=', '>', '>=', '==', '!='), version).map(
  ([operator, bound]) => operator + bound,
);

describe('admits', () => {
  it.each([
    ['', '5.3', true],
    ['<5.3', '5.3', false],
    ['<5.3,>=5.2.1', '5.2.9', true],
    ['>=5.2.1 , < 5.3', '5.2.9', true],
    ['<5.3', '5.3rc1', false],
    ['<5.4', '5.3rc1', true],
    ['~=5.2', '5.9', true],
    ['~=5.2.0', '5.3', false],
    ['~=5.0', '5', true],
    ['==5.0.*', '5', true],
    ['!=5.0.*', '5', false],
    ['==5.2.*', '1!5.2.1', false],
    ['===5.3', '5.3', true],
    ['==5.3', '5.3.0', true],
    ['==5.3', '5.3+cu1', true],
    ['>=3.6.*', '3.7', null],
    ['>=banana', '3.7', null],
    ['<5', 'banana', null],
    [`<${'1'.repeat(600)}`, '1', null],
  ])('%s, %s: %s', (specifiers, at, expected) => {
    expect(admits(specifiers, at)).toBe(expected);
  });

  it('is what all clauses say, each by PEP 440', () => {
    assert(
      property(array(clause, { maxLength: 4 }), version, (clauses, at) => {
        const expected = clauses.every((one) => satisfies(at, one, { prereleases: true }));
        expect(admits(clauses.join(', '), at)).toBe(expected);
      }),
    );
  });

  it('never throws', () => {
    assert(
      property(string({ maxLength: 80 }), string({ maxLength: 20 }), (specifiers, at) => {
        expect([true, false, null]).toContain(admits(specifiers, at));
      }),
    );
  });
});

describe('anyAdmits', () => {
  it.each([
    [[], true],
    [['<2', '>=3'], true],
    [['<2', '<3'], false],
    [['<2', '>=banana'], null],
    [['>=banana', '>=3'], true],
  ])('%j admits 3: %s', (ranges, expected) => {
    expect(anyAdmits(ranges, '3')).toBe(expected);
  });
});

describe('upperBounds', () => {
  it.each([
    ['>=5.2,<5.3,!=5.2.9', '<5.3'],
    ['~=5.2', '~=5.2'],
    ['==5.2.*, >1', '==5.2.*'],
    ['>=1', ''],
  ])('%s: %s', (specifiers, expected) => {
    expect(upperBounds(specifiers)).toBe(expected);
  });
});

describe('requiresPythonAdmits', () => {
  it.each([
    ['>=3.9', '3.8', false],
    ['>=3.9.1', '3.9', true],
    ['>=3.9.1', '3.9.0', false],
    ['>=3.6.*', '3.5', false],
    ['>=3.6.*', '3.6', true],
    ['>=2.7, !=3.0.*, !=3.1.*', '3.1', false],
    ['3.8', '3.12', true],
    ['', '3.12', true],
  ])('%s, %s: %s', (requires, python, expected) => {
    expect(requiresPythonAdmits(requires, python)).toBe(expected);
  });
});

describe('poetryRange', () => {
  it.each([
    ['^1.2.3', ['>=1.2.3,<2']],
    ['^0.2.3', ['>=0.2.3,<0.3']],
    ['^0.0.3', ['>=0.0.3,<0.0.4']],
    ['^0.0', ['>=0.0,<0.1']],
    ['^0', ['>=0,<1']],
    ['^1.0b2', ['>=1.0b2,<2']],
    ['~1.2.3', ['>=1.2.3,<1.3']],
    ['~1.2', ['>=1.2,<1.3']],
    ['~1', ['>=1,<2']],
    ['~=1.2', ['~=1.2']],
    ['1.2.3', ['==1.2.3']],
    ['= 1.2', ['==1.2']],
    ['1.2.*', ['==1.2.*']],
    ['>= 1.2 <2', ['>=1.2,<2']],
    ['>=1.2,<2,!=1.5', ['>=1.2,<2,!=1.5']],
    ['^1.2 || ^3', ['>=1.2,<2', '>=3,<4']],
    ['<1 || *', []],
    ['*', []],
    ['', []],
    ['^banana', null],
    ['>=1.2.*', null],
    ['latest', null],
    ['x'.repeat(600), null],
  ])('%s', (range, expected) => {
    expect(poetryRange(range)).toEqual(expected);
  });

  it('lets a caret move all right of the leftmost number, and never down', () => {
    assert(
      property(
        array(nat(5), { minLength: 3, maxLength: 3 }),
        array(nat(5), { minLength: 3, maxLength: 3 }),
        (base, other) => {
          const first = base.findIndex((part) => part !== 0);
          const kept = first === -1 ? 2 : first;
          const same = base.slice(0, kept + 1).every((part, at) => part === other[at]);
          const up = compare(other.join('.'), base.join('.')) >= 0;
          const ranges = poetryRange(`^${base.join('.')}`);
          expect(anyAdmits(ranges ?? ['<0'], other.join('.'))).toBe(same && up);
        },
      ),
    );
  });

  it('never throws', () => {
    assert(
      property(string({ maxLength: 80 }), (range) => {
        const ranges = poetryRange(range);
        expect(ranges === null || Array.isArray(ranges)).toBe(true);
      }),
    );
  });
});
