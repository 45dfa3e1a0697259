import { describe, expect, it } from 'vitest';
import { licenceIn, licenceName, sameLicence, type Licence } from '../../src/diff/licences.ts';

const NONE: Licence = { expression: null, field: null, classifiers: null };

describe('the licence in core metadata', () => {
  it.each<[string, string, Licence | null]>([
    ['an expression', 'License-Expression: MIT', { ...NONE, expression: 'MIT' }],
    ['a field', 'License: BSD', { ...NONE, field: 'BSD' }],
    ['windows line ends', 'Name: a\r\nLicense: BSD\r\n\r\nLicense: MIT', { ...NONE, field: 'BSD' }],
    [
      'classifiers, sorted',
      'Classifier: License :: OSI Approved :: MIT License\nClassifier: License :: OSI Approved :: BSD License\nClassifier: Topic :: X',
      { ...NONE, classifiers: 'BSD License, MIT License' },
    ],
    ['no name but a branch', 'Classifier: License :: OSI Approved', null],
    [
      'the text of a licence',
      'License: Copyright\n        All rights\nClassifier: License :: OSI Approved :: MIT License',
      { ...NONE, classifiers: 'MIT License' },
    ],
    ['a very long line', `License: ${'x'.repeat(500)}`, null],
    ['nothing', 'Name: a\n\nLicense: MIT', null],
    ['the word UNKNOWN', 'License: UNKNOWN', null],
    ['an empty one', 'License:', null],
  ])('reads %s', (_, metadata, licence) => {
    expect(licenceIn(metadata)).toEqual(licence);
  });

  it('is named by the expression, else by the field, else by classifiers', () => {
    expect(licenceName({ expression: 'a', field: 'b', classifiers: 'c' })).toBe('a');
    expect(licenceName({ expression: null, field: 'b', classifiers: 'c' })).toBe('b');
    expect(licenceName({ expression: null, field: null, classifiers: 'c' })).toBe('c');
  });
});

describe('two statements', () => {
  const field = (text: string): Licence => ({ ...NONE, field: text });
  const expression = (text: string): Licence => ({ ...NONE, expression: text });
  const classifiers = (text: string): Licence => ({ ...NONE, classifiers: text });
  it.each<[Licence, Licence, boolean]>([
    [field('MIT License'), expression('MIT'), true],
    [field('The MIT License (MIT)'), expression('MIT'), true],
    [field('Apache License, Version 2.0'), expression('Apache-2.0'), true],
    [classifiers('Apache Software License'), expression('Apache-2.0'), true],
    [classifiers('BSD License'), expression('BSD-3-Clause'), true],
    [field('3-Clause BSD License'), expression('BSD-3-Clause'), true],
    [classifiers('GNU General Public License v3 or later (GPLv3+)'), expression('GPL-3.0-or-later'), true],
    [classifiers('Apache Software License, MIT License'), expression('MIT OR Apache-2.0'), true],
    [classifiers('Mozilla Public License 2.0 (MPL 2.0)'), expression('MPL-2.0'), true],
    [{ ...field('Dual License'), classifiers: 'BSD License' }, expression('BSD-3-Clause'), true],
    [expression('MIT OR  Apache-2.0'), expression('mit or apache-2.0'), true],
    [expression('MIT OR Apache-2.0'), expression('MIT AND Apache-2.0'), false],
    [expression('MIT'), expression('MIT-0'), false],
    [field('MIT'), expression('BUSL-1.1'), false],
    [field('MIT'), expression('MIT AND GPL-3.0-only'), false],
    [classifiers('MIT License'), expression('AGPL-3.0-or-later'), false],
    [field('LGPL-3.0'), expression('GPL-3.0-only'), false],
    [field('GPL-2.0'), expression('GPL-3.0-only'), false],
    [field('BSD-2-Clause'), expression('BSD-3-Clause'), false],
    // A classifier that was forgotten.
    [
      { ...field('MIT'), classifiers: 'MIT License' },
      { ...field('SSPL'), classifiers: 'MIT License' },
      false,
    ],
  ])('%j and %j: the same %s', (one, other, same) => {
    expect(sameLicence(one, other)).toBe(same);
    expect(sameLicence(other, one)).toBe(same);
  });

  it('of a hostile length are compared in no time', () => {
    const long = classifiers(Array.from({ length: 20 }, () => 'bsd '.repeat(30)).join(', '));
    const start = performance.now();
    expect(sameLicence(long, expression('('.repeat(120)))).toBe(false);
    expect(performance.now() - start).toBeLessThan(500);
  });
});
