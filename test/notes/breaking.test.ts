import { array, assert, constantFrom, property } from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isBreaking, splitBreaking } from '../../src/notes/breaking.ts';

describe('what breaks', () => {
  it.each([
    '### Breaking changes\n\n- the API',
    '## ⚠ BREAKING CHANGES\n* x',
    '### Removed\n- the old API',
    '### Deprecated\n- it',
    '**Backwards incompatible changes**\n\n- x',
    'Backwards incompatible\n\nBREAKING: all of it',
    '- BREAKING CHANGE: it',
    '- Dropped support for Python 3.8.',
    '* Drop official support for 3.8',
    '- Removed the thing',
    '- **Removed** the thing',
    '- Now requires Python 3.10',
    '- Python 3.7 is no longer supported',
    '* feat(core)!: new names',
    '1. Deprecate `x`',
  ])('%j does', (text) => {
    expect(isBreaking(text)).toBe(true);
  });

  it.each([
    '- Fixed a bug',
    '### Removed\n\n### Fixed\n- x',
    '- groundbreaking',
    '- Added support for Python 3.14',
    '- feat: new names!',
    '',
  ])('%j does not', (text) => {
    expect(isBreaking(text)).toBe(false);
  });

  it('stands apart with its heading and all under it', () => {
    const text =
      '# New\n- a\n## Removed\n- b\n  more\n### in it\n- c\n## Fixed\n- d\n- Dropped support for e\n- f';
    expect(splitBreaking(text)).toEqual({
      breaking: ['## Removed', '- b\n  more', '### in it', '- c', '- Dropped support for e'],
      rest: '# New\n- a\n## Fixed\n- d\n- f',
    });
  });

  it('leaves no heading alone', () => {
    const text = '## New\n- Dropped support for e\n\n## Fixed\n- f';
    expect(splitBreaking(text).rest).toBe('## Fixed\n- f');
  });

  it('is not looked for in code', () => {
    expect(splitBreaking('text\n```\n# Removed\n```\n- a').breaking).toEqual([]);
  });

  it('loses nothing but headings, whatever the text', () => {
    const line = constantFrom('# Removed', '## x', '- BREAKING', '- y', '', '  z', '```', 'p', '**Removed**');
    assert(
      property(array(line), (lines) => {
        const { breaking, rest } = splitBreaking(lines.join('\n'));
        const words = (text: readonly string[]): readonly string[] =>
          text
            .join('\n')
            .split('\n')
            .filter((one) => one !== '' && !/^#|^\*\*/u.test(one))
            .toSorted();
        expect(words([...breaking, rest])).toEqual(words(lines));
      }),
    );
  });
});
