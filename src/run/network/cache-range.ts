/** Byte ranges (RFC 9110 section 14), one at a time. Pure. */

/** As asked for: from `first` to `last` (null: to the end), or the last `suffix` bytes. */
export type RangeWish =
  | { readonly kind: 'from'; readonly first: number; readonly last: number | null }
  | { readonly kind: 'suffix'; readonly bytes: number };

/** Both inclusive. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** More digits than these are no file's size, and no exact number either. */
const DIGITS = String.raw`\d{1,15}`;
const RANGE = new RegExp(`^bytes=[ \\t]*(${DIGITS})?-(${DIGITS})?[ \\t]*$`, 'iu');
const CONTENT_RANGE = new RegExp(`^bytes (${DIGITS})-(${DIGITS})/(${DIGITS})$`, 'iu');

/** @returns null when it is no single range of bytes: such a header is ignored, or is for upstream to answer. */
export function readRange(header: string): RangeWish | null {
  const match = RANGE.exec(header);
  if (match === null) return null;
  const [, first, last] = match;
  if (first !== undefined) {
    const wish = { first: Number(first), last: last === undefined ? null : Number(last) };
    return wish.last !== null && wish.last < wish.first ? null : { kind: 'from', ...wish };
  }
  return last === undefined ? null : { kind: 'suffix', bytes: Number(last) };
}

/** The one spelling of a wish. */
export function rangeText(wish: RangeWish): string {
  return wish.kind === 'suffix' ? `bytes=-${wish.bytes}` : `bytes=${wish.first}-${wish.last ?? ''}`;
}

/** The bytes that are meant in a file of `length`; null when it has none of them (status 416). */
export function spanOf(wish: RangeWish, length: number): Span | null {
  if (wish.kind === 'suffix') {
    return wish.bytes === 0 || length === 0
      ? null
      : { start: Math.max(0, length - wish.bytes), end: length - 1 };
  }
  if (wish.first >= length) return null;
  return { start: wish.first, end: Math.min(wish.last ?? length - 1, length - 1) };
}

/** The Content-Range of a 206 that gives exactly what was wished for; null when it gives anything else. */
export function spanGiven(wish: RangeWish, contentRange: string): Span | null {
  const match = CONTENT_RANGE.exec(contentRange.trim());
  if (match === null) return null;
  const [start, end, length] = match.slice(1).map(Number);
  const expected = spanOf(wish, length ?? 0);
  return expected !== null && expected.start === start && expected.end === end ? expected : null;
}
