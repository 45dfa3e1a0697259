/** Reading JSON of others: errors with lines, duplicate keys refused. Pure. */
import { LockSyntaxError } from '../ecosystem.ts';
import { conflictLine, isTable, type Table } from '../toml.ts';
import { normaliseText } from '../tree.ts';

/**
 * Reads a JSON object.
 * @throws {LockSyntaxError} with the line; a merge conflict and a duplicate key are named as such.
 */
export function readJsonObject(path: string, text: string): Table {
  const normal = normaliseText(text);
  let value: unknown;
  try {
    value = JSON.parse(normal);
  } catch (error) {
    const conflict = conflictLine(normal);
    if (conflict !== null) {
      throw new LockSyntaxError(path, conflict, 'an unresolved merge conflict is in the file.', {
        cause: error,
      });
    }
    throw new LockSyntaxError(path, lineOfError(normal, error), 'not valid JSON.', { cause: error });
  }
  if (!isTable(value)) throw new LockSyntaxError(path, 1, 'not a JSON object.');
  const twice = duplicateKey(normal);
  if (twice !== null)
    throw new LockSyntaxError(path, twice.line, `the key ${twice.key.slice(0, 100)} is there twice.`);
  return value;
}

/** V8 names no line for a token that fits nowhere: then the first line that no JSON document can go on with. */
function lineOfError(json: string, error: unknown): number {
  const told = / \(line (\d+) column /u.exec(String(error))?.[1];
  if (told !== undefined) return Number(told);
  const ends = [...json.matchAll(/\n/gu)].map(({ index }) => index);
  let good = 0;
  let bad = ends.length + 1;
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2);
    if (isStartOfJson(json.slice(0, ends[middle - 1]))) good = middle;
    else bad = middle;
  }
  return bad;
}

function isStartOfJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    const position = / at position (\d+)/u.exec(String(error))?.[1];
    return position === undefined ? /Unexpected end/u.test(String(error)) : Number(position) >= text.length;
  }
}

/**
 * The first key that an object has twice, in well-formed JSON. JSON.parse keeps the last one silently, so that a badly
 * merged lock would be read as half of itself.
 */
function duplicateKey(json: string): { readonly key: string; readonly line: number } | null {
  const open: (Set<string> | null)[] = [];
  let isKey = false;
  let line = 1;
  for (let at = 0; at < json.length; at += 1) {
    switch (json.charAt(at)) {
      case '\n':
        line += 1;
        break;
      case '{':
        open.push(new Set());
        isKey = true;
        break;
      case '[':
        open.push(null);
        isKey = false;
        break;
      case '}':
      case ']':
        open.pop();
        isKey = false;
        break;
      case ',':
        isKey = open.at(-1) instanceof Set;
        break;
      case '"': {
        const end = endOfString(json, at);
        if (isKey) {
          const key = json.slice(at, end + 1);
          const keys = open.at(-1);
          if (keys?.has(key) === true) return { key, line };
          keys?.add(key);
          isKey = false;
        }
        at = end;
        break;
      }
      default:
    }
  }
  return null;
}

/** Index of the quote that closes the string opened at `start`. */
function endOfString(json: string, start: number): number {
  let at = start + 1;
  while (at < json.length && json[at] !== '"') at += json[at] === '\\' ? 2 : 1;
  return at;
}
