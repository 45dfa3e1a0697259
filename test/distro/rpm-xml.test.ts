import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RepoFormatError } from '../../src/distro/repo-store.ts';
import { createXmlReader } from '../../src/distro/rpm-xml.ts';

/** What a document says, as one line each: `<name id=…`, `>name text`. */
function read(text: string | Buffer, cuts: readonly number[] = []): readonly string[] {
  const bytes = Buffer.from(text);
  const lines: string[] = [];
  const reader = createXmlReader({
    wantsText: (name) => name !== 'quiet',
    open: (name, attribute) => lines.push(`<${name} ${attribute('id')}|${attribute('b:c')}`),
    close: (name, content) => lines.push(`>${name} ${content}`),
  });
  let at = 0;
  for (const cut of [...cuts].sort((a, b) => a - b)) {
    reader.write(bytes.subarray(at, cut));
    at = Math.max(at, cut);
  }
  reader.write(bytes.subarray(at));
  reader.end();
  return lines;
}

const WHOLE = `<?xml version="1.0" encoding="UTF-8"?>
<!-- <a> ]]> -->
<a xmlns:b="x" id='1 > 0 &amp; "so"' b:c="&#65;&#x42;&lt;">
 text &amp; more
 <one id="2"/><quiet>not kept</quiet>
 <two
   id="3"
 >x<![CDATA[<&amp;]]>y</two >
</a>
`;
const LINES = [
  '<a 1 > 0 & "so"|AB<',
  '<one 2|',
  '>one ',
  '<quiet |',
  '>quiet ',
  '<two 3|',
  '>two x<&amp;y',
  '>a ',
];

function errorOf(text: string, cut: number): unknown {
  try {
    read(text, [cut]);
    return null;
  } catch (error) {
    return error;
  }
}

describe('XML', () => {
  it('is read', () => {
    expect(read(WHOLE)).toEqual(LINES);
  });

  it('is read alike however it is cut', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(WHOLE.length), { maxLength: 20 }), (cuts) => {
        expect(read(WHOLE, cuts)).toEqual(LINES);
      }),
    );
    expect(
      read(
        WHOLE,
        Array.from({ length: WHOLE.length }, (_, at) => at),
      ),
    ).toEqual(LINES);
  });

  it.each<readonly [string, string, string]>([
    ['a document type', '<!DOCTYPE a [<!ENTITY x "y">]><a/>', 'it declares a document type'],
    ['an entity inside', '<a><!ENTITY x "y"></a>', 'it declares a document type'],
    ['elements that cross', '<a><b></a></b>', 'its elements do not fit into each other'],
    ['an end without a start', '</a>', 'its elements do not fit into each other'],
    ['depth', '<a>'.repeat(65), 'its elements are too deep'],
    ['a tag without end', `<a id="${'x'.repeat(70_000)}`, 'an element in it has no end'],
    ['a comment without end', `<a><!--${'x'.repeat(70_000)}`, 'it has a part without end'],
    ['a long text', `<a>${'x'.repeat(70_000)}</a>`, 'a text in it is too long'],
    ['a second root', '<a/><a/>', 'something follows its end'],
    ['text alone', 'not found', 'it is no XML'],
    ['text before', 'oops<a/>', 'it is no XML'],
    ['nothing', '', 'it is cut off'],
    ['a cut', '<a><b></b>', 'it is cut off'],
    ['a cut in a tag', '<a></a', 'it is cut off'],
    ['no name', '<a>< b/></a>', 'it has an element without a name'],
  ])('is refused with %s', (_, text, why) => {
    expect(() => read(text)).toThrow(why);
  });

  it('keeps entities that it does not know as they are', () => {
    expect(read('<a>&own; &#0; &#1114112; &amp;lt;</a>')).toEqual(['<a |', '>a &own; &#0; &#1114112; &lt;']);
  });

  it('throws nothing but its own error, whatever comes', () => {
    const odd = fc.array(
      fc.constantFrom(
        '<',
        '>',
        '/',
        'a',
        '"',
        "'",
        '=',
        ' ',
        '!',
        '--',
        '?',
        '[CDATA[',
        ']]>',
        '&',
        ';',
        'x:y',
      ),
      {
        maxLength: 40,
      },
    );
    fc.assert(
      fc.property(odd, fc.nat(40), (parts, cut) => {
        expect(errorOf(parts.join(''), cut)).toSatisfy(
          (error) => error === null || error instanceof RepoFormatError,
        );
      }),
      { numRuns: 2000 },
    );
  });

  it('takes time by its length alone', () => {
    const start = performance.now();
    const long = `<a>${`<b ${'x'.repeat(30_000)} id="1"/>`.repeat(60)}</a>`;
    read(long);
    expect(() => read(`<a><b "${'>'.repeat(70_000)}`)).toThrow('an element in it has no end');
    expect(performance.now() - start).toBeLessThan(3000);
  });
});
