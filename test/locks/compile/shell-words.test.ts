import { array, assert, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { splitShell } from '../../../src/locks/compile/shell-words.ts';

function words(text: string): readonly string[] | null {
  return splitShell(text)?.map((item) => (item.kind === 'word' ? item.text : `<${item.text}>`)) ?? null;
}

describe('splitShell', () => {
  it.each([
    ['pip-compile  a.in\tb.in', ['pip-compile', 'a.in', 'b.in']],
    [`a 'b c' "d e" f\\ g`, ['a', 'b c', 'd e', 'f g']],
    [`--pip-args='--no-deps --pre'`, ['--pip-args=--no-deps --pre']],
    [`'it'"'"'s'`, ["it's"]],
    [`"a\\"b\\$c\\d"`, ['a"b$c\\d']],
    ['a \\\n  b', ['a', 'b']],
    ['a\nb', ['a', '<;>', 'b']],
    ['cd x && y > z', ['cd', 'x', '<&&>', 'y', '<>>', 'z']],
    ['requirements\\base.in', ['requirements\\base.in']],
    [`'' ""`, ['', '']],
    ["it's", null],
    ['"open', null],
  ])('%j', (text, expected) => {
    expect(words(text)).toEqual(expected);
  });

  it.each(['$HOME', '$(ls)', '`ls`', '*.in', '"$X"'])('knows that a shell would expand %s', (text) => {
    expect(splitShell(text)).toMatchObject([{ kind: 'word', expands: true }]);
  });

  it.each([`'$HOME'`, '\\$HOME', `'*'`])('knows that %s stays', (text) => {
    expect(splitShell(text)).toMatchObject([{ expands: false }]);
  });

  it('undoes the quoting of Python', () => {
    // shlex.quote: single quotes around anything unusual.
    const quote = (word: string): string => `'${word.replaceAll("'", `'"'"'`)}'`;
    assert(
      property(array(string()), (list) => {
        expect(words(list.map((word) => quote(word)).join(' '))).toEqual(list);
      }),
    );
  });

  it('never throws', () => {
    assert(
      property(string({ unit: 'binary' }), (text) => {
        expect(splitShell(text) === null || text.length >= 0).toBe(true);
      }),
    );
  });
});
