/** The simple commands of a POSIX shell text, without running or expanding anything. Pure; linear. */

export interface ShellWord {
  /** Quotes taken off; `$…` and back quotes stay as written. */
  readonly text: string;
  /** Some of it was quoted: it is one word whatever its variables hold. */
  readonly isQuoted: boolean;
}

export interface ShellCommand {
  /** Without redirections; reserved words and assignments in front stay. */
  readonly words: readonly ShellWord[];
  /** Here-documents on its input. */
  readonly input: readonly string[];
  /** It reads what another command writes. */
  readonly isPiped: boolean;
}

/** Threat: a file of nothing but separators; commands further on are not seen. */
const MOST_COMMANDS = 5000;

interface Draft extends ShellCommand {
  readonly words: ShellWord[];
  readonly input: string[];
}

interface HereDocument {
  readonly name: string;
  readonly stripsTabs: boolean;
  readonly of: Draft;
}

interface Reading {
  readonly script: string;
  at: number;
  word: string | null;
  isQuoted: boolean;
  command: Draft;
  /** The next word is the file of a redirection. */
  isTarget: boolean;
  pending: HereDocument[];
  readonly commands: Draft[];
}

/**
 * Splits a text at newlines, `;`, `&&`, `||`, `|`, `&` and parentheses (POSIX.1-2024, Shell Command Language 2.2 to 2.9).
 * What stands in `$(…)` is part of its word.
 */
export function shellCommands(script: string): readonly ShellCommand[] {
  const reading: Reading = {
    script,
    at: 0,
    word: null,
    isQuoted: false,
    command: emptyCommand(false),
    isTarget: false,
    pending: [],
    commands: [],
  };
  while (reading.at < script.length && reading.commands.length < MOST_COMMANDS) readNext(reading);
  endCommand(reading, false);
  return reading.commands;
}

function emptyCommand(isPiped: boolean): Draft {
  return { words: [], input: [], isPiped };
}

function readNext(reading: Reading): void {
  const { script, at } = reading;
  const character = script[at] ?? '';
  const next = script[at + 1] ?? '';
  reading.at += 1;
  switch (character) {
    case '\\':
      reading.at += 1;
      if (next === '\r' && script[at + 2] === '\n') reading.at += 1;
      else if (next !== '\n') add(reading, next, true);
      return;
    case "'":
      readQuoted(reading, character);
      return;
    case '"':
      readDoubleQuoted(reading);
      return;
    case '`':
      reading.at = endOf(script, '`', at + 1) + 1;
      add(reading, script.slice(at, reading.at), false);
      return;
    case '$':
      reading.at = endOfExpansion(script, at);
      add(reading, script.slice(at, reading.at), false);
      return;
    case '#':
      if (reading.word === null) reading.at = endOf(script, '\n', at);
      else add(reading, character, false);
      return;
    case ' ':
    case '\t':
    case '\r':
      endWord(reading);
      return;
    case '<':
    case '>':
      readRedirection(reading, character);
      return;
    case '\n':
      endCommand(reading, false);
      readHereDocuments(reading);
      return;
    case '&':
      if (next === '>') endWord(reading);
      else endCommand(reading, false);
      return;
    case '|':
      if (next === '|' || next === '&') reading.at += 1;
      endCommand(reading, next !== '|');
      return;
    case ';':
    case '(':
    case ')':
      endCommand(reading, false);
      return;
    default:
      add(reading, character, false);
  }
}

function add(reading: Reading, text: string, isQuoted: boolean): void {
  reading.word = (reading.word ?? '') + text;
  reading.isQuoted ||= isQuoted;
}

function endWord(reading: Reading): void {
  const { word: text, isQuoted, isTarget } = reading;
  if (text === null) return;
  if (!isTarget) reading.command.words.push({ text, isQuoted });
  reading.isTarget = false;
  reading.word = null;
  reading.isQuoted = false;
}

function endCommand(reading: Reading, pipes: boolean): void {
  endWord(reading);
  reading.isTarget = false;
  const { command } = reading;
  if (command.words.length > 0 || reading.pending.some(({ of }) => of === command)) {
    reading.commands.push(command);
  }
  reading.command = emptyCommand(pipes);
}

function readQuoted(reading: Reading, quote: string): void {
  const end = endOf(reading.script, quote, reading.at);
  add(reading, reading.script.slice(reading.at, end), true);
  reading.at = end + 1;
}

function readDoubleQuoted(reading: Reading): void {
  const { script } = reading;
  add(reading, '', true);
  while (reading.at < script.length) {
    const { at } = reading;
    const character = script[at] ?? '';
    const next = script[at + 1] ?? '';
    reading.at += 1;
    if (character === '"') return;
    if (character === '\\' && '"\\$`\n'.includes(next)) {
      reading.at += 1;
      if (next !== '\n') add(reading, next, true);
    } else if (character === '$') {
      reading.at = endOfExpansion(script, at);
      add(reading, script.slice(at, reading.at), true);
    } else add(reading, character, true);
  }
}

/** Behind `$NAME`, `${…}`, `$(…)`; parentheses in quotes are not told apart. */
function endOfExpansion(script: string, dollar: number): number {
  const open = script[dollar + 1];
  if (open !== '(' && open !== '{') return dollar + 1;
  const close = open === '(' ? ')' : '}';
  let depth = 0;
  for (let at = dollar + 1; at < script.length; at += 1) {
    const character = script[at];
    if (character === '\\') at += 1;
    else if (character === open) depth += 1;
    else if (character === close) {
      depth -= 1;
      if (depth === 0) return at + 1;
    }
  }
  return script.length;
}

function readRedirection(reading: Reading, character: string): void {
  const { script } = reading;
  // The digits in front of it are a file descriptor.
  if (reading.word !== null && !reading.isQuoted && /^\d{1,9}$/u.test(reading.word)) reading.word = null;
  endWord(reading);
  const document = character === '<' ? /^<(-?)(?!<)/u.exec(script.slice(reading.at, reading.at + 3)) : null;
  if (document === null) {
    while ('<>&|'.includes(script[reading.at] ?? ' ')) reading.at += 1;
    reading.isTarget = true;
    return;
  }
  reading.at += document[0].length;
  while (script[reading.at] === ' ' || script[reading.at] === '\t') reading.at += 1;
  const start = reading.at;
  while (!/[\s;&|<>()]/u.test(script[reading.at] ?? ' ')) reading.at += 1;
  const name = script.slice(start, reading.at).replaceAll(/["'\\]/gu, '');
  reading.pending.push({ name, stripsTabs: document[1] === '-', of: reading.command });
}

function readHereDocuments(reading: Reading): void {
  const { script } = reading;
  for (const { name, stripsTabs, of } of reading.pending.splice(0)) {
    const lines: string[] = [];
    while (reading.at < script.length) {
      const end = endOf(script, '\n', reading.at);
      const whole = script.slice(reading.at, end).replace(/\r$/u, '');
      const line = stripsTabs ? whole.replace(/^\t+/u, '') : whole;
      reading.at = end + 1;
      if (line === name) break;
      lines.push(line);
    }
    of.input.push(lines.join('\n'));
  }
}

/** Where it stands next, or the end. */
function endOf(script: string, what: string, from: number): number {
  const found = script.indexOf(what, from);
  return found === -1 ? script.length : found;
}
