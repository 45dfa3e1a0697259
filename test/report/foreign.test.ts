import { array, assert, constantFrom, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { harmlessMarkdown, harmlessWithin } from '../../src/report/foreign.ts';

/** As a reader sees it: without the characters that break words. */
function shown(text: string): string {
  return harmlessMarkdown(text).replaceAll('\u2060', '');
}

describe('foreign Markdown', () => {
  it.each([
    ['# Title', '**Title**'],
    ['Title `x` **y**\n===', '**Title `x` y**'],
    ['a\nb', 'a b'],
    ['a  \nb\\\nc<br>d', 'a\nb\nc\nd'],
    ['* a\n+ b\n- c', '- a\n- b\n- c'],
    ['- a\n  - b\n    - c\n\n      more', '- a\n  - b\n    - c\n\n      more'],
    ['3. a\n4. b', '3. a\n4. b'],
    ['> a\n> b', '> a b'],
    ['> [!WARNING]\n> a', '> **Warning:** a'],
    ['**b** *e* _e_ __b__ ~~s~~ ***x***', '**b** *e* *e* **b** ~~s~~ ***x***'],
    ['a * b * c, 2*3', 'a \\* b \\* c, 2\\*3'],
    ['snake_case __init__.py', 'snake_case **init**.py'],
    ['`a|b` ``c`d``', '`a|b` ``c`d``'],
    ['```python\n@x\n```', '```python\n@x\n```'],
    ['```mermaid\nx\n```', '```text\nx\n```'],
    ['~~~\n```\n~~~', '````text\n```\n````'],
    ['    code', '```text\ncode\n```'],
    ['| a | b |\n|---|:-:|\n| `x` | y \\| z |', '| a | b |\n| --- | --- |\n| `x` | y \\| z |'],
    ['&lt;b&gt; &amp;lt; &copy;', '&lt;b> &amp;lt; ©'],
    ['a < b, x <3.8 && y', 'a &lt; b, x &lt;3.8 && y'],
    ['\\*no\\*', '\\*no\\*'],
    ['---', ''],
    ['$x$', '\\$x\\$'],
    ['text\n- list\n\nmore', 'text\n\n- list\n\nmore'],
    ['<details><summary>More</summary>\n\ninside\n\n</details>', 'More\n\ninside'],
    ['<!-- hidden\n\nwords -->seen', 'seen'],
    ['the `<!--` mark', 'the `<!--` mark'],
    ['1\\. x', '1\\. x'],
    ['- [ ] a\n- [x] b', '- \\[ \\] a\n- \\[x\\] b'],
    ['a[^1]\n\n[^1]: b', 'a\\[^1\\]\n\n\\[^1\\]: b'],
  ])('%j becomes %j', (text, markdown) => {
    expect(shown(text)).toBe(markdown);
  });

  it.each([
    ['[a](https://h.test/x)', '[a](https://h.test/x)'],
    ['[a](https://h.test/x "title")', '[a](https://h.test/x)'],
    ['[a][r]\n\n[r]: https://h.test/x', '[a](https://h.test/x)'],
    ['[r]\n\n[R]: <https://h.test/x>', '[r](https://h.test/x)'],
    ['<https://h.test/x>', '[h.test/x](https://h.test/x)'],
    ['see https://h.test/x.', 'see [h.test/x](https://h.test/x).'],
    ['(https://h.test/(x))', '([h.test/(x)](https://h.test/%28x%29))'],
    ['[`a`](https://h.test)', '[`a`](https://h.test/)'],
    ['[![badge](https://h.test/b.svg)](https://h.test/x)', '[badge](https://h.test/x)'],
    ['https://github.com/o/r/pull/12', '[o/r#12](https://redirect.github.com/o/r/pull/12)'],
    ['[#1](https://github.com/o/r/issues/1)', '[#1](https://redirect.github.com/o/r/issues/1)'],
    [
      'https://github.com/o/r/commit/0123456789abcdef',
      '[o/r@0123456](https://redirect.github.com/o/r/commit/0123456789abcdef)',
    ],
    ['[a](http://h.test)', 'a'],
    ['http://h.test', '`http://h.test`'],
    ['[a](javascript:alert(1))', 'a'],
    ['[a](/relative)', 'a'],
    ['[a](https://u:p@h.test)', '[a](https://h.test/)'],
    ['[a](https://h.test/o/r/issues/1)', 'a'],
    ['[pypi.org](https://evil.test)', 'pypi.org'],
    ['[https://pypi.org/x](https://evil.test)', 'pypi.org/x'],
    ['[os.path](https://docs.test)', '[os.path](https://docs.test/)'],
    ['![alt](https://h.test/beacon.png)', 'alt'],
    ['<img src="https://h.test/b.png" alt="alt">', 'alt'],
    ['<a href="https://h.test">a</a>', 'a'],
  ])('%j links %j', (text, markdown) => {
    expect(shown(text)).toBe(markdown);
  });

  it.each([
    ['@user', '@\u2060user'],
    ['![@](x)user', '@\u2060user'],
    ['@<b></b>user', '@\u2060user'],
    ['&#64;user', '@\u2060user'],
    ['\\@user', '@\u2060user'],
    ['@\u200Buser', '@\u2060user'],
    ['fixes #1', 'fixes #\u20601'],
    ['o/r#1 GH-1 _GH-1', 'o/r#\u20601 GH-\u20601 \\_GH-\u20601'],
    ['```\nfixes #1\n```', '```text\nfixes #\u20601\n```'],
    ['`Closes: o/r#1`', '`Closes: o/r#\u20601`'],
    ['deadbeef', 'deadbe\u2060ef'],
    ['www.h.test _www.h.test', 'www\u2060.h.test \\_www\u2060.h.test'],
    ['a@h.test mailto:a@h.test', 'a@\u2060h.test mailto\u2060:a@\u2060h.test'],
    ['ftp://h.test', 'ftp:\u2060//h.test'],
    ['!https://h.test', '\\![h.test](https://h.test/)'],
    ['`a`&#8203;`b`', '`a`\u2060`b`'],
    ['a\u202Eb\u00ADc\u{E0041}d', 'abcd'],
    ['</details><script>x</script>', 'x'],
    ['\\</details>', '&lt;/details>'],
    ['a | b', 'a \\| b'],
    ['\\# a', '\\# a'],
    ['--- ---', ''],
    ['<b>---\n<i>---', '\\--- ---'],
    ['<b>> a', '&gt; a'],
    ['https://user:secret@h.test/x', '[h.test/x](https://h.test/x)'],
  ])('%j does nothing as %j', (text, markdown) => {
    expect(harmlessMarkdown(text)).toBe(markdown);
  });

  it('stands no deeper than four lists and two quotes', () => {
    const lists = [0, 1, 2, 3, 4, 5].map((depth) => `${'  '.repeat(depth)}- ${depth}`).join('\n');
    expect(harmlessMarkdown(lists)).toBe('- 0\n  - 1\n    - 2\n      - 3\n        4\n        5');
    expect(harmlessMarkdown('> > > > a')).toBe('> > a');
  });

  it.each([
    ['brackets', '['.repeat(50_000)],
    ['links', '[a]('.repeat(20_000)],
    ['ticks', Array.from({ length: 400 }, (_, index) => '`'.repeat(index)).join(' ')],
    ['marks', '*a_'.repeat(30_000)],
    ['quotes', '> '.repeat(40_000)],
    ['lists', '- '.repeat(40_000)],
    ['angles', '<a '.repeat(30_000)],
    ['comments', '<!--'.repeat(20_000)],
    ['cells', `${'|a'.repeat(20_000)}\n${'|-'.repeat(20_000)}`],
    ['entities', '&#'.repeat(40_000)],
    ['addresses', 'https://('.repeat(10_000)],
    ['lines of items', '- a\n\n'.repeat(20_000)],
    ['spaces', `${' '.repeat(99_000)}x`],
    ['marks heaped', `a${'\u0301'.repeat(50_000)}`],
  ])('takes no long time for %s', (_, text) => {
    const start = performance.now();
    harmlessMarkdown(text);
    expect(performance.now() - start).toBeLessThan(3000);
  });

  const unit = constantFrom(
    '@',
    'user',
    '#',
    '1',
    ' ',
    '\n',
    '\n\n',
    '`',
    '```',
    '*',
    '**',
    '_',
    '[',
    ']',
    '(',
    ')',
    '![',
    '](https://h.test)',
    '<',
    '>',
    '</details>',
    '<img src=x>',
    '<!--',
    '-->',
    '&#64;',
    '|',
    '|-|\n',
    '- ',
    '> ',
    '    ',
    'fixes ',
    'GH-1',
    'https://github.com/o/r/issues/1',
    'javascript:x',
    'deadbeef',
    '\u202E',
    '\u200B',
    '\\',
    '[x]: ',
    '---\n',
  );

  it('whatever it holds: nothing of it takes effect outside of code', () => {
    assert(
      property(array(unit, { maxLength: 30 }), (parts) => {
        const text = harmlessMarkdown(parts.join(''));
        // Code goes first, as CommonMark reads it; then links, whose addresses are checked.
        const outside = text
          .replace(/^(?<indent>[ >\-\d.]*)(?<fence>`{3,})\w*\n[\s\S]*?\n[ >]*\k<fence>$/gmu, '')
          .replace(/\\[\\`]|(?<ticks>`+)(?!`)[\s\S]*?(?<!`)\k<ticks>(?!`)/gu, '·')
          .replace(/(?<!\\)\]\(https:\/\/(?:h\.test|redirect\.github\.com)[^\s()<>]*\)/gu, ']');
        expect(outside).not.toMatch(/(?<!\\)<[a-z/!]|@[a-z]|#\d|GH-\d|:\/\/|(?<!\\)!\[|[\u200B\u202E]/iu);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('as much as fits', () => {
  it('is whole blocks and items', () => {
    expect(harmlessWithin('para\n\n- one\n- two\n- three', 16)).toEqual({ text: 'para\n\n- one', cut: true });
    expect(harmlessWithin('para\n\n- one', 100)).toEqual({ text: 'para\n\n- one', cut: false });
  });

  it('ends with no heading', () => {
    expect(harmlessWithin(`a\n\n# b\n\n${'c '.repeat(50)}`, 40)).toEqual({ text: 'a', cut: true });
  });

  it('is never more', () => {
    assert(
      property(array(constantFrom('a', '\n', '- ', '# ', '> ', '`'), { maxLength: 80 }), (parts) => {
        for (const limit of [0, 1, 5, 20]) {
          expect(harmlessWithin(parts.join(''), limit).text.length).toBeLessThanOrEqual(limit);
        }
      }),
    );
  });
});
