/** Reading TOML of others: errors with lines, and careful steps into what was read. Pure. */
import { parse, TomlError } from 'smol-toml';
import { LockSyntaxError } from './ecosystem.ts';
import { normaliseText } from './tree.ts';

export type Table = Readonly<Record<string, unknown>>;

/**
 * Reads a TOML file. A BOM and Windows line ends are no fault.
 * @throws {LockSyntaxError} with the line; a merge conflict and a duplicate key are named as such.
 */
export function readToml(path: string, text: string): Table {
  const normal = normaliseText(text);
  try {
    return parse(normal);
  } catch (error) {
    const conflict = conflictLine(normal);
    if (conflict !== null) {
      throw new LockSyntaxError(path, conflict, 'an unresolved merge conflict is in the file.', {
        cause: error,
      });
    }
    if (!(error instanceof TomlError)) throw error;
    const [first = ''] = error.message.split('\n');
    const why = first.replace(/^Invalid TOML document: /u, '');
    throw new LockSyntaxError(path, error.line, `not valid TOML: ${why}.`, { cause: error });
  }
}

/** 1-based line of the first merge conflict marker of git, or null. */
export function conflictLine(text: string): number | null {
  const at = /^(?:<{7}|>{7}) /mu.exec(text);
  return at === null ? null : lineAt(text, at.index);
}

/** 1-based line of the first place of a text, or null. */
export function lineOfText(text: string, wanted: string): number | null {
  const at = wanted === '' ? -1 : text.indexOf(wanted);
  return at === -1 ? null : lineAt(text, at);
}

/** `pyproject.toml:12` for the line that holds `wanted`; the path alone when no line does. */
export function placeOf(path: string, text: string, wanted: string): string {
  const line = lineOfText(text, wanted);
  return line === null ? path : `${path}:${line}`;
}

function lineAt(text: string, index: number): number {
  let line = 1;
  for (let at = text.indexOf('\n'); at !== -1 && at < index; at = text.indexOf('\n', at + 1)) line += 1;
  return line;
}

export function isTable(value: unknown): value is Table {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

/** A value by its own key. Threat: `constructor` and `__proto__` as keys of hostile files. */
export function valueAt(table: Table, key: string): unknown {
  return Object.hasOwn(table, key) ? table[key] : undefined;
}

/** The table at a path of keys; empty when there is none. */
export function tableAt(root: unknown, ...keys: readonly string[]): Table {
  let at = root;
  for (const key of keys) at = isTable(at) ? valueAt(at, key) : undefined;
  return isTable(at) ? at : {};
}

/** Whether there is a table at a path of keys. */
export function hasTable(root: Table, ...keys: readonly string[]): boolean {
  let at: unknown = root;
  for (const key of keys) at = isTable(at) ? valueAt(at, key) : undefined;
  return isTable(at);
}

/** Text at a key, or null. */
export function textAt(table: Table, key: string): string | null {
  const value = valueAt(table, key);
  return typeof value === 'string' ? value : null;
}

/** The items of an array; empty for anything else. */
export function itemsOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
