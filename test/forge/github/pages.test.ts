import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pagesOf } from '../../../src/forge/github/pages.ts';

describe('pages', () => {
  it.each<[string, string, readonly string[]]>([
    ['nothing', '', ['']],
    ['what fits', 'one\n\ntwo', ['one\n\ntwo']],
    ['at a blank line', 'aaaa aaaa a\n\nbbbb bbbb\nbbbb', ['aaaa aaaa a', 'bbbb bbbb\nbbbb']],
    ['not inside a code block', 'aaaa aaaa aaaa\n\n```\nb\n\nc\n```', ['aaaa aaaa aaaa', '```\nb\n\nc\n```']],
    ['not inside a fold', 'aaaa\n\n<details>\n\nb\n\n</details>', ['aaaa', '<details>\n\nb\n\n</details>']],
    ['a long block at its lines', 'aaaaaaaaaaaaaaa\nbbbbbbbbbb\nc', ['aaaaaaaaaaaaaaa', 'bbbbbbbbbb\nc']],
    ['a long line at its characters', 'ééééééééééééééé', ['éééééééééééé', 'ééé']],
    ['never half of a pair', 'aaaaaaaaaaaaaaaaaaaaaaa😀', ['aaaaaaaaaaaaaaaaaaaaaaa', '😀']],
  ])('cut %s', (_, text, pages) => {
    expect(pagesOf(text, 25)).toEqual(pages);
  });

  it('lose nothing and keep the limit, whatever the text', () => {
    const part = fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('\n', '\n\n', '```', '\n```\n', '\n<details>\n', '\n</details>\n', 'x'.repeat(50)),
    );
    fc.assert(
      fc.property(fc.array(part), fc.integer({ min: 4, max: 60 }), (parts, limit) => {
        const text = parts.join('');
        const pages = pagesOf(text, limit);
        const bare = (of: string): string => of.replaceAll(/[\r\n]/gu, '');
        expect(bare(pages.join(''))).toBe(bare(text));
        for (const page of pages) expect(Buffer.byteLength(page)).toBeLessThanOrEqual(limit);
      }),
    );
  });

  it('are cut in one pass', () => {
    const started = performance.now();
    expect(pagesOf(`${'a b '.repeat(500_000)}\n${'\n\nx'.repeat(100_000)}`, 65_535).length).toBeGreaterThan(
      30,
    );
    expect(performance.now() - started).toBeLessThan(2000);
  });
});
