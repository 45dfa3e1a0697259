import { assert, constantFrom, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { code, fenced, fold, sentence } from '../../src/report/markdown.ts';

describe('code', () => {
  it.each([
    ['requests', '`requests`'],
    ['a`b', '``a`b``'],
    ['`a`', '`` `a` ``'],
    ['a|b', '`a\\|b`'],
    ['a\nb', '`a b`'],
    ['', '` `'],
    ['https://user:secret@host/x', '`https://host/x`'],
    ['a\u202Eb\u0007', '`ab`'],
  ])('%j becomes %s', (text, markdown) => {
    expect(code(text)).toBe(markdown);
  });

  it('is cut', () => {
    expect(code('x'.repeat(300), 10)).toBe('`xxxxxxxxx…`');
  });

  it('never lets a span end early, whatever the text', () => {
    assert(
      property(string({ unit: constantFrom('`', 'a', ' ', '\n', '|', '@') }), (text) => {
        const fence = /^`+/u.exec(code(text))?.[0] ?? '';
        const inner = code(text).slice(fence.length, -fence.length);
        expect(inner.match(/`+/gu) ?? []).not.toContain(fence);
        expect(inner).not.toContain('\n');
      }),
    );
  });
});

describe('sentence', () => {
  it.each([
    ['@everyone look', '@\u2060everyone look'],
    ['see #12 and GH-3', 'see #\u206012 and GH-\u20603'],
    ['<img src=x>', '&lt;img src=x>'],
    ['> quoted', '&gt; quoted'],
    ['[a](b)', '\\[a](b)'],
    ['python_version is *not* _set_', 'python_version is \\*not\\* \\_set\\_'],
    ['Run `make up @x` now', 'Run `make up @x` now'],
    ['a ` lone tick @x', 'a \\` lone tick @\u2060x'],
    ['`a`` @x', '`a`\\` @\u2060x'],
    ['see www.evil.test', 'see www\u2060.evil.test'],
    ['at https://host/x', 'at https:\u2060//host/x'],
    ['https://u:p@host', 'https:\u2060//host'],
  ])('%j becomes %j', (text, markdown) => {
    expect(sentence(text)).toBe(markdown);
  });

  it('lets no mention stand outside a code span, whatever the text', () => {
    assert(
      property(string({ unit: constantFrom('`', 'a', ' ', '\\', '@x', '<b>') }), (text) => {
        // As CommonMark reads it: an escaped tick opens nothing, and a run of ticks closes at the next run of that length.
        const outside = sentence(text)
          .replace(/\\[\\`]|(?<ticks>`+)(?!`)[\s\S]*?(?<!`)\k<ticks>(?!`)/gu, '·')
          .replaceAll('@\u2060', '');
        expect(outside).not.toMatch(/@x|<b>/u);
      }),
    );
  });
});

it('a fence is longer than any run of backticks in it', () => {
  expect(fenced('a\n````\nb')).toBe('`````text\na\n````\nb\n`````');
});

it('a fold writes code spans of its summary as HTML', () => {
  expect(fold('Words of ``a`<b>``', 'body')).toBe(
    '<details>\n<summary>Words of <code>a`&lt;b&gt;</code></summary>\n\nbody\n\n</details>',
  );
});
