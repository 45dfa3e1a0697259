/** How messages about a configuration file name its keys, tables and values. Pure. */
import type { KeyPath } from './key-lines.ts';
import type { Field, TableField } from './schema.ts';

/** A right line for a key, by its names from the top of the file: `ignore = ["vendor/**"]`. */
export function exampleOf(names: readonly string[], field: Field): string {
  const key = names.at(-1) ?? '';
  switch (field.type) {
    case 'string':
      return `\`${key} = "${field.example}"\``;
    case 'boolean':
      return `\`${key} = true\` or \`${key} = false\``;
    case 'integer':
      return `\`${key} = ${field.minimum}\``;
    case 'seconds':
      return `\`${key} = "${field.example}"\` or a number of seconds`;
    case 'strings':
      return `\`${key} = ["${field.example}"]\``;
    case 'table':
    case 'tables':
      return `${headerOf(names, field)} on a line of its own, and its keys below`;
    default:
      return field satisfies never;
  }
}

/** The line that begins a table. */
export function headerOf(names: readonly string[], field: TableField): string {
  const name = names.join('.');
  return field.type === 'tables' ? `\`[[${name}]]\`` : `\`[${name}]\``;
}

/** A place without the numbers of list items. */
export function namesOf(place: KeyPath): readonly string[] {
  return place.filter((part) => typeof part === 'string');
}

/** `[[lock]]`, or the file. */
export function tableName(place: KeyPath): string {
  if (place.length === 0) return 'the file';
  const name = namesOf(place).join('.');
  return typeof place.at(-1) === 'number' ? `\`[[${name}]]\`` : `\`[${name}]\``;
}

/** `lock.inputs[0]`: a list of tables goes without its number, since the line tells which. */
export function nameOf(place: KeyPath): string {
  return place
    .map((part, at) => {
      if (typeof part === 'number') return at === place.length - 1 ? `[${part}]` : '';
      return at === 0 ? part : `.${part}`;
    })
    .join('');
}

/** `a text`, `a list`. */
export function typeName(value: unknown): string {
  if (Array.isArray(value)) return 'a list';
  if (value instanceof Date) return 'a date or time';
  return TYPE_NAMES.get(typeof value) ?? 'a table';
}

const TYPE_NAMES: ReadonlyMap<string, string> = new Map([
  ['string', 'a text'],
  ['number', 'a number'],
  ['bigint', 'a number'],
  ['boolean', 'true or false'],
]);

/** Foreign text for a message: short, on one line, without control or direction characters. */
export function quoted(text: string): string {
  const short = text.length > 60 ? `${text.slice(0, 59)}…` : text;
  return `"${short.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, '?')}"`;
}
