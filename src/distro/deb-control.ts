/** Paragraphs of fields as Debian's control files have them (deb822(5)). Pure. */
import { linesOf } from '../images/package-words.ts';

/** Names in lower case; continuation lines joined by line ends, without their first blank. */
export type ControlFields = ReadonlyMap<string, string>;

export interface ControlOptions {
  /** Lines that start with `#` are left out (configuration files have them, indexes do not). */
  readonly comments: boolean;
  /** Only these fields are kept; null: all. */
  readonly only: ReadonlySet<string> | null;
}

/**
 * The paragraphs of a text, one at a time. A field that comes twice has its last value, as in apt. Lines that are no field
 * and no continuation are passed over.
 */
export function* controlParagraphs(text: string, options: ControlOptions): Generator<ControlFields> {
  let fields = new Map<string, string>();
  let parts: string[] = [];
  let name: string | null = null;
  const close = (): void => {
    if (name !== null) fields.set(name, parts.join('\n').trim());
    name = null;
    parts = [];
  };
  for (const line of linesOf(text)) {
    if (options.comments && line.startsWith('#')) continue;
    if (line.trim() === '') {
      close();
      if (fields.size > 0) yield fields;
      fields = new Map();
      continue;
    }
    if (line.startsWith(' ') || line.startsWith('\t')) {
      if (name !== null) parts.push(line.slice(1));
      continue;
    }
    close();
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const found = line.slice(0, colon).trim().toLowerCase();
    if (options.only !== null && !options.only.has(found)) continue;
    name = found;
    parts = [line.slice(colon + 1).trim()];
  }
  close();
  if (fields.size > 0) yield fields;
}

/** `yes`, `true`, `1`, `with`, `on`, `enable`; null: the text says neither. As apt reads them. */
export function readFlag(text: string | undefined): boolean | null {
  const word = (text ?? '').trim().toLowerCase();
  if (['yes', 'true', '1', 'with', 'on', 'enable'].includes(word)) return true;
  if (['no', 'false', '0', 'without', 'off', 'disable'].includes(word)) return false;
  return null;
}

/** The words of a field: parted by blanks or line ends. */
export function wordsOf(text: string | undefined): readonly string[] {
  return (text ?? '').split(/\s+/u).filter((word) => word !== '');
}
