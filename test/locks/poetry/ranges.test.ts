import { compare } from '@renovatebot/pep440';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allowsPython } from '../../../src/locks/poetry/python-range.ts';
import { companionsOf, keepsPins, mirrorPlugin, runsOn } from '../../../src/locks/poetry/releases.ts';

describe('allowsPython', () => {
  it.each([
    ['^3.9', '3.9.0', true],
    ['^3.9', '3.14.1', true],
    ['^3.9', '3.8.18', false],
    ['^3.9', '4.0.0', false],
    ['~3.9', '3.9.18', true],
    ['~3.9', '3.10.1', false],
    ['~3', '3.12.1', true],
    ['~=3.9', '3.12.1', true],
    ['3.9.*', '3.9.18', true],
    ['3.9.*', '3.10.0', false],
    // Exactly 3.9.0, as Poetry itself reads it.
    ['3.9', '3.9.18', false],
    ['>=3.8,<3.12', '3.11.7', true],
    ['>=3.8 <3.12', '3.12.1', false],
    ['>= 3.8, != 3.9.7', '3.9.7', false],
    ['~3.8 || ^3.11', '3.9.18', false],
    ['~3.8 || ^3.11', '3.12.1', true],
    ['~3.8|~3.9', '3.9.18', true],
    ['*', '3.6.15', true],
    ['', '3.6.15', true],
    ['not a range', '3.6.15', true],
  ])('%s and %s: %s', (range, python, allowed) => {
    expect(allowsPython(range, python)).toBe(allowed);
  });

  it('bounds: a Python is in >=a,<b when it is between them', () => {
    const version = fc
      .tuple(fc.integer({ min: 6, max: 14 }), fc.integer({ min: 0, max: 20 }))
      .map(([minor, patch]) => `3.${minor}.${patch}`);
    fc.assert(
      fc.property(version, version, version, (low, high, python) => {
        const inside = compare(python, low) >= 0 && compare(python, high) < 0;
        expect(allowsPython(`>=${low},<${high}`, python)).toBe(inside);
      }),
    );
  });
});

describe('releases', () => {
  it.each([
    ['1.0.10', '3.9.18', true],
    ['1.0.10', '3.10', false],
    ['1.1.15', '3.11.7', true],
    ['1.1.15', '3.12', false],
    // No pkginfo that reads today's metadata runs on 3.7.
    ['1.5.1', '3.7.16', false],
    ['1.5.1', '3.8.18', true],
    ['1.4.2', '3.12', false],
    ['1.8.3', '3.13', false],
    ['1.8.5', '3.13', true],
    ['2.3.0', '3.9', false],
    ['2.9.0', '3.15', true],
    [null, '3.9', false],
    [null, '3.13', true],
    ['1.1.15', '2.7.18', false],
  ])('Poetry %s on Python %s: %s', (poetry, python, runs) => {
    expect(runsOn(poetry, python)).toBe(runs);
  });

  it.each([
    ['1.1.15', null],
    ['1.2.0', null],
    ['1.2.2', 'poetry-plugin-pypi-mirror==0.2.0'],
    ['1.8.3', 'poetry-plugin-pypi-mirror==0.4.2'],
    ['2.1.0', 'poetry-plugin-pypi-mirror==0.6.1'],
    ['2.7.0', 'poetry-plugin-pypi-mirror>=0.6.5'],
    [null, 'poetry-plugin-pypi-mirror>=0.6.5'],
  ])('the mirror plugin for Poetry %s: %s', (poetry, plugin) => {
    expect(mirrorPlugin(poetry)).toBe(plugin);
  });

  it('an old Poetry gets a pkginfo that reads the metadata of today', () => {
    expect(['1.0.10', '1.8.4'].flatMap(companionsOf)).toEqual(['pkginfo==1.12.0', 'pkginfo==1.12.0']);
    expect(['1.8.5', '2.1.0', null].flatMap(companionsOf)).toEqual([]);
  });

  it('only Poetry 2 keeps old pins', () => {
    expect([keepsPins('1.8.5'), keepsPins('2.0.0'), keepsPins(null)]).toEqual([false, true, true]);
  });
});
