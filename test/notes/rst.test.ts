import { assert, constantFrom, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { plainToMarkdown } from '../../src/notes/plain.ts';
import { rstToMarkdown } from '../../src/notes/rst.ts';

describe('reStructuredText as Markdown', () => {
  it.each([
    ['``a`` and `b`', '`a` and `b`'],
    [':func:`~a.b.c` :class:`A <a.A>` :issue:`12` :pep:`484`', '`c` `A` #12 PEP 484'],
    [
      '`text <https://h.test>`_ `more <https://h.test/(x)>`__',
      '[text](<https://h.test>) [more](<https://h.test/(x)>)',
    ],
    [
      'see name_ and `two words`_\n\n.. _name: https://n.test\n.. _two words: https://t.test',
      'see [name](<https://n.test>) and [two words](<https://t.test>)',
    ],
    ['__init__ and snake_case, an unknown_', '\\_\\_init\\_\\_ and snake\\_case, an unknown\\_'],
    ['**bold** *em* |sub| [1]_', '**bold** *em* sub \\[1\\]'],
    ['a <b> [c](d)', 'a \\<b> \\[c\\](d)'],
    ['`across\nlines <https://h.test>`_', '[across lines](<https://h.test>)'],
    ['Title\n-----\n\ntext', '### Title\n\ntext'],
    ['* a\n* b\n\n  more of b\n\n  - in b', '- a\n- b\n\n   more of b\n\n   - in b'],
    ['#. a\n#. b', '1. a\n1. b'],
    ['Code::\n\n    x <y>\n\nafter', 'Code:\n\n```\nx <y>\n```\n\nafter'],
    ['.. code-block:: python\n   :linenos:\n\n   x = 1', '```python\nx = 1\n```'],
    ['.. note::\n\n   Mind this.', '**Note:**\n\nMind this.'],
    ['.. deprecated:: 1.2\n   Use y.', '**Deprecated since** 1.2\n\nUse y.'],
    ['.. image:: https://beacon.test/x.png\n   :alt: x\n\nafter', 'after'],
    ['.. a comment\n   of two lines\n\nafter', 'after'],
    ['# no heading', '\\# no heading'],
    ['a\\ b', 'ab'],
  ])('%j', (text, markdown) => {
    expect(rstToMarkdown(text)).toBe(markdown);
  });

  it('is made whatever the text', () => {
    const unit = constantFrom(
      '`',
      '``',
      ':a:',
      '*',
      '_',
      '|',
      '<',
      '>',
      '\n',
      '    ',
      '- ',
      '.. ',
      '::',
      'x',
      '=',
      '\\',
    );
    assert(
      property(string({ unit, maxLength: 60 }), (text) => {
        rstToMarkdown(text);
        plainToMarkdown(text);
      }),
    );
  });

  it.each([
    '`'.repeat(50_000),
    ':a:`'.repeat(20_000),
    '*a'.repeat(30_000),
    '- '.repeat(30_000),
    '|a'.repeat(30_000),
  ])('takes no long time for it (%#)', (text) => {
    const start = performance.now();
    rstToMarkdown(text);
    expect(performance.now() - start).toBeLessThan(2000);
  });
});
