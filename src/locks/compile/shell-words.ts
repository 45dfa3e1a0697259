/** Splits a command as a POSIX shell would, for reading only: nothing here or later is ever given to a shell. */

export type ShellItem =
  | {
      readonly kind: 'word';
      readonly text: string;
      /** A shell would put something else here: `$NAME`, `$(…)`, a backtick, a glob outside of quotes. */
      readonly expands: boolean;
    }
  /** `&&`, `||`, `|`, `;`, `&`, `>`, `>>`, `<`; a line's end is `;`. */
  | { readonly kind: 'operator'; readonly text: string };

/** What a backslash can escape; before anything else it is taken for a Windows path's separator. */
const ESCAPABLE = /[\s"'\\$`&|;<>()*?[\]#~!{}=%]/u;

/** What makes a `$` before it more than a dollar sign. */
const EXPANSION = /[\w{(@*#?!$-]/u;

/**
 * Splits at white space and operators, with quotes, escapes and line continuations.
 * A backslash before a letter or digit stays: header writers quote by `'…'` and old ones wrote Windows paths bare.
 * @returns null when a quote is not closed.
 */
export function splitShell(text: string): readonly ShellItem[] | null {
  const items: ShellItem[] = [];
  let word: string | null = null;
  let expands = false;
  const endWord = (): void => {
    if (word !== null) items.push({ kind: 'word', text: word, expands });
    word = null;
    expands = false;
  };
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === "'") {
      const end = text.indexOf("'", at + 1);
      if (end === -1) return null;
      word = (word ?? '') + text.slice(at + 1, end);
      at = end;
    } else if (char === '"') {
      const quoted = readDoubleQuoted(text, at + 1);
      if (quoted === null) return null;
      word = (word ?? '') + quoted.text;
      expands ||= quoted.expands;
      at = quoted.end;
    } else if (char === '\\') {
      const next = text.charAt(at + 1);
      if (next === '\n') {
        at += 1;
      } else if (next !== '' && ESCAPABLE.test(next)) {
        word = (word ?? '') + next;
        at += 1;
      } else {
        word = (word ?? '') + char;
      }
    } else if (char === '\n') {
      endWord();
      items.push({ kind: 'operator', text: ';' });
    } else if (/\s/u.test(char)) {
      endWord();
    } else if (/[&|;<>]/u.test(char)) {
      endWord();
      const double = text.charAt(at + 1) === char && char !== ';' && char !== '<';
      items.push({ kind: 'operator', text: double ? char + char : char });
      if (double) at += 1;
    } else {
      if (/[`*?(]/u.test(char) || (char === '$' && EXPANSION.test(text.charAt(at + 1)))) expands = true;
      word = (word ?? '') + char;
    }
  }
  endWord();
  return items;
}

function readDoubleQuoted(
  text: string,
  start: number,
): { readonly text: string; readonly expands: boolean; readonly end: number } | null {
  let value = '';
  let expands = false;
  for (let at = start; at < text.length; at += 1) {
    const char = text.charAt(at);
    if (char === '"') return { text: value, expands, end: at };
    if (char === '\\' && /["\\$`\n]/u.test(text.charAt(at + 1))) {
      at += 1;
      if (text.charAt(at) !== '\n') value += text.charAt(at);
      continue;
    }
    if (char === '`' || (char === '$' && EXPANSION.test(text.charAt(at + 1)))) expands = true;
    value += char;
  }
  return null;
}
