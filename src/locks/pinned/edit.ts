/** Puts new versions and hashes into a hand-written requirements file; every other byte stays. */
import { eq } from '@renovatebot/pep440';
import type { Pin } from './pins.ts';

export interface NewPin {
  readonly version: string;
  /** `sha256:…`; used for pins that have hashes. */
  readonly hashes: readonly string[];
}

export interface Edited {
  readonly text: string;
  readonly moved: readonly Pin[];
  /** Pins whose text could not be found or whose hashes stand between other options: left as they are. */
  readonly untouched: readonly Pin[];
}

interface Span {
  readonly from: number;
  readonly to: number;
  readonly text: string;
}

/**
 * Moves pins.
 * @param text the file as it is: with its BOM and line ends.
 * @param pins of this text (`readPins`).
 * @param news by the pin's normalised name. An equal version (PEP 440) changes nothing, its hashes neither.
 */
export function movePins(text: string, pins: readonly Pin[], news: ReadonlyMap<string, NewPin>): Edited {
  const starts = lineStarts(text);
  const spans: Span[] = [];
  const moved: Pin[] = [];
  const untouched: Pin[] = [];
  for (const pin of pins) {
    const next = news.get(pin.name);
    if (next === undefined || eq(pin.version, next.version)) continue;
    const { line, endLine } = pin.requirement;
    const from = starts[line - 1] ?? text.length;
    const to = starts[endLine] ?? text.length;
    const edits = editPin(text, from, to, pin, next);
    if (edits === null) untouched.push(pin);
    else {
      spans.push(...edits);
      moved.push(pin);
    }
  }
  return { text: replaceSpans(text, spans), moved, untouched };
}

function editPin(text: string, from: number, to: number, pin: Pin, next: NewPin): readonly Span[] | null {
  const version = findVersion(text.slice(from, to), pin);
  if (version === null) return null;
  const edit = { from: from + version, to: from + version + pin.version.length, text: next.version };
  if (pin.requirement.hashes.length === 0) return [edit];
  const hashes = editHashes(text, edit.to, to, pin, next);
  return hashes === null ? null : [edit, hashes];
}

/** Where the version starts: behind the first `==`, since only the name and its extras come before. */
function findVersion(line: string, pin: Pin): number | null {
  const equals = line.indexOf('==');
  if (equals === -1) return null;
  const gap = /^[\s\\]*/u.exec(line.slice(equals + 2))?.[0].length ?? 0;
  const start = equals + 2 + gap;
  return line.startsWith(pin.version, start) ? start : null;
}

/** From the first hash to the last, with the gap that stands between them (or before the only one). */
function editHashes(text: string, from: number, to: number, pin: Pin, next: NewPin): Span | null {
  const found = [...text.slice(from, to).matchAll(/--hash(?:=|\s+)["']?[A-Za-z0-9]+:[A-Za-z0-9]+["']?/gu)];
  const [first, second] = found;
  const last = found.at(-1);
  if (first === undefined || last === undefined) return null;
  if (found.length !== pin.requirement.hashes.length || next.hashes.length === 0) return null;
  const between = text.slice(from + first.index, from + last.index + last[0].length);
  const gaps = between.split(/--hash(?:=|\s+)["']?[A-Za-z0-9]+:[A-Za-z0-9]+["']?/u);
  // Another option or a comment among the hashes would be lost.
  if (gaps.some((gap) => !/^[\s\\]*$/u.test(gap))) return null;
  const before = /[\s\\]*$/u.exec(text.slice(from, from + first.index))?.[0] ?? ' ';
  const gap = second === undefined ? before : (gaps[1] ?? ' ');
  const prefix = /^--hash(?:=|\s+)/u.exec(first[0])?.[0] ?? '--hash=';
  return {
    from: from + first.index,
    to: from + last.index + last[0].length,
    text: next.hashes.map((hash) => `${prefix}${hash}`).join(gap),
  };
}

/** Offset of each physical line. */
function lineStarts(text: string): readonly number[] {
  const starts = [0];
  for (const match of text.matchAll(/\r\n|\n|\r/gu)) starts.push(match.index + match[0].length);
  return starts;
}

function replaceSpans(text: string, spans: readonly Span[]): string {
  let result = '';
  let at = 0;
  for (const span of [...spans].sort((a, b) => a.from - b.from)) {
    result += text.slice(at, span.from) + span.text;
    at = span.to;
  }
  return result + text.slice(at);
}
