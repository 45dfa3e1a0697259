import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { collectFiles, findFile } from '../../../src/run/network/named-files.ts';
import { pageLinks, withBase } from '../../../src/run/network/page-links.ts';

const BASE = 'https://index.example.test/simple/demo/';
const SHA = 'ab'.repeat(32);

describe('pageLinks', () => {
  it.each<[string, string]>([
    ['<a href="demo-1.0.zip">demo</a>', `${BASE}demo-1.0.zip`],
    ["<A class=x HREF='../../f/demo-1.0.zip'>", 'https://index.example.test/f/demo-1.0.zip'],
    ['<a\n  href = https://files.example.test/a/demo-1.0.zip >', 'https://files.example.test/a/demo-1.0.zip'],
    [
      '<a data-requires-python=">=3.6,<4" href="//files.example.test/d.zip">',
      'https://files.example.test/d.zip',
    ],
    ['<a/href="d.zip">', `${BASE}d.zip`],
    ['<a href="d.zip?a=1&amp;b=&#50;&#x33;">', `${BASE}d.zip?a=1&b=23`],
    ['<a href="d.zip" href="e.zip">', `${BASE}d.zip`],
    ['<base href="https://files.example.test/x/"><a href="d.zip">', 'https://files.example.test/x/d.zip'],
  ])('reads %s', (html, url) => {
    expect(pageLinks(html, BASE)).toEqual([{ url, sha256: null, metadataSha256: null }]);
  });

  it.each([
    '<abbr href="x">',
    '<a name="x">',
    '<a href="javascript:x">',
    '<a href="ftp://x/y">',
    '< a href="x">',
    '<a',
    '',
  ])('finds no file in %j', (html) => {
    expect(pageLinks(html, BASE)).toEqual([]);
  });

  it('reads digests of files and of metadata', () => {
    const metadata = `data-dist-info-metadata="sha256=${SHA.toUpperCase()}"`;
    expect(pageLinks(`<a href="d.whl#egg=d&sha256=${SHA}" ${metadata}>`, BASE)).toEqual([
      { url: `${BASE}d.whl`, sha256: SHA, metadataSha256: SHA },
    ]);
    expect(pageLinks('<a href="d.whl#sha256=short" data-core-metadata="true">', BASE)).toEqual([
      { url: `${BASE}d.whl`, sha256: null, metadataSha256: null },
    ]);
  });

  it('never throws, and ends soon for pages that are none', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(pageLinks(`<a ${text}`, BASE).length).toBeLessThanOrEqual(text.length + 1);
      }),
    );
    const start = performance.now();
    pageLinks('<a href="'.repeat(500_000), BASE);
    pageLinks('<a '.repeat(1_000_000), BASE);
    withBase('<head '.repeat(500_000), BASE);
    withBase('<!doctype '.repeat(500_000), BASE);
    expect(performance.now() - start).toBeLessThan(5000);
  });
});

describe('withBase', () => {
  it.each([
    ['<a href="x">', '<base href="https://h/?a&amp;b"><a href="x">'],
    [
      '<!DOCTYPE html><html><head lang="en"><title>',
      '<!DOCTYPE html><html><head lang="en"><base href="https://h/?a&amp;b"><title>',
    ],
    ['<!doctype html>\n<a href="x">', '<!doctype html><base href="https://h/?a&amp;b">\n<a href="x">'],
    ['<head><base href="/y"></head>', '<head><base href="/y"></head>'],
  ])('%s', (html, expected) => {
    expect(withBase(html, 'https://h/?a&b')).toBe(expected);
  });
});

describe('findFile', () => {
  const named = collectFiles([
    {
      url: 'https://Files.Example.Test:443/p/d%65mo-1.0%2Blocal.whl',
      sha256: SHA,
      metadataSha256: 'cd'.repeat(32),
    },
    { url: 'http://0x7f.1:8080/p/x.zip', sha256: null, metadataSha256: null },
    { url: 'not a url', sha256: SHA, metadataSha256: null },
  ]);
  const files = { scheme: 'https', host: 'files.example.test', port: 443 } as const;

  it.each([
    ['/p/demo-1.0%2Blocal.whl', SHA],
    ['/p/demo-1.0%2Blocal.whl?token=1', SHA],
    ['//p/./d%65mo-1.0%2Blocal.whl', SHA],
    ['/p/demo-1.0%2Blocal.whl.metadata', 'cd'.repeat(32)],
  ])('knows %s', (target, sha256) => {
    expect(findFile(named, files, target)).toEqual({ sha256 });
  });

  it.each([
    '/p/',
    '/p/demo-1.0.whl',
    '/p/demo-1.0%2Blocal.whl/',
    '/p/demo-1.0%2Blocal.whl.asc',
    '/.metadata',
  ])('does not know %s', (target) => {
    expect(findFile(named, files, target)).toBeNull();
    expect(findFile(named, { ...files, scheme: 'http' }, '/p/demo-1.0%2Blocal.whl')).toBeNull();
  });

  it('knows hosts by their one name', () => {
    expect([...named.hosts]).toEqual(['files.example.test 443', '127.0.0.1 8080']);
    expect(findFile(named, { scheme: 'http', host: '127.0.0.1', port: 8080 }, '/p/x.zip')).toEqual({
      sha256: null,
    });
  });
});
