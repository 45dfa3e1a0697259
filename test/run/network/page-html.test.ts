import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readHtmlPage } from '../../../src/run/network/page-html.ts';
import { simplePageHtml } from '../../../src/run/network/simple-page.ts';

const BASE = 'https://index.example.test/simple/demo/';
const SHA = 'ab'.repeat(32);
const MD5 = 'cd'.repeat(16);

function read(html: string) {
  return readHtmlPage(html, 'demo', BASE).files;
}

describe('readHtmlPage', () => {
  it.each<[string, string, object]>([
    [
      'a relative link',
      '<a href="../../f/demo-1.0.zip">x</a>',
      { url: 'https://index.example.test/f/demo-1.0.zip' },
    ],
    [
      'the name of the link, not of its text',
      '<a href="demo-1.0.zip">demo-2.0.zip</a>',
      { filename: 'demo-1.0.zip' },
    ],
    ['an escaped name', '<a href="demo-1.0%2Bcpu.zip">x</a>', { filename: 'demo-1.0+cpu.zip' }],
    [
      'a query',
      '<a href="demo-1.0.zip?a=1&amp;b=2">x</a>',
      { filename: 'demo-1.0.zip', url: `${BASE}demo-1.0.zip?a=1&b=2` },
    ],
    [
      'a digest',
      `<a href="demo-1.0.zip#sha256=${SHA}">`,
      { url: `${BASE}demo-1.0.zip`, hashes: { sha256: SHA } },
    ],
    ['another one', `<a href="demo-1.0.zip#egg=demo&md5=${MD5}">`, { hashes: { md5: MD5 } }],
    ['none', '<a href="demo-1.0.zip#sha256=short">', { hashes: {} }],
    ['a Python', '<a href="d.zip" data-requires-python="&gt;=3.6,&lt;4">', { 'requires-python': '>=3.6,<4' }],
    [
      'metadata',
      `<a href="d.whl" data-dist-info-metadata="sha256=${SHA}">`,
      { 'core-metadata': { sha256: SHA } },
    ],
    ['metadata without a digest', '<a href="d.whl" data-core-metadata="true">', { 'core-metadata': true }],
    ['no metadata', '<a href="d.whl" data-core-metadata="false">', { 'core-metadata': false }],
    ['yanked', '<a href="d.zip" data-yanked>', { yanked: true }],
    ['yanked for a reason', '<a href="d.zip" data-yanked="a &amp; b">', { yanked: 'a & b' }],
  ])('reads %s', (_, html, file) => {
    expect(read(html)).toEqual([expect.objectContaining(file)]);
  });

  it.each(['<a href="%E0%A4%A">', '<a href="../">', '<a>', ''])('finds no file in %j', (html) => {
    expect(read(html)).toEqual([]);
  });

  it('reads what simplePageHtml writes', () => {
    const text = fc.string({ unit: fc.constantFrom('a', '&', '"', "'", '<', '>', ' ', '\n', '=') });
    const yanked = fc.oneof(
      fc.constant(true),
      text.filter((one) => one !== ''),
    );
    fc.assert(
      fc.property(text, yanked, fc.boolean(), (python, mark, metadata) => {
        const file = {
          filename: 'demo-1.0.whl',
          url: `${BASE}demo-1.0.whl`,
          hashes: { sha256: SHA },
          ...(python === '' ? {} : { 'requires-python': python }),
          ...(metadata ? { 'core-metadata': { sha256: SHA } } : {}),
          yanked: mark,
        };
        expect(read(simplePageHtml({ name: 'demo', files: [file], versions: null, more: {} }))).toEqual([
          file,
        ]);
      }),
    );
  });
});
