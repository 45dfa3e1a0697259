/** How text for a terminal is styled, and foreign words in it made harmless. Pure but for styling. */
import { styleText } from 'node:util';
import { visible, withoutUserinfo } from '../report/markdown.ts';

export interface Style {
  readonly bold: (text: string) => string;
  readonly dim: (text: string) => string;
  readonly red: (text: string) => string;
  readonly yellow: (text: string) => string;
  /** Without control sequences and credentials, on one line. */
  readonly safe: (text: string) => string;
}

/** @param styled whether the text goes to a terminal that shows styles. */
export function styleOf(styled: boolean): Style {
  const as =
    (format: 'bold' | 'dim' | 'red' | 'yellow') =>
    (text: string): string =>
      styled ? styleText(format, text, { validateStream: false }) : text;
  return { bold: as('bold'), dim: as('dim'), red: as('red'), yellow: as('yellow'), safe };
}

/** Threat: paths, headers and advisories may hold control sequences and credentials. */
function safe(text: string): string {
  return visible(withoutUserinfo(text)).replaceAll(/[\n\t]/gu, ' ');
}
