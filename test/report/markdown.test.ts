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
    ['<img src=x>', '&lt;img src=x&gt;'],
    ['[a](b)', '\\[a\\](b)'],
    ['at https://host/x', 'at https:\u2060//host/x'],
    ['https://u:p@host', 'https:\u2060//host'],
  ])('%j becomes %j', (text, markdown) => {
    expect(sentence(text)).toBe(markdown);
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
