/**
 * YAML as tools write it: one entry a line, block style, plain or single-quoted scalars. A lock of 5,000 packages is read in
 * milliseconds so, and in seconds by a whole parser. Anything else is not read here. Pure.
 */
import type { YamlNode } from './yaml.ts';

/** No scalar that begins so is anything but its own text, and none of the later characters ends it. */
const PLAIN = /^[\w./+=<(~^$;][^#:'"]*(?:(?::(?! |$)|(?<! )#)[^#:'"]*)*$/u;
const KEY = /^(?:[\w.][\w.+/-]*|'[^']+'):(?= |$)/u;
/** Deeper is no lock. Threat: a stack that overflows. */
const MAX_DEPTH = 12;

interface Line {
  readonly indent: number;
  readonly rest: string;
}

interface Cursor {
  /** Nothing but printable ASCII is in any of them. */
  readonly isPlain: boolean;
  readonly lines: readonly string[];
  at: number;
  /** The line at `at`, split; null at the end. */
  line: Line | null;
}

/** Not in the regular form. */
class IrregularError extends Error {}

/**
 * @param text with `\n` line ends.
 * @returns what the YAML library reads (every scalar as text), or null when the text is not in the regular form.
 */
export function readRegularYaml(text: string): YamlNode | null {
  const isPlain = !/[^\x20-\x7E\n]/u.test(text);
  const cursor: Cursor = { isPlain, lines: text.split('\n'), at: -1, line: null };
  try {
    advance(cursor);
    if (cursor.line === null || cursor.line.indent !== 0) return null;
    const node = readBlock(cursor, 0, 0);
    return cursor.line === null ? node : null;
  } catch (error) {
    if (error instanceof IrregularError) return null;
    throw error;
  }
}

/** To the next line that is neither blank nor a comment. */
function advance(cursor: Cursor): void {
  for (;;) {
    cursor.at += 1;
    const line = cursor.lines[cursor.at];
    if (line === undefined) {
      cursor.line = null;
      return;
    }
    let indent = 0;
    while (line.codePointAt(indent) === 0x20) indent += 1;
    if (indent === line.length || line.codePointAt(indent) === 0x23) continue;
    if (!cursor.isPlain && !/^[\x20-\x7E]*$/u.test(line)) throw new IrregularError();
    cursor.line = { indent, rest: line.slice(indent) };
    return;
  }
}

function readBlock(cursor: Cursor, indent: number, depth: number): YamlNode {
  if (depth > MAX_DEPTH) throw new IrregularError();
  return cursor.line?.rest.startsWith('- ') === true
    ? readSequence(cursor, indent, depth)
    : readMapping(cursor, indent, depth);
}

function readSequence(cursor: Cursor, indent: number, depth: number): readonly YamlNode[] {
  const items: YamlNode[] = [];
  for (let line = cursor.line; line !== null && line.indent >= indent; line = cursor.line) {
    if (line.indent > indent) throw new IrregularError();
    // In a mapping the list may stand as far out as its key: then the next key ends it.
    if (!line.rest.startsWith('- ')) break;
    const rest = line.rest.slice(2);
    if (KEY.test(rest)) {
      cursor.line = { indent: indent + 2, rest };
      items.push(readMapping(cursor, indent + 2, depth + 1));
    } else {
      items.push(scalar(rest));
      advance(cursor);
    }
  }
  return items;
}

function readMapping(cursor: Cursor, indent: number, depth: number): YamlNode {
  if (depth > MAX_DEPTH) throw new IrregularError();
  const map = new Map<string, YamlNode>();
  for (let line = cursor.line; line !== null && line.indent >= indent; line = cursor.line) {
    const written = line.indent > indent ? undefined : KEY.exec(line.rest)?.[0];
    if (written === undefined) throw new IrregularError();
    const key = written.startsWith("'") ? written.slice(1, -2) : written.slice(0, -1);
    if (map.has(key)) throw new IrregularError();
    const value = line.rest.slice(written.length + 1);
    advance(cursor);
    map.set(key, value === '' ? readNested(cursor, indent, depth) : scalar(value));
  }
  return map;
}

/** What stands below a key. */
function readNested(cursor: Cursor, indent: number, depth: number): YamlNode {
  const { line } = cursor;
  if (line === null || line.indent < indent) throw new IrregularError();
  if (line.indent > indent) return readBlock(cursor, line.indent, depth + 1);
  if (!line.rest.startsWith('- ')) throw new IrregularError();
  return readSequence(cursor, indent, depth + 1);
}

function scalar(written: string): YamlNode {
  if (written === '{}') return new Map();
  if (written === '[]') return [];
  if (written.startsWith("'")) {
    const inner = written.slice(1, -1);
    const closed = written.length > 1 && written.endsWith("'");
    if (!closed || inner.replaceAll("''", '').includes("'")) throw new IrregularError();
    return inner.replaceAll("''", "'");
  }
  if (written.endsWith(' ') || !PLAIN.test(written)) throw new IrregularError();
  return written;
}
