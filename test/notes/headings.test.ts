import { assert, constantFrom, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { versionOfHeading } from '../../src/notes/headings.ts';

const PKG = { names: ['my-pkg', 'repo'], oneNumber: false };

describe('a heading', () => {
  it.each([
    ['[1.2.3] - 2024-01-31', '1.2.3', '2024-01-31'],
    ['[1.2.3](https://host.test/compare/1.2.2...1.2.3) (2024-01-31)', '1.2.3', '2024-01-31'],
    ['1.2.3 (2024-01-31)', '1.2.3', '2024-01-31'],
    ['1.2.3 (January 5th, 2024)', '1.2.3', '2024-01-05'],
    ['1.2.3 - 5 Jan 2024', '1.2.3', '2024-01-05'],
    ['Version 1.2.3', '1.2.3', null],
    ['v1.2.3', '1.2.3', null],
    ['v. 1.2.3', '1.2.3', null],
    ["What's new in 1.2", '1.2', null],
    ['What’s New in my_pkg 1.2.0', '1.2.0', null],
    ['my-pkg 1.2.3', '1.2.3', null],
    ['my_pkg-1.2.3 (2024/01/31 10:00 +00:00)', '1.2.3', '2024-01-31'],
    ['Repo 1.2 release notes', '1.2', null],
    ['Release 1.2.3 (unreleased)', '1.2.3', null],
    ['2024-01-31, Version 1.2.3', '1.2.3', '2024-01-31'],
    ['**1.2.3** — Codename', '1.2.3', null],
    ['`1.2.3`', '1.2.3', null],
    [':release:`1.2.3 <2024-01-31>`', '1.2.3', null],
    ['<a name="1.2.3"></a>1.2.3', '1.2.3', null],
    ['🎉 1.2.3', '1.2.3', null],
    ['1.2.3rc1', '1.2.3rc1', null],
    ['1.2.3.post1', '1.2.3.post1', null],
    ['2024.7.4', '2024.7.4', null],
    ['0.5.4-2 (2020-11-09)', '0.5.4-2', '2020-11-09'],
  ])('%s', (text, version, date) => {
    expect(versionOfHeading(text, PKG)).toEqual(expect.objectContaining({ version, date }));
  });

  it.each([
    '2024-01-31',
    '2024/01/31',
    'Unreleased',
    'Dropped support for Python 3.8',
    '1.2.x',
    '3 new features',
    'other-pkg 1.2.3',
    'Fixed #12.3',
    '',
  ])('%j names none', (text) => {
    expect(versionOfHeading(text, PKG)).toBeNull();
  });

  it.each([
    ['1.2.3', true],
    ['1.2.3 (2024-01-31)', true],
    ['1.2 migration guide', false],
  ])('%s is about nothing else: %s', (text, strict) => {
    expect(versionOfHeading(text, PKG)?.strict).toBe(strict);
  });

  it('may be one number where the project counts so', () => {
    expect(versionOfHeading('v74', { ...PKG, oneNumber: true })?.version).toBe('74');
    expect(versionOfHeading('v74', PKG)).toBeNull();
  });

  it('is read whatever it holds', () => {
    const unit = constantFrom(
      '1',
      '.',
      'v',
      'my-pkg',
      '-',
      ' ',
      '[',
      ']',
      '(',
      ')',
      '2024-01-01',
      'rc',
      '<',
      '`',
      ':',
    );
    assert(property(string({ unit }), (text) => void versionOfHeading(text, PKG)));
  });
});
