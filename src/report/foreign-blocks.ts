/** Reads foreign Markdown into blocks, well enough to write it anew; what is unclear becomes a paragraph. Pure. */

export type Block =
  | { readonly kind: 'paragraph'; readonly text: string }
  | { readonly kind: 'heading'; readonly level: number; readonly text: string }
  | { readonly kind: 'code'; readonly text: string; readonly language: string }
  | { readonly kind: 'quote'; readonly blocks: readonly Block[] }
  /** `first` null: bullets. */
  | { readonly kind: 'list'; readonly first: number | null; readonly items: readonly (readonly Block[])[] }
  | { readonly kind: 'table'; readonly rows: readonly (readonly string[])[] };

/** Deeper is read as words. */
const MAX_DEPTH = 6;

/** @param text with line feeds, without tabs. */
export function readBlocks(text: string): readonly Block[] {
  return blocksOf(text.split('\n'), 0);
}

interface Reading {
  readonly lines: readonly string[];
  readonly depth: number;
  at: number;
  readonly found: Block[];
  paragraph: string[];
}

function blocksOf(lines: readonly string[], depth: number): readonly Block[] {
  if (depth > MAX_DEPTH) return [{ kind: 'paragraph', text: lines.join('\n') }];
  const reading: Reading = { lines, depth, at: 0, found: [], paragraph: [] };
  while (reading.at < lines.length) {
    const line = lines[reading.at] ?? '';
    if (line.trim() === '') {
      flush(reading);
      reading.at += 1;
    } else if (!READERS.some((read) => read(reading, line))) {
      reading.paragraph.push(line);
      reading.at += 1;
    }
  }
  flush(reading);
  return reading.found;
}

function flush(reading: Reading): void {
  if (reading.paragraph.length > 0)
    reading.found.push({ kind: 'paragraph', text: reading.paragraph.join('\n') });
  reading.paragraph = [];
}

/** Each takes what begins at the line and moves on, or gives false. */
const READERS: readonly ((reading: Reading, line: string) => boolean)[] = [
  readIndented,
  readFence,
  readHeading,
  readUnderlined,
  readRule,
  readQuote,
  readList,
  readTable,
];

function readIndented(reading: Reading, line: string): boolean {
  if (reading.paragraph.length > 0 || indentOf(line) < 4) return false;
  const code: string[] = [];
  for (; reading.at < reading.lines.length; reading.at += 1) {
    const next = reading.lines[reading.at] ?? '';
    if (next.trim() !== '' && indentOf(next) < 4) break;
    code.push(next.slice(4));
  }
  reading.found.push({ kind: 'code', text: code.join('\n'), language: '' });
  return true;
}

