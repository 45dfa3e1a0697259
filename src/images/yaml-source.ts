/** YAML whose scalars know where they stand in the file, anchors, aliases and merges followed. Pure; never throws. */
import { isAlias, isMap, isScalar, isSeq, parseAllDocuments, visit } from 'yaml';
import type { Document, Node, Scalar, YAMLMap } from 'yaml';
import { join, located, spanOf, type LocatedText } from './located-text.ts';

/** Threat: the library takes 100 bytes and more for each character. */
const LONGEST = 512 * 1024;

export type YamlNode = Node;

type Entries = ReadonlyMap<string, Node | null>;

export interface YamlSource {
  readonly file: string;
  readonly root: Node;
  readonly targets: ReadonlyMap<unknown, Node>;
  /** Threat: merges within merges. Each mapping is read once. */
  readonly read: Map<YAMLMap, Entries>;
  /** Threat: one long text that hundreds of services share. Each is taken once. */
  readonly texts: Map<Scalar, YamlText>;
}

/** Reads a file of one YAML document; null when it is none, or has errors. */
export function openYaml(file: string): YamlSource | null {
  if (file.length > LONGEST) return null;
  try {
    const [document, more] = parseAllDocuments(file, {
      schema: 'failsafe',
      logLevel: 'silent',
      prettyErrors: false,
      // Threat: the check takes the square of the number of keys.
      uniqueKeys: false,
    }) as readonly Document.Parsed[];
    if (document === undefined || more !== undefined) return null;
    if (document.errors.length > 0 || document.contents === null) return null;
    return { file, root: document.contents, targets: targetsOf(document), read: new Map(), texts: new Map() };
  } catch {
    return null;
  }
}

/**
 * What each alias stands for: the last anchor of that name before it. Threat: the library's own look-up goes through the
 * whole document for every alias.
 */
function targetsOf(document: Document.Parsed): ReadonlyMap<unknown, Node> {
  const anchors = new Map<string, Node>();
  const targets = new Map<unknown, Node>();
  visit(document, (_key, node) => {
    if (isAlias(node)) {
      const target = anchors.get(node.source);
      if (target !== undefined) targets.set(node, target);
    } else if ((isMap(node) || isSeq(node) || isScalar(node)) && node.anchor !== undefined) {
      anchors.set(node.anchor, node);
    }
  });
  return targets;
}

/** A node with its alias followed; null when there is none. */
function follow(source: YamlSource, node: unknown): Node | null {
  if (isAlias(node)) return source.targets.get(node) ?? null;
  return isMap(node) || isSeq(node) || isScalar(node) ? node : null;
}

/** The value at a key, whether it stands there or is merged in (`<<: *anchor`); null when there is none. */
export function valueAt(source: YamlSource, node: unknown, key: string): Node | null {
  return entriesOf(source, node).get(key) ?? null;
}

/** Keys and values of a mapping, those that are merged in last; each key once. */
export function entriesOf(source: YamlSource, node: unknown): Entries {
  const map = follow(source, node);
  if (!isMap(map)) return new Map();
  const before = source.read.get(map);
  if (before !== undefined) return before;
  const found = new Map<string, Node | null>();
  source.read.set(map, found);
  for (const { key, value } of map.items) {
    if (isScalar(key) && typeof key.value === 'string' && key.value !== '<<') {
      found.set(key.value, follow(source, value));
    }
  }
  for (const merged of mergedInto(source, map)) {
    for (const [key, value] of entriesOf(source, merged)) {
      if (!found.has(key)) found.set(key, value);
    }
  }
  return found;
}

function mergedInto(source: YamlSource, map: YAMLMap): ReadonlySet<unknown> {
  const merged = new Set<unknown>();
  for (const pair of map.items) {
    if (!isScalar(pair.key) || pair.key.value !== '<<') continue;
    const value = follow(source, pair.value);
    for (const item of isSeq(value) ? value.items : [value]) merged.add(follow(source, item));
  }
  return merged;
}

