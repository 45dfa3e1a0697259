import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LockSyntaxError } from '../../../src/locks/ecosystem.ts';
import { readRegularYaml } from '../../../src/locks/conda/yaml-lines.ts';
import { listAt, mapAt, readAnyYaml, readYaml, textAt, textsAt } from '../../../src/locks/conda/yaml.ts';
import { entry, lockOf } from './fixtures.ts';

describe('the form that tools write', () => {
  it.each([
    [
      'a lock',
      lockOf({
        entries: [
          { name: 'a', needs: { b: '>=1,<2' } },
          { name: 'b.c', version: '1_2' },
        ],
      }),
    ],
    ['texts', 'a: 1.10\nb: yes\nc: ~\nd: null\ne: 0x10\nf: 2024-01-01\n'],
    ['quotes', "a: 'it''s'\nb: ''\n'3d key': 'x: y'\nc: ' #'\n"],
    ['lists further in', 'a:\n  - b\n  - c: d\n    e:\n      - f\ng: []\n'],
    ['lists as far out as their key', 'a:\n- b\n- c: d\n  e:\n  - f\ng: {}\n'],
    ['comments and blank lines', '# é\n\na:\n  # x\n  b: c\n\n# z\nd: e#f\n'],
    [
      'marks within words',
      'url: https://x/y-1.tar.bz2#0a\nspec: >=1,<2\n'.replace(': >', ": '>").replace('2\n', "2'\n"),
    ],
    ['a list alone', '- a\n- b: c\n'],
  ])('%s', (_what, text) => {
    const read = readRegularYaml(text);
    expect(read).not.toBeNull();
    expect(read).toEqual(readAnyYaml('x.yml', text));
  });

  it.each([
    ['flow', 'a: [b, c]\n'],
    ['a text over two lines', 'a: b\n  c\n'],
    ['a block', 'a: |\n  b\n'],
    ['double quotes', 'a: "b"\n'],
    ['an anchor', 'a: &x b\nc: *x\n'],
    ['a comment behind', 'a: b # c\n'],
    ['a colon behind', 'a: b:\n'],
    ['a key twice', 'a: b\na: c\n'],
    ['nothing behind the colon', 'a:\nb: c\n'],
    ['a tab', 'a:\tb\n'],
    ['a space behind', 'a: b \n'],
    ['two documents', 'a: b\n---\nc: d\n'],
    ['a merge', '<<: x\n'],
    ['another letter', 'a: é\n'],
    ['an odd indent', '  a: b\nc: d\n'],
    ['a lone quote', "a: 'b'c'\n"],
    ['a list in a mapping', 'a: b\n- c\n'],
    ['nothing', ''],
    ['a bomb of depth', Array.from({ length: 40 }, (_, n) => `${' '.repeat(n)}a:\n`).join('')],
  ])('is not: %s', (_what, text) => {
    expect(readRegularYaml(text)).toBeNull();
  });

  it('reads what the library reads, or nothing', () => {
    const word = fc.stringMatching(/^[a-z0-9 :#'"{}[\],&*!|>%@`?~^$.<=/_-]{0,8}$/u);
    const line = fc
      .tuple(fc.constantFrom('', '  ', '    ', '- ', '  - '), fc.constantFrom('a: ', 'b: ', 'c:', ''), word)
      .map((parts) => parts.join(''));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 7 }), (lines) => {
        const text = lines.join('\n');
        const regular = readRegularYaml(text);
        expect(regular ?? 'another form').toEqual(
          regular === null ? 'another form' : readAnyYaml('x.yml', text),
        );
      }),
      { numRuns: 3000 },
    );
  });

  it('reads 5,000 packages well within a second', () => {
    const entries = Array.from({ length: 5000 }, (_, at) =>
      entry({ name: `p${at}`, needs: { a: '>=1', b: '>=2,<3', c: '', d: '*' } }),
    );
    const start = performance.now();
    expect(readRegularYaml(`package:\n${entries.join('')}`)).not.toBeNull();
    expect(performance.now() - start).toBeLessThan(1000);
  });
});

describe('any YAML', () => {
  it('keeps texts as they are written', () => {
    const root = readYaml('x.yml', 'a: {b: 1.10, c: [yes, "no"]}\n');
    expect(textAt(mapAt(root, 'a'), 'b')).toBe('1.10');
    expect(textsAt(mapAt(root, 'a'), 'c')).toEqual(['yes', 'no']);
    expect(listAt(root, 'a')).toEqual([]);
  });

  it('gives no key of a prototype', () => {
    const root = readYaml('x.yml', '{__proto__: {polluted: x}, constructor: y}');
    expect(textAt(mapAt(root, '__proto__'), 'polluted')).toBe('x');
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
    expect(textAt(root, 'toString')).toBeNull();
  });

  const bomb = [
    'a: &a [x]',
    ...['b', 'c', 'd', 'e'].map((name, at) => {
      const alias = `*${'abcd'.charAt(at)}`;
      return `${name}: &${name} [${Array.from({ length: 10 }, () => alias).join()}]`;
    }),
  ].join('\n');

  it.each([
    ['a list without an end', 'a: [b\n', /x\.yml:\d+: not valid YAML/u],
    [
      'a conflict',
      '<<<<<<< ours\na: b\n=======\n>>>>>>> theirs\n',
      /x\.yml:1: an unresolved merge conflict/u,
    ],
    ['two documents', 'a: b\n---\nc: d\n', /not valid YAML/u],
    ['a bomb of depth', `a: ${'['.repeat(5000)}`, /x\.yml/u],
    ['a bomb of aliases', bomb, /alias/iu],
    ['too much of an odd form', `a: "${'x'.repeat(4_000_001)}"`, /not read/u],
  ])('refuses %s', (_what, text, message) => {
    expect(() => readYaml('x.yml', text)).toThrow(LockSyntaxError);
    expect(() => readYaml('x.yml', text)).toThrow(message);
  });
});