function readFence(reading: Reading, line: string): boolean {
  const open = /^ {0,3}(?<fence>`{3,}|~{3,})(?<info>.*)$/u.exec(line)?.groups;
  const fence = open?.['fence'];
  const info = open?.['info'] ?? '';
  if (fence === undefined || (fence.startsWith('`') && info.includes('`'))) return false;
  flush(reading);
  const indent = indentOf(line);
  const code: string[] = [];
  reading.at += 1;
  for (; reading.at < reading.lines.length; reading.at += 1) {
    const next = reading.lines[reading.at] ?? '';
    const mark = next.trim();
    if (indentOf(next) < 4 && mark.length >= fence.length && mark === (fence[0] ?? '').repeat(mark.length))
      break;
    code.push(next.slice(Math.min(indent, indentOf(next))));
  }
  reading.at += 1;
  const language = /^[^\s{}]*/u.exec(info.trim())?.[0] ?? '';
  reading.found.push({ kind: 'code', text: code.join('\n'), language });
  return true;
}

function readHeading(reading: Reading, line: string): boolean {
  const marks = /^ {0,3}(?<marks>#{1,6})(?= |$)/u.exec(line)?.groups?.['marks'];
  if (marks === undefined) return false;
  flush(reading);
  const text = line.trim().slice(marks.length).trim();
  const bare = text.replace(/#+$/u, '');
  const closed = bare === '' || bare.endsWith(' ');
  reading.found.push({ kind: 'heading', level: marks.length, text: closed ? bare.trim() : text });
  reading.at += 1;
  return true;
}

function readUnderlined(reading: Reading, line: string): boolean {
  if (reading.paragraph.length === 0 || !/^ {0,3}(?:=+|-+) *$/u.test(line)) return false;
  const level = line.trim().startsWith('=') ? 1 : 2;
  reading.found.push({ kind: 'heading', level, text: reading.paragraph.join(' ') });
  reading.paragraph = [];
  reading.at += 1;
  return true;
}

/** A rule says nothing; it only ends a paragraph. */
function readRule(reading: Reading, line: string): boolean {
  const marks = line.replaceAll(' ', '');
  if (indentOf(line) > 3 || !/^(?:-{3,}|\*{3,}|_{3,})$/u.test(marks)) return false;
  flush(reading);
  reading.at += 1;
  return true;
}

function readQuote(reading: Reading, line: string): boolean {
  if (!/^ {0,3}>/u.test(line)) return false;
  flush(reading);
  const inner: string[] = [];
  for (; reading.at < reading.lines.length; reading.at += 1) {
    const next = reading.lines[reading.at] ?? '';
    if (!/^ {0,3}>/u.test(next) && (next.trim() === '' || startsBlock(next))) break;
    inner.push(next.replace(/^ {0,3}> ?/u, ''));
  }
  reading.found.push({ kind: 'quote', blocks: blocksOf(inner, reading.depth + 1) });
  return true;
}

interface Marker {
  readonly number: number | null;
  /** Where the item's own text begins. */
  readonly content: number;
  readonly empty: boolean;
}

function markerOf(line: string): Marker | null {
  const groups = /^(?<indent> {0,3})(?<mark>[-*+]|(?<number>\d{1,9})[.)])(?<space> +|$)/u.exec(line)?.groups;
  if (groups === undefined) return null;
  const space = groups['space']?.length ?? 0;
  const empty = line.slice((groups['indent'] ?? '').length + (groups['mark'] ?? '').length).trim() === '';
  const content =
    (groups['indent'] ?? '').length + (groups['mark'] ?? '').length + (space > 4 || empty ? 1 : space);
  const number = groups['number'];
  return { number: number === undefined ? null : Number(number), content, empty };
}

function readList(reading: Reading, line: string): boolean {
  const first = markerOf(line);
  if (first === null) return false;
  const interrupts = reading.paragraph.length > 0;
  if (interrupts && (first.empty || (first.number !== null && first.number !== 1))) return false;
  flush(reading);
  const items: (readonly Block[])[] = [];
  while (reading.at < reading.lines.length) {
    const marker = markerOf(reading.lines[reading.at] ?? '');
    if (marker === null || (marker.number === null) !== (first.number === null)) break;
    if (isRule(reading.lines[reading.at] ?? '')) break;
    items.push(blocksOf(takeItem(reading, marker.content), reading.depth + 1));
  }
  reading.found.push({ kind: 'list', first: first.number, items });
  return true;
}

function isRule(line: string): boolean {
  return /^(?:-{3,}|\*{3,}|_{3,})$/u.test(line.replaceAll(' ', ''));
}

/** The lines of one item, without its indentation; blank lines after it are passed over. */
function takeItem(reading: Reading, content: number): readonly string[] {
  const lines = [(reading.lines[reading.at] ?? '').slice(content)];
  let blank = 0;
  for (reading.at += 1; reading.at < reading.lines.length; reading.at += 1) {
    const next = reading.lines[reading.at] ?? '';
    if (next.trim() === '') {
      blank += 1;
      continue;
    }
    const inside = indentOf(next) >= content;
    if (!inside && (blank > 0 || startsBlock(next))) break;
    for (; blank > 0; blank -= 1) lines.push('');
    lines.push(inside ? next.slice(content) : next.trimStart());
  }
  return lines;
}

function startsBlock(line: string): boolean {
  return markerOf(line) !== null || /^ {0,3}(?:>|#{1,6}(?: |$)|`{3,}|~{3,})/u.test(line) || isRule(line);
}

function readTable(reading: Reading, line: string): boolean {
  const rule = reading.lines[reading.at + 1] ?? '';
  if (!line.includes('|') || !rule.includes('-')) return false;
  if (!/^ {0,3}\|? *:?-+:? *(?:\| *:?-+:? *)*\|? *$/u.test(rule)) return false;
  const head = cellsOf(line);
  if (head.length !== cellsOf(rule).length) return false;
  flush(reading);
  const rows = [head];
  for (reading.at += 2; reading.at < reading.lines.length; reading.at += 1) {
    const next = reading.lines[reading.at] ?? '';
    if (next.trim() === '' || startsBlock(next)) break;
    const cells = cellsOf(next);
    rows.push(head.map((_, index) => cells[index] ?? ''));
  }
  reading.found.push({ kind: 'table', rows });
  return true;
}

function cellsOf(line: string): readonly string[] {
  const cells: string[] = [];
  let cell = '';
  const text = line.trim().replace(/^\|/u, '');
  for (let at = 0; at < text.length; at += 1) {
    const mark = text[at] ?? '';
    if (mark === '\\' && text[at + 1] === '|') {
      cell += '|';
      at += 1;
    } else if (mark === '|') {
      cells.push(cell.trim());
      cell = '';
    } else cell += mark;
  }
  return cell.trim() === '' ? cells : [...cells, cell.trim()];
}

function indentOf(line: string): number {
  return line.length - line.trimStart().length;
}
