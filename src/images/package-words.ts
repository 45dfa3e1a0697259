/** Which texts of a package database are believed. Pure. */

const LONGEST = 256;
const WORD = /^[\x21-\x7e]+$/u;

/**
 * Names and versions as every packaging system writes them: printable ASCII without spaces.
 * Threat: an image is somebody else's file; control characters and novels stay out of reports.
 */
export function isWord(text: string): boolean {
  return text.length <= LONGEST && WORD.test(text);
}

/** What a parser of a package database gives. */
export interface ParsedPackages<T> {
  readonly packages: readonly T[];
  /** Entries that have no usable name or version. */
  readonly odd: number;
}

/** The lines of a text, without their line ends, one at a time: a database can be tens of megabytes. */
export function* linesOf(text: string): Generator<string> {
  let start = 0;
  while (start < text.length) {
    const newline = text.indexOf('\n', start);
    const end = newline === -1 ? text.length : newline;
    yield text.slice(start, text[end - 1] === '\r' && end > start ? end - 1 : end);
    start = end + 1;
  }
}
