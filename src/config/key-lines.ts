/**
 * Where each key of a TOML document stands: the parser gives values without places, and an error should name its line.
 * Pure.
 */

/** A key's place in the document: `['lock', 0, 'python']`. */
export type KeyPath = readonly (string | number)[];

interface Scan {
  readonly text: string;
  at: number;
  line: number;
  readonly lines: Map<string, number>;
}

/**
 * Finds every key and list item.
 * @param text a document that a TOML parser has accepted; of anything else the lines may be wrong.
 * @returns 1-based lines: of a key or list item, or of the nearest table around it when it is not in the text.
 */
export function keyLines(text: string): (path: KeyPath) => number {
  const scan: Scan = { text, at: 0, line: 1, lines: new Map() };
  scanDocument(scan);
  return (path) => {
    for (let length = Math.min(path.length, MAX_DEPTH); length > 0; length -= 1) {
      const line = scan.lines.get(JSON.stringify(path.slice(0, length)));
      if (line !== undefined) return line;
    }
    return 1;
  };
}

function scanDocument(scan: Scan): void {
  /** How many `[[name]]` there were of each list of tables. */
  const counts = new Map<string, number>();
  let table: KeyPath = [];
  for (skipBlank(scan); scan.at < scan.text.length; skipBlank(scan)) {
    const before = scan.at;
    if (scan.text[scan.at] === '[') table = scanHeader(scan, counts);
    else scanPair(scan, table);
    if (scan.at === before) move(scan);
  }
}

/** `[a.b]` or `[[a.b]]`; a list of tables on the way means its newest one. */
function scanHeader(scan: Scan, counts: Map<string, number>): KeyPath {
  const isList = scan.text.startsWith('[[', scan.at);
  move(scan, isList ? 2 : 1);
  const keys = scanKeys(scan);
  const path: (string | number)[] = [];
  for (const [index, key] of keys.entries()) {
    path.push(key);
    const name = path.length > MAX_DEPTH ? '' : JSON.stringify(path);
    const count = counts.get(name);
    const opens = isList && index === keys.length - 1;
    if (opens) counts.set(name, (count ?? 0) + 1);
    note(scan, path);
    if (opens) path.push(count ?? 0);
    else if (count !== undefined) path.push(count - 1);
  }
  note(scan, path);
  skipSpaces(scan);
  move(scan, isList ? 2 : 1);
  return path;
}

/** `a.b = value`. */
function scanPair(scan: Scan, table: KeyPath): void {
  const path = [...table];
  const line = scan.line;
  for (const key of scanKeys(scan)) {
    path.push(key);
    note(scan, path, line);
  }
  if (scan.text[scan.at] !== '=') return;
  move(scan);
  skipSpaces(scan);
  scanValue(scan, path);
}

/** The parts of a dotted key. */
function scanKeys(scan: Scan): readonly string[] {
  const keys: string[] = [];
  for (;;) {
    skipSpaces(scan);
    const quote = scan.text[scan.at];
    if (quote === '"' || quote === "'") {
      const from = scan.at;
      scanString(scan);
      keys.push(unquote(scan.text.slice(from, scan.at)));
    } else {
      const bare = /[\w-]+/uy;
      bare.lastIndex = scan.at;
      const match = bare.exec(scan.text);
      if (match === null) return keys;
      move(scan, match[0].length);
      keys.push(match[0]);
    }
    skipSpaces(scan);
    if (scan.text[scan.at] !== '.') return keys;
    move(scan);
  }
}

function scanValue(scan: Scan, path: KeyPath): void {
  const first = scan.text[scan.at];
  if (first === '"' || first === "'") scanString(scan);
  else if (first === '[') scanList(scan, path);
  else if (first === '{') scanInlineTable(scan, path);
  else while (scan.at < scan.text.length && !/[,\]}\n#]/u.test(scan.text[scan.at] ?? '')) move(scan);
}

function scanList(scan: Scan, path: KeyPath): void {
  move(scan);
  let index = 0;
  for (skipBlank(scan); scan.at < scan.text.length; skipBlank(scan)) {
    const before = scan.at;
    const character = scan.text[scan.at];
    if (character === ']') return move(scan);
    if (character === ',') {
      index += 1;
      move(scan);
      continue;
    }
    note(scan, [...path, index]);
    scanValue(scan, [...path, index]);
    if (scan.at === before) move(scan);
  }
}

function scanInlineTable(scan: Scan, path: KeyPath): void {
  move(scan);
  for (skipBlank(scan); scan.at < scan.text.length; skipBlank(scan)) {
    const before = scan.at;
    const character = scan.text[scan.at];
    if (character === '}') return move(scan);
    if (character === ',') move(scan);
    else scanPair(scan, path);
    if (scan.at === before) move(scan);
  }
}

/** A string of any of TOML's four kinds, quotes included. */
function scanString(scan: Scan): void {
  const quote = scan.text[scan.at] ?? '';
  const triple = quote.repeat(3);
  const end = scan.text.startsWith(triple, scan.at) ? triple : quote;
  move(scan, end.length);
  while (scan.at < scan.text.length && !scan.text.startsWith(end, scan.at)) {
    move(scan, quote === '"' && scan.text[scan.at] === '\\' ? 2 : 1);
  }
  move(scan, end.length);
  // `""""` at the end of a multi-line string: quotes that belong to its content.
  while (end.length === 3 && scan.text[scan.at] === quote) move(scan);
}

function unquote(written: string): string {
  const inner = written.slice(1, -1);
  if (written.startsWith("'")) return inner;
  return inner.replaceAll(
    /\\(?:u([\da-f]{4})|U([\da-f]{8})|x([\da-f]{2})|([btnfre"\\]))/giu,
    (whole, short?: string, long?: string, byte?: string, letter?: string) => {
      const code = Number.parseInt(short ?? long ?? byte ?? '', 16);
      if (!Number.isNaN(code)) return code > 0x10ffff ? whole : String.fromCodePoint(code);
      return ESCAPES.get(letter ?? '') ?? whole;
    },
  );
}

const ESCAPES: ReadonlyMap<string, string> = new Map([
  ['b', '\b'],
  ['t', '\t'],
  ['n', '\n'],
  ['f', '\f'],
  ['r', '\r'],
  ['e', '\u001B'],
  ['"', '"'],
  ['\\', '\\'],
]);

/** Deeper than any key that a configuration knows. Threat: `a.a.a.…` a thousand times over. */
const MAX_DEPTH = 8;

function note(scan: Scan, path: KeyPath, line = scan.line): void {
  if (path.length > MAX_DEPTH) return;
  const name = JSON.stringify(path);
  if (!scan.lines.has(name)) scan.lines.set(name, line);
}

/** Over spaces, line ends and comments. */
function skipBlank(scan: Scan): void {
  for (;;) {
    const character = scan.text[scan.at];
    if (character === '#') {
      while (scan.at < scan.text.length && scan.text[scan.at] !== '\n') move(scan);
    } else if (character !== undefined && /[\s\uFEFF]/u.test(character)) move(scan);
    else return;
  }
}

function skipSpaces(scan: Scan): void {
  while (scan.text[scan.at] === ' ' || scan.text[scan.at] === '\t') move(scan);
}

function move(scan: Scan, by = 1): void {
  for (let count = 0; count < by && scan.at < scan.text.length; count += 1) {
    if (scan.text[scan.at] === '\n') scan.line += 1;
    scan.at += 1;
  }
}
