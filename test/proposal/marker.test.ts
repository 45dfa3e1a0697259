import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  readMarker,
  stripMarker,
  tagOfComment,
  titleDigest,
  withMarker,
  withTag,
  type Marker,
} from '../../src/proposal/marker.ts';

const MARKER: Marker = {
  inputs: 'sha256:ab12',
  purpose: 'monthly',
  month: '2026-11',
  title: titleDigest('Re-lock'),
  finished: true,
};
const LINE = withMarker('', MARKER).trim();

const body = fc
  .array(
    fc.oneof(
      fc.string(),
      fc.constantFrom(LINE, '<!-- relock: {} -->', '<!--', '-->', '```', '\r', LINE.slice(4)),
    ),
  )
  .map((lines) => lines.join('\n'));

it('is hidden, on the last line, and read back from any body', () => {
  expect(withMarker('Text', MARKER)).toBe(`Text\n\n${LINE}\n`);
  expect(LINE).toMatch(
    /^<!-- relock: \{"inputs":"sha256:ab12","purpose":"monthly","month":"2026-11",.*\} -->$/u,
  );
  fc.assert(
    fc.property(body, (text) => {
      const marked = withMarker(text, MARKER);
      expect(readMarker(marked)).toEqual(MARKER);
      expect(readMarker(marked.replaceAll('\n', '\r\n'))).toEqual(MARKER);
      expect(readMarker(stripMarker(marked))).toBeNull();
      expect(withMarker(marked, MARKER)).toBe(marked);
      expect(marked.length).toBeLessThanOrEqual(text.length + LINE.length + 3);
    }),
  );
});

it('replaces the one that was there', () => {
  const later = { ...MARKER, inputs: 'other' };
  const marked = withMarker(withMarker('Text', MARKER), later);
  expect(readMarker(marked)).toEqual(later);
  expect(marked.match(/relock:/gu)).toHaveLength(1);
});

describe('is not believed', () => {
  it.each([
    ['none', 'Text'],
    ['two', `${LINE}\nText\n${LINE}`],
    ['not on a line of its own', `> ${LINE}`],
    ['indented', `    ${LINE}`],
    ['text behind', `${LINE} and more`],
    ['no JSON', '<!-- relock: {inputs} -->'],
    ['a list', '<!-- relock: {"0":[]} -->'],
    ['a number for a text', LINE.replace('"sha256:ab12"', '12')],
    ['inputs with spaces', LINE.replace('ab12', 'a b')],
    ['no month', LINE.replace('2026-11', '2026-13')],
    ['inherited keys', '<!-- relock: {"__proto__":{"inputs":"a","purpose":"monthly","month":"2026-11"}} -->'],
    ['too long', LINE.replace('ab12', 'a'.repeat(2000))],
  ])('%s', (_what, text) => {
    expect(readMarker(text)).toBeNull();
  });
});

it('of an older kind is read without what it lacks', () => {
  const text = '<!-- relock: {"inputs":"abc","purpose":"monthly","month":"2026-11"} -->';
  expect(readMarker(text)).toEqual({
    inputs: 'abc',
    purpose: 'monthly',
    month: '2026-11',
    title: '',
    finished: false,
  });
});

it('tags comments', () => {
  const text = withTag('Hello', 'foreign');
  expect(tagOfComment(text)).toBe('foreign');
  expect(tagOfComment(text.replaceAll('\n', '\r\n'))).toBe('foreign');
  expect(tagOfComment('Hello')).toBeNull();
  expect(tagOfComment(`> ${text}\nmine`)).toBeNull();
});
