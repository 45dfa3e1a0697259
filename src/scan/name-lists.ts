/** Names of packages in sentences: how many, and the first of them. Pure. */
import { compareText } from '../images/content.ts';

const NAMED = 5;
const LONGEST = 80;

/** Threat: the name of a package, or of a distribution, that is Markdown or a page long, in a sentence of the report. */
export function plain(text: string): string {
  return text.slice(0, LONGEST).replaceAll(/[^\w.+~ ()/,:-]/gu, '?');
}

function distinct(names: readonly string[]): readonly string[] {
  return [...new Set(names)].sort(compareText);
}

export function isOne(names: readonly string[]): boolean {
  return distinct(names).length === 1;
}

/** Doubles count once: `3 packages`. */
export function counted(names: readonly string[], noun = 'package'): string {
  const { length } = distinct(names);
  return `${length} ${noun}${length === 1 ? '' : 's'}`;
}

/** `a, b, c, d, e and 12 more`, sorted. */
export function few(names: readonly string[]): string {
  const all = distinct(names);
  const rest = all.length - NAMED;
  return `${all.slice(0, NAMED).map(plain).join(', ')}${rest > 0 ? ` and ${rest} more` : ''}`;
}
