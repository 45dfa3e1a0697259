/** What programs print as JSON, read without trust: it holds the text of advisories, of packages, of images. Pure. */

/** Of one answer, in UTF-16 code units; Trivy lists every file of every package of an image. */
const MAX_ANSWER_LENGTH = 128 * 1024 * 1024;
/** Rows of one list. */
const MAX_ROWS = 500_000;

/** @returns the value, or why there is none, to go on after `what it wrote`. */
export function readJson(text: string): { readonly value: unknown } | { readonly why: string } {
  if (text.length > MAX_ANSWER_LENGTH) return { why: 'is too large' };
  try {
    return { value: JSON.parse(text) as unknown };
  } catch {
    return { why: 'is no JSON, or was cut short' };
  }
}

/** What lies at a path of keys; undefined where there is none. Threat: `__proto__` and its like are no keys of the answer. */
export function at(value: unknown, ...path: readonly string[]): unknown {
  let found = value;
  for (const key of path) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) return undefined;
    found = (found as Record<string, unknown>)[key];
  }
  return found;
}

/** A text, or empty. */
export function textAt(value: unknown, ...path: readonly string[]): string {
  const found = at(value, ...path);
  return typeof found === 'string' ? found : '';
}

/** A finite number, or null. */
export function numberAt(value: unknown, ...path: readonly string[]): number | null {
  const found = at(value, ...path);
  return typeof found === 'number' && Number.isFinite(found) ? found : null;
}

/**
 * A list; absent and null are an empty one, as Go writes them.
 * @throws {AnswerError} when something else is there, or the list is too long.
 */
export function listAt(value: unknown, ...path: readonly string[]): readonly unknown[] {
  const found = at(value, ...path);
  if (found === undefined || found === null) return [];
  if (!Array.isArray(found)) throw new AnswerError(`has no list under ${path.join('.')}`);
  if (found.length > MAX_ROWS) throw new AnswerError(`has too long a list under ${path.join('.')}`);
  return found as readonly unknown[];
}

/** A text that has to be there. @throws {AnswerError} */
export function needed(value: unknown, ...path: readonly string[]): string {
  const found = textAt(value, ...path);
  if (found === '') throw new AnswerError(`has an entry without ${path.join('.')}`);
  return found;
}

/** The program's answer is not what it should be; caught where it is read. The message goes on after `what it wrote`. */
export class AnswerError extends Error {
  override readonly name = 'AnswerError';
}