/** The items of a sequence; empty for anything else. */
export function itemsOf(source: YamlSource, node: unknown): readonly (Node | null)[] {
  const list = follow(source, node);
  return isSeq(list) ? list.items.map((item) => follow(source, item)) : [];
}

/** A scalar's text. */
export interface YamlText extends LocatedText {
  /** Offset in the file at which the scalar starts, its quote or `|` included. */
  readonly start: number;
  /** Where the text itself ends; for a comment behind it. */
  readonly end: number;
  /** It stands in the file letter by letter; false: escapes or folded lines, and `at` tells nothing. */
  readonly inPlace: boolean;
}

/**
 * The text of a scalar with the place of each character: plain, quoted without escapes, or a literal block (`|`).
 * @returns null when the node is no text.
 */
export function textOf(source: YamlSource, node: Node | null): YamlText | null {
  if (!isScalar(node) || typeof node.value !== 'string') return null;
  const before = source.texts.get(node);
  if (before !== undefined) return before;
  const text = takeText(source, node, node.value);
  source.texts.set(node, text);
  return text;
}

function takeText(source: YamlSource, node: Scalar, value: string): YamlText {
  const [start, end] = node.range ?? [0, 0];
  const found = node.type === 'BLOCK_LITERAL' ? literalBlock(source.file, node) : onOneLine(source, node);
  return found === null
    ? { text: value, at: [], start, end, inPlace: false }
    : { ...found, start, end, inPlace: true };
}

function onOneLine({ file }: YamlSource, node: Scalar): LocatedText | null {
  const [start, end] = node.range ?? [0, 0];
  const quotes = node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE' ? 1 : 0;
  const text = located(file, start + quotes, end - quotes);
  return text.text === node.value ? text : null;
}

/**
 * Lines of a literal block without their indentation. What comes out is held against the parser's own value, so that an
 * odd block is not edited rather than edited wrongly.
 */
function literalBlock(file: string, node: Scalar): LocatedText | null {
  const [start, end] = node.range ?? [0, 0];
  const value = String(node.value);
  const header = file.indexOf('\n', start);
  if (header === -1 || header >= end) return null;
  const lines: Line[] = [];
  for (let at = header + 1; at < end;) {
    const newline = file.indexOf('\n', at);
    const next = newline === -1 || newline >= end ? end : newline + 1;
    lines.push({ start: at, next, isEnded: newline !== -1 && newline < end });
    at = next;
  }
  const indent = indentOf(file, lines, value);
  const parts = lines.map((line) => lineText(file, line, indent));
  const whole = join(parts);
  // The parser ends the last line of a block, also where the file does not.
  if (value === `${whole.text}\n`) return { text: value, at: [...whole.at, end] };
  return whole.text.startsWith(value) ? { text: value, at: whole.at.slice(0, value.length) } : null;
}

interface Line {
  readonly start: number;
  readonly next: number;
  readonly isEnded: boolean;
}

/** How far the block is indented: the first line with text, less what that line keeps. */
function indentOf(file: string, lines: readonly Line[], value: string): number {
  const kept = value.split('\n').find((line) => line.trim() !== '');
  const first = lines.find(({ start, next }) => file.slice(start, next).trim() !== '');
  if (kept === undefined || first === undefined) return 0;
  const line = file.slice(first.start, first.next);
  return line.length - line.trimStart().length - (kept.length - kept.trimStart().length);
}

/** The parser makes `\r\n` one `\n`. */
function lineText(file: string, { start, next, isEnded }: Line, indent: number): LocatedText {
  const ending = isEnded ? (file[next - 2] === '\r' && next - 2 >= start ? 2 : 1) : 0;
  const end = next - ending;
  const text = located(file, Math.min(start + indent, end), end);
  return isEnded ? join([text, { text: '\n', at: [next - 1] }]) : text;
}

/** Where a part of a scalar stands in the file; null when it is not there in one piece. */
export function spanInFile(text: YamlText, start: number, end: number): ReturnType<typeof spanOf> {
  return text.inPlace ? spanOf(text, start, end) : null;
}
