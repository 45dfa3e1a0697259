/** Text that remembers where in its file each character stands, so that what is read can be edited in place. Pure. */
import type { Span } from './model.ts';

export interface LocatedText {
  readonly text: string;
  /** For each UTF-16 unit of `text` its offset in the file. */
  readonly at: readonly number[];
}

export const NOTHING: LocatedText = { text: '', at: [] };

/** The part of a file from `start` to `end` as it stands there. */
export function located(file: string, start: number, end: number): LocatedText {
  const text = file.slice(start, end);
  return { text, at: Array.from({ length: text.length }, (_, index) => start + index) };
}

export function sliceOf(from: LocatedText, start: number, end = from.text.length): LocatedText {
  return { text: from.text.slice(start, end), at: from.at.slice(start, end) };
}

export function join(parts: readonly LocatedText[]): LocatedText {
  return { text: parts.map((part) => part.text).join(''), at: parts.flatMap((part) => part.at) };
}

/**
 * Where a part of the text stands in the file.
 * @returns null when it is empty, or its characters do not stand side by side: a line continuation, two variables.
 */
export function spanOf(from: LocatedText, start: number, end: number): Span | null {
  const first = from.at[start];
  if (first === undefined || end <= start || end > from.at.length) return null;
  for (let index = start; index < end; index += 1) {
    if (from.at[index] !== first + index - start) return null;
  }
  return { start: first, end: first + end - start };
}

/** Words between white space; quotes hold what is in them together, and stay. */
export function wordsOf(from: LocatedText): readonly LocatedText[] {
  const words: LocatedText[] = [];
  let start = -1;
  let quote = '';
  for (let index = 0; index <= from.text.length; index += 1) {
    const character = from.text[index] ?? ' ';
    const ends = index === from.text.length || (quote === '' && /\s/u.test(character));
    if (ends) {
      if (start !== -1) words.push(sliceOf(from, start, index));
      start = -1;
      continue;
    }
    if (start === -1) start = index;
    if (quote === character) quote = '';
    else if (quote === '' && (character === '"' || character === "'")) quote = character;
  }
  return words;
}

/** Offsets at which lines begin. */
export function lineStarts(file: string): readonly number[] {
  const starts = [0];
  for (let at = file.indexOf('\n'); at !== -1; at = file.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

/** The line, from 1, on which an offset stands. */
export function lineAt(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? 0) <= offset) low = middle;
    else high = middle;
  }
  return low + 1;
}
