/**
 * Checks a TOML document against its table of keys. Pure.
 *
 * Threat: the policy is a stranger's text (prototype keys, huge or deeply nested values, control characters that would
 * reach a log), and the settings hold secrets that must not reach a message.
 */
import { closest, distance } from 'fastest-levenshtein';
import { parse, TomlDate, TomlError } from 'smol-toml';
import { messageOf } from '../errors.ts';
import { parseSeconds } from './cutoff.ts';
import { keyLines, type KeyPath } from './key-lines.ts';
import { exampleOf, headerOf, nameOf, namesOf, quoted, tableName, typeName } from './key-words.ts';
import type { Checked, Field, Fields, TableField, TextField } from './schema.ts';

/** One thing that is wrong with a configuration file. */
export interface ConfigError {
  readonly path: string;
  /** 1-based. */
  readonly line: number;
  /** What is wrong, and what is right; one line. */
  readonly message: string;
}

const MAX_CHARACTERS = 256 * 1024;
const MAX_ERRORS = 50;
const MAX_NESTING = 20;

/** Says what is wrong at a place: `report(['lock', 0, 'python'], 'is not …', 'Write …')`. */
export type Report = (place: KeyPath, message: string, fix: string) => void;

/**
 * Reads and checks a document.
 * @param path how errors name the file.
 * @param more checks that need more than one key, run when every key by itself is right.
 * @returns the values, or everything that is wrong, in the order of the lines.
 */
export function checkToml<const F extends Fields>(
  text: string,
  path: string,
  fields: F,
  more: (value: Checked<F>, report: Report) => void = () => {},
): { readonly value: Checked<F> } | { readonly errors: readonly ConfigError[] } {
  if (text.length > MAX_CHARACTERS) {
    const message = `The file has more than ${MAX_CHARACTERS} characters; a configuration has a few dozen lines.`;
    return { errors: [{ path, line: 1, message }] };
  }
  const source = text.replace(/^\uFEFF/u, '');
  const document = parseDocument(source, path);
  if ('errors' in document) return document;
  const errors: ConfigError[] = [];
  let lineOf: ((place: KeyPath) => number) | null = null;
  const report: Report = (place, message, fix) => {
    lineOf ??= keyLines(source);
    errors.push({ path, line: lineOf(place), message: `${message} ${fix}` });
  };
  const value = checkTable(document.table, fields, [], { fields, report });
  if (errors.length === 0) more(value as Checked<F>, report);
  if (errors.length === 0) return { value: value as Checked<F> };
  const sorted = errors.sort((a, b) => a.line - b.line);
  const shown = sorted.slice(0, MAX_ERRORS);
  const last = shown.at(-1);
  if (sorted.length > shown.length && last !== undefined) {
    const message = `There are ${sorted.length - shown.length} more errors.`;
    shown.push({ path, line: last.line, message });
  }
  return { errors: shown };
}

type Table = Readonly<Record<string, unknown>>;

function parseDocument(
  text: string,
  path: string,
): { readonly table: Table } | { readonly errors: readonly ConfigError[] } {
  try {
    return { table: parse(text, { maxDepth: MAX_NESTING }) };
  } catch (error) {
    // The parser's message goes on with the lines around the error, which can hold a secret: only its first line is used.
    const first = messageOf(error).split('\n', 1)[0] ?? '';
    const what = first.replace(/^Invalid TOML document:\s*/u, '').slice(0, 200);
    const line = error instanceof TomlError ? error.line : 1;
    const column = error instanceof TomlError ? `, column ${error.column}` : '';
    return {
      errors: [
        {
          path,
          line,
          message:
            `This is not TOML: ${what} (line ${line}${column}). Texts stand in quotes, lists in brackets, ` +
            'and each key only once.',
        },
      ],
    };
  }
}

interface Context {
  /** The whole document's keys, to say where a misplaced one belongs. */
  readonly fields: Fields;
  readonly report: Report;
}

function checkTable(table: Table, fields: Fields, place: KeyPath, context: Context): Table {
  const checked: Record<string, unknown> = Object.create(null);
  for (const [key, value] of Object.entries(table)) {
    const field = Object.hasOwn(fields, key) ? fields[key] : undefined;
    if (field === undefined) {
      const { message, fix } = unknownKey(key, fields, place, context.fields);
      context.report([...place, key], message, fix);
    } else {
      checked[key] = checkValue(value, field, [...place, key], context);
    }
  }
  for (const [key, field] of Object.entries(fields)) {
    if (field.required !== true || Object.hasOwn(table, key)) continue;
    context.report(
      place,
      `${tableName(place)} lacks \`${key}\`.`,
      `Add ${exampleOf(namesOf([...place, key]), field)}. ${field.description}`,
    );
  }
  return checked;
}

