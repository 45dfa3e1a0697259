/** Options in a requirements file, as pip's own parser (Python's optparse over shlex) reads them. */

export interface WrittenOption {
  /** The long form. */
  readonly name: string;
  readonly value: string | null;
  /** As written, quotes aside: `--no-binary :all:`, `--hash=sha256:…`. */
  readonly written: string;
}

export interface OptionsOfLine {
  readonly options: readonly WrittenOption[];
  /** Words that belong to no option. */
  readonly rest: readonly string[];
}

/** Long form to whether it takes a value. Includes what older pips knew and newer ones refuse. */
const OPTIONS: ReadonlyMap<string, boolean> = new Map([
  ['--index-url', true],
  ['--pypi-url', true],
  ['--extra-index-url', true],
  ['--no-index', false],
  ['--constraint', true],
  ['--requirement', true],
  ['--editable', true],
  ['--find-links', true],
  ['--no-binary', true],
  ['--only-binary', true],
  ['--prefer-binary', false],
  ['--require-hashes', false],
  ['--pre', false],
  ['--all-releases', true],
  ['--only-final', true],
  ['--trusted-host', true],
  ['--use-feature', true],
  ['--hash', true],
  ['--global-option', true],
  ['--install-option', true],
  ['--config-settings', true],
  ['--config-setting', true],
  ['--process-dependency-links', false],
  ['--use-wheel', false],
  ['--no-use-wheel', false],
  ['--allow-all-external', false],
  ['--allow-external', true],
  ['--allow-unverified', true],
  ['--always-unzip', false],
]);

const SHORT: ReadonlyMap<string, string> = new Map([
  ['-i', '--index-url'],
  ['-c', '--constraint'],
  ['-r', '--requirement'],
  ['-e', '--editable'],
  ['-f', '--find-links'],
  ['-C', '--config-settings'],
  ['-Z', '--always-unzip'],
]);

/** Reads the options of one logical line. @returns a string that says why when pip would refuse them. */
export function readOptions(text: string): OptionsOfLine | string {
  const words = splitWords(text);
  if (words === null) return 'a quote is not closed';
  const options: WrittenOption[] = [];
  const rest: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (!word.startsWith('-') || word === '-') {
      rest.push(word);
      continue;
    }
    const read = readName(word);
    if (read === null) return `unknown option ${word}`;
    const { name, inline } = read;
    if (OPTIONS.get(name) !== true) {
      if (inline !== null) return `${name} takes no value`;
      options.push({ name, value: null, written: word });
    } else if (inline !== null) {
      options.push({ name, value: inline, written: word });
    } else {
      at += 1;
      const value = words[at];
      if (value === undefined) return `${name} lacks its value`;
      options.push({ name, value, written: `${word} ${value}` });
    }
  }
  return { options, rest };
}

function readName(word: string): { readonly name: string; readonly inline: string | null } | null {
  if (!word.startsWith('--')) {
    const name = SHORT.get(word.slice(0, 2));
    return name === undefined ? null : { name, inline: word.length > 2 ? word.slice(2) : null };
  }
  const equals = word.indexOf('=');
  const given = equals === -1 ? word : word.slice(0, equals);
  const inline = equals === -1 ? null : word.slice(equals + 1);
  const name = fullName(given);
  return name === null ? null : { name, inline };
}

/** optparse takes any beginning of a long option that fits one only. */
function fullName(given: string): string | null {
  if (given === '--pypi-url') return '--index-url';
  if (given === '--config-setting') return '--config-settings';
  if (OPTIONS.has(given)) return given;
  if (given.length < 4) return null;
  const fitting = [...OPTIONS.keys()].filter((name) => name.startsWith(given));
  const [only] = fitting;
  return fitting.length === 1 && only !== undefined ? only : null;
}

/**
 * Words as a POSIX shell splits them, with quotes.
 * A backslash outside of quotes stays, for the sake of Windows paths.
 * @returns null when a quote is not closed.
 */
function splitWords(text: string): readonly string[] | null {
  const words: string[] = [];
  let word: string | null = null;
  let quote = '';
  for (const char of text) {
    if (quote !== '') {
      if (char === quote) quote = '';
      else word = (word ?? '') + char;
    } else if (char === '"' || char === "'") {
      quote = char;
      word ??= '';
    } else if (/\s/u.test(char)) {
      if (word !== null) words.push(word);
      word = null;
    } else {
      word = (word ?? '') + char;
    }
  }
  if (quote !== '') return null;
  if (word !== null) words.push(word);
  return words;
}
