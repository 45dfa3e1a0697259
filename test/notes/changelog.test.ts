import { array, assert, constantFrom, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { notesOfChangelog } from '../../src/notes/changelog.ts';
import { formatOf } from '../../src/notes/outline.ts';
import { cutSections } from '../../src/notes/sections.ts';

const WANTED = { package: 'pkg', from: '1.0.0', to: '1.2.0' };

function told(file: string, path: string): readonly (readonly [string, string | null, string])[] {
  return notesOfChangelog(file, path, ['pkg'], WANTED).map(({ version, date, text }) => [
    version,
    date,
    text.trim(),
  ]);
}

const KEEP = `# Changelog

## [Unreleased]
- not yet

## [1.2.0] - 2024-03-01
### Added
- two, see [the guide]

## [1.1.0] - 2024-02-01
\`\`\`
## 1.0.5 in code
\`\`\`

## [1.0.0] - 2024-01-01
- first

[1.2.0]: https://github.com/a/b/compare/v1.1.0...v1.2.0
[the guide]: https://docs.test/guide
`;

const SEMANTIC = `# [1.2.0](https://h.test/c) (2024-03-01)

* two

## [1.1.1](https://h.test/c) (2024-02-02)

### Bug Fixes

* one one

## 1.1.0 (2024-02-01)

* one

# Older

## 1.0.1

* old
`;

const SETEXT = `pkg changes
===========

Version 1.2.0
-------------
two

1.1.0
-----
one

2.0 migration
`;

const RST = `=========
Changelog
=========

.. towncrier release notes start

1.2.0 (2024-03-01)
==================

Features
--------

- \`\`two\`\` by :func:\`~pkg.two\` (:pr:\`12\`)
  on two lines

  * inside

v1.1.0
======

:Date: 2024-02-01

Text with a \`link <https://h.test>\`_ and *one*::

    code <here>

1.0.0
=====
`;

const PLAIN = `Changes of pkg

1.2.0 (2024-03-01)
  - two <b> \`<c>\`
    more of two
      * inside
  - other

2024-02-01 Version 1.1.0
 * one

1.0.0
 * first
`;

describe('a changelog', () => {
  it('of Markdown as "Keep a changelog" has it', () => {
    expect(told(KEEP, 'CHANGELOG.md')).toEqual([
      ['1.2.0', '2024-03-01', '### Added\n- two, see [the guide]\n\n[the guide]: https://docs.test/guide'],
      ['1.1.0', '2024-02-01', '```\n## 1.0.5 in code\n```'],
    ]);
  });

  it('with headings of two sizes for versions', () => {
    expect(told(SEMANTIC, 'CHANGELOG.md')).toEqual([
      ['1.2.0', '2024-03-01', '* two'],
      ['1.1.1', '2024-02-02', '### Bug Fixes\n\n* one one'],
      ['1.1.0', '2024-02-01', '* one'],
      ['1.0.1', null, '* old'],
    ]);
  });

  it('with underlined headings', () => {
    expect(told(SETEXT, 'HISTORY.md')).toEqual([
      ['1.2.0', null, 'two'],
      ['1.1.0', null, 'one\n\n2.0 migration'],
    ]);
  });

  it('of reStructuredText', () => {
    expect(told(RST, 'docs/changes.rst')).toEqual([
      ['1.2.0', '2024-03-01', '### Features\n\n- `two` by `two` (#12) on two lines\n\n   - inside'],
      [
        '1.1.0',
        '2024-02-01',
        ':Date: 2024-02-01\n\nText with a [link](<https://h.test>) and *one*:\n\n```\ncode <here>\n```',
      ],
    ]);
  });

  it('of plain text', () => {
    expect(told(PLAIN, 'CHANGES.txt')).toEqual([
      ['1.2.0', '2024-03-01', '- two \\<b> `<c>`\n   more of two\n   - inside\n- other'],
      ['1.1.0', '2024-02-01', '- one'],
    ]);
  });

  it('in a file without an ending is read as what it is', () => {
    expect(told(RST, 'CHANGES').map(([version]) => version)).toEqual(['1.2.0', '1.1.0']);
    expect(told(KEEP, 'CHANGES').map(([version]) => version)).toEqual(['1.2.0', '1.1.0']);
  });

  it('whose versions are lines in bold', () => {
    expect(told('**1.2.0** (2024-03-01)\n\n* two\n\n**1.1.0**\n\n* one\n', 'NEWS.md')).toEqual([
      ['1.2.0', '2024-03-01', '* two'],
      ['1.1.0', null, '* one'],
    ]);
  });

  it('that names none of the versions gives nothing', () => {
    expect(told('# 9.0\n\nx\n', 'CHANGELOG.md')).toEqual([]);
  });

  it('with one version twice has both texts', () => {
    expect(told('# 1.1.0\na\n# 1.1.0\nb\n', 'a.md')).toEqual([['1.1.0', null, 'a\n\nb']]);
  });

  const line = constantFrom(
    '# 1.1.0',
    '1.1.0',
    '=====',
    '-----',
    '* 1.2.0',
    '```',
    '- x',
    '',
    '  y',
    '.. code::',
    '    z',
    '`a',
    '## [1.2.0]',
    'a::',
    '**',
    '| |',
  );

  it.each(['x.md', 'x.rst', 'x.txt'])(
    'is read whatever it holds (%s); each section is a part of it, in order',
    (path) => {
      assert(
        property(array(line, { maxLength: 25 }), (lines) => {
          const text = lines.join('\n');
          const format = formatOf(path);
          let from = 0;
          for (const section of cutSections(text, format, { names: ['pkg'], oneNumber: false })) {
            const at = text.indexOf(section.text, from);
            expect(at).toBeGreaterThanOrEqual(from);
            from = at + section.text.length;
          }
          const versions = notesOfChangelog(text, path, ['pkg'], WANTED).map(({ version }) => version);
          expect(versions).toEqual(versions.toSorted().reverse());
        }),
      );
    },
  );
});
