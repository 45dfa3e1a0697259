/** Hashes of manifests, which Poetry and Pipenv take over the JSON that Python writes. Pure. */
import { createHash } from 'node:crypto';
import { isTable } from './toml.ts';

/**
 * SHA-256 of a value as `json.dumps(value, sort_keys=True, separators=(between, colon))` of Python writes it, in hexadecimal.
 * @returns null for what JSON cannot tell as TOML does: dates, and numbers, which may be floats.
 */
export function hashOfJson(value: unknown, between: string, colon: string): string | null {
  const json = pythonJson(value, between, colon);
  return json === null ? null : createHash('sha256').update(json).digest('hex');
}

function pythonJson(value: unknown, between: string, colon: string): string | null {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'string') return pythonText(value);
  if (Array.isArray(value)) {
    const items = value.map((item) => pythonJson(item, between, colon));
    return items.includes(null) ? null : `[${items.join(between)}]`;
  }
  if (!isTable(value)) return null;
  const items = Object.keys(value)
    .sort()
    .map((key) => {
      const item = pythonJson(value[key], between, colon);
      return item === null ? null : `${pythonText(key)}${colon}${item}`;
    });
  return items.includes(null) ? null : `{${items.join(between)}}`;
}

/** ASCII only. */
function pythonText(text: string): string {
  return JSON.stringify(text).replaceAll(/[\u007F-\u{10FFFF}]/gu, (character) =>
    character
      .split('')
      .map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)
      .join(''),
  );
}
