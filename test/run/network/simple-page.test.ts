import { assert, constantFrom, property, string } from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  hasNoUploadTimes,
  hideYounger,
  readSimplePage,
  simplePageHtml,
  simplePageJson,
  type SimplePage,
} from '../../../src/run/network/simple-page.ts';

const CUTOFF = Date.parse('2026-03-01T00:00:00Z');

function pageOf(files: readonly unknown[], versions?: readonly string[]): SimplePage {
  const page = readSimplePage(
    JSON.stringify({ meta: { 'api-version': '1.1' }, name: 'demo-pkg', versions, files }),
    'demo-pkg',
    'https://index.example.com/simple/demo-pkg/',
  );
  if (page === null) throw new Error('not read');
  return page;
}

function file(filename: string, uploadTime: string | undefined, more: object = {}): object {
  return {
    filename,
    url: `https://files.example.com/${filename}`,
    hashes: {},
    'upload-time': uploadTime,
    ...more,
  };
}

describe('hideYounger', () => {
  it.each([
    ['a microsecond before', '2026-02-28T23:59:59.999999Z', true],
    ['at the instant', '2026-03-01T00:00:00Z', false],
    ['within its millisecond', '2026-03-01T00:00:00.000001Z', false],
    ['after', '2026-03-01T08:00:00Z', false],
    ['no time', undefined, false],
    ['a time without a zone', '2026-02-01T00:00:00', false],
    ['another zone', '2026-02-01T00:00:00+02:00', false],
    ['no time at all', 'yesterday', false],
    ['a month 13', '2025-13-01T00:00:00Z', false],
  ])('%s', (_, uploadTime, stays) => {
    const { page, hidden } = hideYounger(pageOf([file('demo_pkg-1.0.tar.gz', uploadTime)]), CUTOFF);
    expect(page.files.length).toBe(stays ? 1 : 0);
    expect(hidden).toEqual(
      stays ? [] : [{ name: 'demo-pkg', filename: 'demo_pkg-1.0.tar.gz', uploadTime: uploadTime ?? null }],
    );
  });

  it('keeps only the versions that still have a file', () => {
    const old = '2026-01-01T00:00:00Z';
    const young = '2026-04-01T00:00:00Z';
    const { page } = hideYounger(
      pageOf(
        [
          file('demo_pkg-1.0-py3-none-any.whl', old),
          file('demo-pkg-1.1.tar.gz', old),
          file('demo.pkg-1.2.zip', old),
          file('demo_pkg-1.3rc1-py2.7.egg', old),
          file('demo_pkg-2.0-py3-none-any.whl', old),
          file('demo_pkg-2.0.tar.gz', young),
          file('demo_pkg-3.0.tar.gz', young),
          file('demo_pkg-3.1+local.1.tar.gz', old),
          file('other-9.9.tar.gz', old),
        ],
        ['1.0', '1.1', '1.2', '1.3rc1', '2.0', '3.0', '3.1+local.1', '9.9'],
      ),
      CUTOFF,
    );
    expect(page.versions).toEqual(['1.0', '1.1', '1.2', '1.3rc1', '2.0', '3.1+local.1']);
  });

  it('says nothing of versions where the index does not', () => {
    expect(JSON.parse(simplePageJson(hideYounger(pageOf([]), CUTOFF).page))).toEqual({
      meta: { 'api-version': '1.0' },
      name: 'demo-pkg',
      files: [],
    });
  });
});

describe('hasNoUploadTimes', () => {
  it.each([
    ['no file has one', [file('a-1.tar.gz', undefined), file('a-2.tar.gz', undefined)], true],
    ['one has', [file('a-1.tar.gz', undefined), file('a-2.tar.gz', '2020-01-01T00:00:00Z')], false],
    ['there are no files', [], false],
  ])('%s', (_, files, expected) => {
    expect(hasNoUploadTimes(pageOf(files))).toBe(expected);
  });
});