function checkValue(value: unknown, field: Field, place: KeyPath, context: Context): unknown {
  const wrong = (what: string, at = place): undefined => {
    context.report(
      at,
      `\`${nameOf(at)}\` ${what}.`,
      `Write ${exampleOf(namesOf(place), field)}. ${field.description}`,
    );
    return undefined;
  };
  switch (field.type) {
    case 'string': {
      // A date without quotes is one of TOML's own, and means what it says.
      const text = value instanceof TomlDate && field.secret !== true ? value.toISOString() : value;
      if (typeof text !== 'string') return wrong(`is ${typeName(value)}, not a text`);
      const why = whyNotText(text, field);
      return why === null ? text : wrong(why);
    }
    case 'boolean':
      return typeof value === 'boolean' ? value : wrong(`is ${typeName(value)}, not true or false`);
    case 'integer':
    case 'seconds': {
      const number = field.type === 'seconds' && typeof value === 'string' ? parseSeconds(value) : value;
      if (number === null) return wrong('is not a time');
      if (typeof number !== 'number') return wrong(`is ${typeName(value)}, not a number`);
      if (Number.isInteger(number) && number >= field.minimum && number <= field.maximum) return number;
      const unit = field.type === 'seconds' ? ' seconds' : '';
      return wrong(`must be a whole number from ${field.minimum} to ${field.maximum}${unit}`);
    }
    case 'strings':
      if (!Array.isArray(value)) return wrong(`is ${typeName(value)}, not a list of texts`);
      return value.map((item: unknown, index) => {
        if (typeof item !== 'string') return wrong(`is ${typeName(item)}, not a text`, [...place, index]);
        const why = whyNotText(item, field);
        return why === null ? item : wrong(why, [...place, index]);
      });
    case 'table':
      if (isTable(value)) return checkTable(value, field.fields, place, context);
      return wrong(`is ${typeName(value)}, not a table`);
    case 'tables':
      if (!Array.isArray(value)) return wrong(`is ${typeName(value)}, not a list of tables`);
      return value.map((item: unknown, index) => {
        if (isTable(item)) return checkTable(item, field.fields, [...place, index], context);
        return wrong(`is ${typeName(item)}, not a table`, [...place, index]);
      });
    default:
      return field satisfies never;
  }
}

/** Why a text is wrong, as the end of a sentence that begins with the key; null when it is right. */
function whyNotText(
  text: string,
  field: Pick<TextField, 'secret' | 'oneOf' | 'check' | 'pattern'>,
): string | null {
  const shown = field.secret === true ? 'has a value that cannot be used' : `is ${quoted(text)}`;
  if (field.oneOf !== undefined) {
    if (field.oneOf.includes(text)) return null;
    const near = nearest(text, field.oneOf);
    const hint = near === null ? '' : ` (did you mean "${near}"?)`;
    return `${shown}, which is not one of ${field.oneOf.map((choice) => `"${choice}"`).join(', ')}${hint}`;
  }
  const why = field.check?.(text) ?? null;
  if (why !== null) return `${shown}: ${why}`;
  if (field.pattern === undefined || new RegExp(field.pattern, 'u').test(text)) return null;
  return `${shown}, which is not of the form expected`;
}

function unknownKey(
  key: string,
  fields: Fields,
  place: KeyPath,
  all: Fields,
): { readonly message: string; readonly fix: string } {
  const message = `There is no key ${quoted(key)} in ${tableName(place)}.`;
  const known = Object.keys(fields);
  const near = nearest(key, known);
  if (near !== null) return { message, fix: `Did you mean \`${near}\`?` };
  const home = homeOf(key, all);
  if (home !== null) return { message, fix: `\`${key}\` belongs in ${home}.` };
  return { message, fix: `The keys there are ${known.map((name) => `\`${name}\``).join(', ')}.` };
}

/** The table in which a key would be right. */
function homeOf(key: string, all: Fields): string | null {
  if (Object.hasOwn(all, key)) return 'the top of the file, above the first table';
  return tableWith(key, all, []);
}

/** Outer tables come before those in them. */
function tableWith(key: string, fields: Fields, names: readonly string[]): string | null {
  const tables = Object.entries(fields).filter(
    (entry): entry is [string, TableField] => 'fields' in entry[1],
  );
  for (const [name, field] of tables) {
    if (Object.hasOwn(field.fields, key)) return headerOf([...names, name], field);
  }
  for (const [name, field] of tables) {
    const inner = tableWith(key, field.fields, [...names, name]);
    if (inner !== null) return inner;
  }
  return null;
}

/** The right name that a wrong one was probably meant to be. */
function nearest(written: string, right: readonly string[]): string | null {
  if (written.length > 40 || right.length === 0) return null;
  const plain = written.toLowerCase().replaceAll('_', '-');
  const near = closest(plain, right);
  return distance(plain, near) <= Math.max(1, Math.floor(near.length / 3)) ? near : null;
}

function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}
