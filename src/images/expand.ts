/** Replaces variables by their defaults, and remembers where each character of the result stands. Pure. */
import { join, NOTHING, sliceOf, type LocatedText } from './located-text.ts';

/**
 * `dockerfile`: the Dockerfile reference, "Environment replacement": quotes are taken off, `escape` makes the next
 * character plain. `compose`: the Compose specification, "Interpolation": `$$` is a dollar.
 */
export type Dialect = { readonly of: 'dockerfile'; readonly escape: string } | { readonly of: 'compose' };

/** One variable that gave a part of the result. */
export interface VariableUse {
  readonly name: string;
  /** In the result; `end` exclusive. */
  readonly start: number;
  readonly end: number;
  /** The text is the default that stands in the reference itself: `${NAME:-text}`. */
  readonly inline: boolean;
}

export interface Expanded extends LocatedText {
  /** Variables of the outermost level, in order. */
  readonly uses: readonly VariableUse[];
  /** The first variable that nothing gives a value, or form that is not understood: `$TAG`; null: all were replaced. */
  readonly missing: string | null;
}

/** Values by name; undefined: it has none; null: it is always set, to what is not known here. */
export type Lookup = (name: string) => LocatedText | undefined | null;

/** Threat: `ARG A=$B$B` doubles at every line. Longer results are not understood. */
const LONGEST = 4096;
const DEEPEST = 8;
const NAME = /^[A-Za-z_][A-Za-z0-9_]*/u;
const OPERATOR = /^(:?[-+?])/u;

interface Reader {
  readonly dialect: Dialect;
  readonly lookup: Lookup;
  readonly parts: LocatedText[];
  readonly uses: VariableUse[];
  length: number;
  missing: string | null;
}

/** Expands one word. */
export function expand(word: LocatedText, lookup: Lookup, dialect: Dialect, depth = 0): Expanded {
  const reader: Reader = { dialect, lookup, parts: [], uses: [], length: 0, missing: null };
  const { text } = word;
  let quote = '';
  let at = 0;
  while (at < text.length) {
    const character = text[at] ?? '';
    const next = text[at + 1];
    if (dialect.of === 'dockerfile' && quote === '' && (character === '"' || character === "'")) {
      quote = character;
      at += 1;
    } else if (quote !== '' && character === quote) {
      quote = '';
      at += 1;
    } else if (isEscape(dialect, character, next, quote)) {
      emit(reader, sliceOf(word, at + 1, at + 2));
      at += 2;
    } else if (dialect.of === 'compose' && character === '$' && next === '$') {
      emit(reader, sliceOf(word, at, at + 1));
      at += 2;
    } else if (character === '$' && quote !== "'") {
      at = readVariable(reader, word, at, depth);
    } else {
      emit(reader, sliceOf(word, at, at + 1));
      at += 1;
    }
  }
  if (reader.length > LONGEST) {
    return { ...NOTHING, uses: [], missing: reader.missing ?? `${text.slice(0, 40)}…` };
  }
  return { ...join(reader.parts), uses: reader.uses, missing: reader.missing };
}

function isEscape(dialect: Dialect, character: string, next: string | undefined, quote: string): boolean {
  if (dialect.of !== 'dockerfile' || character !== dialect.escape || next === undefined) return false;
  return quote === '' || (quote === '"' && (next === '"' || next === '$' || next === dialect.escape));
}

function emit(reader: Reader, part: LocatedText): void {
  reader.length += part.text.length;
  if (reader.length <= LONGEST) reader.parts.push(part);
}

function fail(reader: Reader, what: string): void {
  reader.missing ??= what.length > 60 ? `${what.slice(0, 60)}…` : what;
}

/** @returns where to read on. */
function readVariable(reader: Reader, word: LocatedText, at: number, depth: number): number {
  const { text } = word;
  const braced = text[at + 1] === '{';
  const nameAt = at + (braced ? 2 : 1);
  const name = NAME.exec(text.slice(nameAt, nameAt + 256))?.[0];
  const end = braced ? closingBrace(text, nameAt) : nameAt + (name?.length ?? 0);
  if (name === undefined || end === -1) {
    if (!braced && name === undefined) {
      emit(reader, sliceOf(word, at, at + 1));
      if (text[at + 1] === '(' || text[at + 1] === '{') fail(reader, text.slice(at));
      return at + 1;
    }
    fail(reader, text.slice(at, end === -1 ? undefined : end + 1));
    return end === -1 ? text.length : end + 1;
  }
  const past = braced ? end + 1 : end;
  const whole = text.slice(at, past);
  const value = reader.lookup(name);
  const rest = braced ? text.slice(nameAt + name.length, end) : '';
  const operator = OPERATOR.exec(rest)?.[1];
  if (value === null) fail(reader, whole);
  else if (rest === '') use(reader, name, value, false, whole);
  else if (operator === undefined || depth >= DEEPEST) fail(reader, whole);
  else {
    const unset = value === undefined || (operator.startsWith(':') && value.text === '');
    const given = sliceOf(word, nameAt + name.length + operator.length, end);
    if (operator.endsWith('+')) {
      if (!unset) inline(reader, name, given, depth);
    } else if (!unset) use(reader, name, value, false, whole);
    else if (operator.endsWith('-')) inline(reader, name, given, depth);
    else fail(reader, whole);
  }
  return past;
}

function use(
  reader: Reader,
  name: string,
  value: LocatedText | undefined,
  inlined: boolean,
  whole: string,
): void {
  if (value === undefined) {
    fail(reader, whole);
    return;
  }
  const start = reader.length;
  emit(reader, value);
  reader.uses.push({ name, start, end: reader.length, inline: inlined });
}

function inline(reader: Reader, name: string, word: LocatedText, depth: number): void {
  const inner = expand(word, reader.lookup, reader.dialect, depth + 1);
  if (inner.missing !== null) fail(reader, inner.missing);
  // A default that is itself another variable's value belongs to that variable.
  const [only] = inner.uses;
  const through = only !== undefined && !only.inline && only.start === 0 && only.end === inner.text.length;
  use(reader, through ? only.name : name, inner, !through && inner.uses.every((one) => one.inline), name);
}

function closingBrace(text: string, from: number): number {
  let open = 1;
  for (let at = from; at < text.length; at += 1) {
    if (text[at] === '{' && text[at - 1] === '$') open += 1;
    else if (text[at] === '}') {
      open -= 1;
      if (open === 0) return at;
    }
  }
  return -1;
}
