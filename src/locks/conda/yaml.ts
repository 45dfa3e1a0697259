/** Reading YAML of others: every scalar as its text, every mapping as a `Map`, errors with lines. Pure. */
import { LineCounter, parseDocument, YAMLParseError } from 'yaml';
import { LockSyntaxError } from '../ecosystem.ts';
import { conflictLine } from '../toml.ts';
import { normaliseText } from '../tree.ts';
import { readRegularYaml } from './yaml-lines.ts';

/** Scalars keep the text they are written with, so that the version `1.10` stays what it is. */
export type YamlNode = string | readonly YamlNode[] | YamlMap;
export type YamlMap = ReadonlyMap<string, YamlNode>;

/** Beyond this only the form that tools write is read. Threat: the library takes 100 bytes and more for each character. */
const LONGEST_ODD = 4_000_000;
const MAX_DEPTH = 100;

/**
 * Reads a YAML document: in the regular form that conda-lock writes in milliseconds, any other with the library.
 * @throws {LockSyntaxError} with the line, when it is no YAML or has more than one document.
 */
export function readYaml(path: string, text: string): YamlNode {
  const normal = normaliseText(text);
  return readRegularYaml(normal) ?? readAnyYaml(path, normal);
}

/** As `readYaml`, with the library alone. */
export function readAnyYaml(path: string, text: string): YamlNode {
  const conflict = conflictLine(text);
  if (conflict !== null) {
    throw new LockSyntaxError(path, conflict, 'an unresolved merge conflict is in the file.');
  }
  if (text.length > LONGEST_ODD) {
    throw new LockSyntaxError(path, null, `${text.length} characters of YAML are not read.`);
  }
  const lines = new LineCounter();
  try {
    const document = parseDocument(text, {
      schema: 'failsafe',
      // At `silent`, a second document would be passed over.
      logLevel: 'error',
      prettyErrors: false,
      lineCounter: lines,
    });
    const [error] = document.errors;
    if (error !== undefined) throw error;
    return plain(document.toJS({ mapAsMap: true, maxAliasCount: 100 }), 0);
  } catch (error) {
    const line = error instanceof YAMLParseError ? lines.linePos(error.pos[0]).line : null;
    const why = error instanceof Error ? error.message.split('\n', 1)[0] : '';
    throw new LockSyntaxError(path, line, `not valid YAML: ${why?.slice(0, 200) ?? ''}`, { cause: error });
  }
}

/** Keys that are no text have no meaning to any of our readers. */
function plain(value: unknown, depth: number): YamlNode {
  if (depth > MAX_DEPTH) throw new RangeError('it is nested too deep');
  if (typeof value === 'string') return value;
  if (Array.isArray(value)) return value.map((item) => plain(item, depth + 1));
  if (!(value instanceof Map)) return '';
  const map = new Map<string, YamlNode>();
  for (const [key, item] of value) if (typeof key === 'string') map.set(key, plain(item, depth + 1));
  return map;
}

export function isMap(node: YamlNode | undefined): node is YamlMap {
  return node instanceof Map;
}

/** The mapping at a key; empty when there is none. */
export function mapAt(node: YamlNode | undefined, key: string): YamlMap {
  const at = isMap(node) ? node.get(key) : undefined;
  return isMap(at) ? at : new Map();
}

/** The text at a key; null when there is none, or nothing behind the colon. */
export function textAt(node: YamlNode | undefined, key: string): string | null {
  const at = isMap(node) ? node.get(key) : undefined;
  return typeof at === 'string' && at !== '' && at !== 'null' && at !== '~' ? at : null;
}

/** The items of the list at a key; empty for anything else. */
export function listAt(node: YamlNode | undefined, key: string): readonly YamlNode[] {
  const at = isMap(node) ? node.get(key) : undefined;
  return Array.isArray(at) ? at : [];
}

/** The texts of the list at a key. */
export function textsAt(node: YamlNode | undefined, key: string): readonly string[] {
  return listAt(node, key).filter((item) => typeof item === 'string' && item !== '') as readonly string[];
}
