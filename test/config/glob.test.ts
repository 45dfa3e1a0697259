import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { globMatcher, whyNotGlob } from '../../src/config/glob.ts';

describe('globMatcher', () => {
  it.each([
    ['requirements.txt', 'requirements.txt', true],
    ['requirements.txt', 'a/requirements.txt', false],
    ['./requirements.txt', 'requirements.txt', true],
    ['*.txt', 'dev.txt', true],
    ['*.txt', 'a/dev.txt', false],
    ['*.txt', '.hidden.txt', true],
    ['**/*.txt', 'dev.txt', true],
    ['**/*.txt', 'a/b/.c/dev.txt', true],
    ['**', 'a/b', true],
    ['a/**', 'a/b/c', true],
    ['a/**', 'ab/c', false],
    ['a/**/z.lock', 'a/z.lock', true],
    ['a/**/z.lock', 'a/b/c/z.lock', true],
    ['a/**/b/**/c', 'a/x/b/y/b/c', true],
    ['a/**/b/**/c', 'a/x/c', false],
    ['dev-?.txt', 'dev-1.txt', true],
    ['dev-?.txt', 'dev-12.txt', false],
    ['py3[0-8].txt', 'py37.txt', true],
    ['py3[0-8].txt', 'py39.txt', false],
    ['py3[!0-8].txt', 'py39.txt', true],
    ['{base,dev}.txt', 'dev.txt', true],
    ['{base,dev}.txt', 'prod.txt', false],
    ['{a,b}/**/{c,d}.lock', 'b/x/d.lock', true],
    [String.raw`a\*.txt`, 'a*.txt', true],
    [String.raw`a\*.txt`, 'ab.txt', false],
    ['a+(b).txt', 'a+(b).txt', true],
    ['[', '[', true],
    ['{a', '{a', true],
    ['a*b*c', 'aXbXbYc', true],
    ['a*b*c', 'aXbXbY', false],
    ['*é?', 'caffé😀', true],
    ['../x', '../x', false],
    ['', '', false],
  ])('%j on %j: %j', (glob, path, matches) => {
    expect(globMatcher(glob)(path)).toBe(matches);
  });

  it.each([
    ['*a*a*a*a*a*a*a*a*b', 'a'.repeat(4000)],
    [`${'**/a/'.repeat(50)}b`, 'a/'.repeat(2000)],
    [`${'{a,b}'.repeat(6)}*c`, 'a'.repeat(4000)],
    ['{a,b}'.repeat(50), 'a'],
  ])('takes no more than a moment for %.30j', (glob, path) => {
    const start = performance.now();
    expect(globMatcher(glob)(path)).toBe(false);
    expect(performance.now() - start).toBeLessThan(1000);
  });

  it('matches every path by its own escaped text, and by stars in place of its folders', () => {
    const name = fc.stringMatching(/^[\w*?{}[\],-]{1,8}$/u);
    fc.assert(
      fc.property(fc.array(name, { minLength: 1, maxLength: 4 }), (names) => {
        const path = names.join('/');
        const escaped = path.replaceAll(/[*?{}[\]\\]/gu, String.raw`\$&`);
        expect(globMatcher(escaped)(path)).toBe(true);
        expect(globMatcher(names.map(() => '*').join('/'))(path)).toBe(true);
        expect(globMatcher('**')(path)).toBe(true);
        expect(globMatcher(`${escaped}x`)(path)).toBe(false);
      }),
    );
  });
});

it.each([
  ['', 'empty'],
  ['/etc/*', 'start without'],
  ['a/../b', 'leaves'],
  ['a\0b', 'control'],
  ['{a,{b,c}}', 'nested'],
  ['x'.repeat(301), 'more than 300'],
])('whyNotGlob of %.20j', (glob, why) => {
  expect(whyNotGlob(glob)).toContain(why);
});

it('whyNotGlob of a right one is null', () => {
  expect(whyNotGlob('**/*.{txt,lock}')).toBeNull();
});