describe('readSimplePage', () => {
  it.each(['', '[]', 'null', '{}', '{"files": {}}', '<html>'])('refuses %j', (text) => {
    expect(readSimplePage(text, 'a', 'https://index.example.com/')).toBeNull();
  });

  it('makes URLs absolute and drops files that are none', () => {
    const page = pageOf([
      { filename: 'a-1.tar.gz', url: '../../files/a-1.tar.gz#sha256=00' },
      { filename: 'a-2.tar.gz', url: 'file:///etc/passwd' },
      { filename: 'a-3.tar.gz', url: 'ftp://files.example.com/a-3.tar.gz' },
      { filename: 'a-4.tar.gz' },
      { filename: 5, url: 'https://files.example.com/' },
      'text',
      null,
    ]);
    expect(page.files).toEqual([
      { filename: 'a-1.tar.gz', url: 'https://index.example.com/files/a-1.tar.gz' },
    ]);
  });

  it('is not fooled by prototype keys', () => {
    const text =
      '{"__proto__": {"polluted": true}, "files": [{"filename": "a-1.zip", "url": "https://h.example/a", "__proto__": {"upload-time": "2020-01-01T00:00:00Z"}}]}';
    const page = readSimplePage(text, 'a', 'https://index.example.com/');
    expect(page === null ? null : hideYounger(page, CUTOFF).page.files).toEqual([]);
    expect(({} as Record<string, unknown>)['polluted']).toBeUndefined();
  });
});

describe('simplePageHtml', () => {
  it('carries what PEP 503, 592, 658 and 714 ask for', () => {
    const html = simplePageHtml(
      pageOf([
        file('demo_pkg-1.0-py3-none-any.whl', undefined, {
          hashes: { md5: '00ff', sha256: 'abcdef' },
          'requires-python': '>=3.9,<4',
          'core-metadata': { sha256: '0123' },
          yanked: 'bad "build" <b>',
        }),
        file('demo_pkg-1.1.tar.gz', undefined, { yanked: true, 'dist-info-metadata': true }),
        file('demo_pkg-1.2.tar.gz', undefined, { yanked: false, 'core-metadata': false }),
      ]),
    );
    expect(html.split('\n').filter((line) => line.includes('<a '))).toEqual([
      '    <a href="https://files.example.com/demo_pkg-1.0-py3-none-any.whl#sha256=abcdef" data-requires-python="&gt;=3.9,&lt;4" data-dist-info-metadata="sha256=0123" data-core-metadata="sha256=0123" data-yanked="bad &quot;build&quot; &lt;b&gt;">demo_pkg-1.0-py3-none-any.whl</a><br>',
      '    <a href="https://files.example.com/demo_pkg-1.1.tar.gz" data-dist-info-metadata="true" data-core-metadata="true" data-yanked="">demo_pkg-1.1.tar.gz</a><br>',
      '    <a href="https://files.example.com/demo_pkg-1.2.tar.gz">demo_pkg-1.2.tar.gz</a><br>',
    ]);
  });

  it('adds no hash that could break out of the fragment', () => {
    expect(
      simplePageHtml(pageOf([file('a.zip', undefined, { hashes: { sha256: '"><script>' } })])),
    ).not.toContain('#');
  });

  it('escapes whatever the index says', () => {
    const hostile = string({ unit: constantFrom('<', '>', '"', "'", '&', 'a', '\n') });
    assert(
      property(hostile, hostile, hostile, (filename, requiresPython, yanked) => {
        const html = simplePageHtml(
          pageOf([{ filename: `x${filename}`, url: 'f', 'requires-python': requiresPython, yanked }]),
        );
        const anchors = [...html.matchAll(/<a (?:[a-z-]+="[^"<>]*" ?)+>[^<>]*<\/a><br>\n {2}<\/body>/gu)];
        expect(anchors).toHaveLength(1);
      }),
    );
  });
});
