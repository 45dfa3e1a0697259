/** os-release(5): which distribution an image is of. Pure. */
import type { ImageSystem } from './content.ts';
import { linesOf } from './package-words.ts';

const LONGEST = 200;
const ID = /^[a-z0-9._-]{1,64}$/u;

/** @returns null when there is no `ID`. */
export function parseOsRelease(text: string): ImageSystem | null {
  const values = new Map<string, string>();
  for (const line of linesOf(text)) {
    const match = /^([A-Z_]+)=(.*)$/u.exec(line.trim());
    if (match !== null) values.set(match[1] ?? '', unquote(match[2] ?? ''));
  }
  const id = (values.get('ID') ?? '').toLowerCase();
  if (!ID.test(id)) return null;
  const word = (name: string): string => readable(values.get(name) ?? '');
  return {
    id,
    version: word('VERSION_ID'),
    name: word('PRETTY_NAME') || word('NAME') || id,
    codename: word('VERSION_CODENAME') || word('UBUNTU_CODENAME'),
  };
}

/** Quotes and the escapes that a shell would take away inside double quotes. */
function unquote(value: string): string {
  const text = value.trim();
  const quote = text[0];
  if (text.length < 2 || (quote !== '"' && quote !== "'") || !text.endsWith(quote)) return text;
  const inside = text.slice(1, -1);
  return quote === '"' ? inside.replaceAll(/\\(["$`\\])/gu, '$1') : inside;
}

function readable(text: string): string {
  return text.slice(0, LONGEST).replaceAll(/\p{C}/gu, '').trim();
}
