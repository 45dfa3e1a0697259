import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readAnchors } from '../../src/pypi/anchors.ts';

function read(html: string) {
  return readAnchors(html).anchors.map(({ attributes, text }) => [text, Object.fromEntries(attributes)]);
}

describe('readAnchors', () => {
  it.each([
    ['<a href="x">t</a>', [['t', { href: 'x' }]]],
    ["<A HREF='x' >t</A >", [['t', { href: 'x' }]]],
    ['<a href=x>t</a>', [['t', { href: 'x' }]]],
    ['<a href = "x"data-a>t</a>', [['t', { href: 'x', 'data-a': '' }]]],
    ['<a href="x" href="y">t</a>', [['t', { href: 'x' }]]],
    ['<a\nhref="x">\n a <b>b</b>\n</a>', [['a b', { href: 'x' }]]],
    [
      '<a href="?a=1&amp;b=2" d="&gt;=3&#46;6, &#x3c;4 &bogus; &#0;">a&amp;b</a>',
      [['a&b', { href: '?a=1&b=2', d: '>=3.6, <4 &bogus; &#0;' }]],
    ],
    ['<a href="a>b">t</a>', [['t', { href: 'a>b' }]]],
    ['<!-- <a href="no">no</a> --><a href="x">t</a>', [['t', { href: 'x' }]]],
    ['<script>"<a href=no>"</script><a href="x">t</a>', [['t', { href: 'x' }]]],
    [
      '<a href="x">one<a href="y">two',
      [
        ['one', { href: 'x' }],
        ['two', { href: 'y' }],
      ],
    ],
    ['<a href="x">1 < 2</a>', [['1 < 2', { href: 'x' }]]],
    ['<a href="x">t</a><a href="cut', [['t', { href: 'x' }]]],
    ['<abbr>no</abbr><area href="no">', []],
    ['no tags', []],
    ['', []],
  ])('reads %j', (html, anchors) => {
    expect(read(html)).toEqual(anchors);
  });

  it('knows the base and whether there is a tag at all', () => {
    expect(readAnchors('<base href="/x/"><base href="/y/">')).toMatchObject({ base: '/x/', isHtml: true });
    expect(readAnchors('1 < 2')).toMatchObject({ base: null, isHtml: false });
  });

  it('reads back what is written, whatever the attributes hold', () => {
    const escape = (text: string): string =>
      text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.string(), fc.string())), (links) => {
        const html = links
          .map(([href, text]) => `<a href="${escape(href)}">${escape(text)}</a>`)
          .join('<br/>\n');
        expect(read(html)).toEqual(links.map(([href, text]) => [text.trim(), { href }]));
      }),
    );
  });

  it.each(['<a ', '<a b=" ', '<', '<!--', '<a b= ', '<a>', '<script>', '&#'])(
    'takes time in proportion to the page: %s',
    (piece) => {
      const start = performance.now();
      readAnchors(piece.repeat(300_000));
      expect(performance.now() - start).toBeLessThan(1500);
    },
  );
});
