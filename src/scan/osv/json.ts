/** Careful access to parsed JSON of unknown shape. */

export type JsonObject = Readonly<Record<string, unknown>>;

/** Something is there and is not what the schema says. */
export const MALFORMED = Symbol('malformed');
export type Malformed = typeof MALFORMED;

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Own properties only. Threat: `__proto__` and `constructor` as keys. */
export function field(value: unknown, key: string): unknown {
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** @returns the text, cut; empty when it is not there or not a text. */
export function textField(value: unknown, key: string, longest: number): string {
  const found = field(value, key);
  return typeof found === 'string' ? found.slice(0, longest) : '';
}

/** @returns the first `most` items; none when it is not there or not a list. */
export function listField(value: unknown, key: string, most: number): readonly unknown[] {
  const found = field(value, key);
  return Array.isArray(found) ? found.slice(0, most) : [];
}

/** As `listField`, where being left out must not pass for being absent: other than a list, or longer than `most`, is malformed. */
export function strictList(value: unknown, key: string, most: number): readonly unknown[] | Malformed {
  const found = field(value, key) ?? [];
  return Array.isArray(found) && found.length <= most ? found : MALFORMED;
}

/** @returns what `read` gives for each item, without nulls; malformed as soon as one is. */
export function readAll<Item>(
  items: readonly unknown[] | Malformed,
  read: (item: unknown) => Item | null | Malformed,
): readonly Item[] | Malformed {
  if (items === MALFORMED) return MALFORMED;
  const all: Item[] = [];
  for (const item of items) {
    const one = read(item);
    if (one === MALFORMED) return MALFORMED;
    if (one !== null) all.push(one);
  }
  return all;
}
