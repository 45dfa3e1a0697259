/** Package steps of a shell text: which managers it calls, to what end, and with which indexes. Pure. */
import { substitute } from '../images/build-arguments.ts';
import type { PackageCommand, PackageManager } from './dockerfile-outline.ts';
import { shellCommands, type ShellCommand, type ShellWord } from './shell-steps.ts';
import { grammarOf, managerNamed } from './steps-managers.ts';
import { requestsOf } from './steps-packages.ts';

export interface RunSteps {
  readonly commands: readonly PackageCommand[];
  /** Scripts that are run, which nobody has read. */
  readonly calls: readonly string[];
}

/** Managers whose indexes lie in the image before a RUN; changed to what they are behind it. */
export type Indexes = Set<PackageManager>;

/** Threat: shells in shells, each text read again. */
const DEEPEST = 3;
const MOST_STEPS = 500;
const SHOWN = 80;
const LONGEST_VALUE = 4096;
const ASSIGNMENT = /^([A-Za-z_][A-Za-z0-9_]*)(\+?=)(.*)$/su;

const SHELLS = new Set(['sh', 'bash', 'dash', 'ash', 'zsh', 'ksh']);
const RESERVED = new Set(['if', 'then', 'else', 'elif', 'while', 'until', 'do', '!', '{', 'time']);
/** What runs the command behind it; the number says how many words of its own it takes. */
const WRAPPERS: ReadonlyMap<string, number> = new Map([
  ['sudo', 0],
  ['env', 0],
  ['exec', 0],
  ['command', 0],
  ['nohup', 0],
  ['nice', 0],
  ['ionice', 0],
  ['eatmydata', 0],
  ['fakeroot', 0],
  ['timeout', 1],
  ['retry', 0],
]);
/** Scripts that set variables and install nothing. */
const HARMLESS = /(?:^|\/)(?:os-release|activate|profile|\.?bashrc|\.profile|environment|env)$/u;
/** Where programs of packages are. */
const PROGRAM_FOLDER = /^\/(?:usr\/)?(?:local\/)?s?bin\/[^/]+$/u;
const OTHER_INTERPRETER = /^#!(?!.{0,200}\b(?:ba|da|a|z|k)?sh\b)/u;

interface Run {
  readonly variables: Map<string, string>;
  /** Shell variables that the text itself sets. */
  readonly assigned: Set<string>;
  readonly earlier: ReadonlySet<PackageManager>;
  readonly indexes: Indexes;
  readonly fetched: Set<PackageManager>;
  readonly commands: PackageCommand[];
  readonly calls: Set<string>;
}

/**
 * Reads what one RUN does.
 * @param run its shell text, or its words where it has the exec form.
 * @param variables defaults of ARG and ENV before it.
 */
export function readSteps(
  run: string | readonly string[],
  variables: ReadonlyMap<string, string>,
  indexes: Indexes,
): RunSteps {
  const state: Run = {
    variables: new Map(variables),
    assigned: new Set(),
    earlier: new Set(indexes),
    indexes,
    fetched: new Set(),
    commands: [],
    calls: new Set(),
  };
  const list: readonly ShellCommand[] =
    typeof run === 'string'
      ? shellCommands(run)
      : [{ words: run.map((text) => ({ text, isQuoted: true })), input: [], isPiped: false }];
  readCommands(state, list, 0);
  return { commands: state.commands, calls: [...state.calls].slice(0, MOST_STEPS) };
}

function readCommands(state: Run, commands: readonly ShellCommand[], depth: number): void {
  for (const command of commands) {
    if (state.commands.length >= MOST_STEPS) return;
    const words = unwrapped(command.words);
    if (words.length === 0) assign(state, command.words);
    else if (words[0]?.text === 'export') assign(state, words.slice(1));
    readCommand(state, command, expanded(state, words), depth);
  }
}

/** Takes down shell variables; one that is set twice may be either. */
function assign(state: Run, words: readonly ShellWord[]): void {
  for (const { text } of words) {
    const [, name, operator, value = ''] = ASSIGNMENT.exec(text) ?? [];
    if (name === undefined) continue;
    const given = substitute(value, state.variables);
    const isTold = operator === '=' && !state.assigned.has(name) && given.length <= LONGEST_VALUE;
    if (isTold && !/[$`]/u.test(given)) state.variables.set(name, given);
    else state.variables.delete(name);
    state.assigned.add(name);
  }
}

/** `$DNF install`: with the words of the variable in its place. */
function expanded(state: Run, words: readonly ShellWord[]): readonly ShellWord[] {
  const [first, ...rest] = words;
  if (first === undefined || first.isQuoted || !first.text.startsWith('$')) return words;
  const text = substitute(first.text, state.variables);
  if (text === first.text || text.length > LONGEST_VALUE) return words;
  const own = text.split(/\s+/u).filter((word) => word !== '');
  return unwrapped([...own.map((word) => ({ text: word, isQuoted: false })), ...rest]);
}

/** Without reserved words, assignments and programs that only run others. */
function unwrapped(words: readonly ShellWord[]): readonly ShellWord[] {
  let at = 0;
  let isWrapped = false;
  for (; at < words.length; at += 1) {
    const text = words[at]?.text ?? '';
    const own = WRAPPERS.get(text.slice(text.lastIndexOf('/') + 1));
    if (own !== undefined) {
      isWrapped = true;
      while (words[at + 1]?.text.startsWith('-') === true) at += 1;
      at += own;
    } else if (isWrapped && /^\d+$/u.test(text)) continue;
    else if (!RESERVED.has(text) && !ASSIGNMENT.test(text)) break;
  }
  return words.slice(at);
}

function readCommand(state: Run, command: ShellCommand, words: readonly ShellWord[], depth: number): void {
  const [first, ...rest] = words;
  if (first === undefined) {
    // A RUN that is nothing but a here-document runs that.
    for (const text of command.input) {
      if (!OTHER_INTERPRETER.test(text)) readText(state, text, depth);
    }
    return;
  }
  const path = first.text;
  const program = path.slice(path.lastIndexOf('/') + 1);
  const manager = path.includes('/') && !PROGRAM_FOLDER.test(path) ? null : managerNamed(program);
  if (manager !== null) readManager(state, manager, rest);
  else if (SHELLS.has(program)) readShell(state, command, rest, depth);
  else if (program === 'xargs') readXargs(state, rest);
  else if (program === 'unattended-upgrade' || program === 'unattended-upgrades') {
    state.commands.push({
      manager: 'apt',
      action: 'upgrade',
      packages: [],
      hasUnknown: false,
      securityOnly: true,
      indexes: indexesOf(state, 'apt', false),
    });
  } else if (program === 'rm') forgetIndexes(state, rest);
  else if (program === '.' || program === 'source') call(state, rest[0]?.text ?? '');
  else if (isScript(path)) call(state, path);
}

/** A file that is run by its path, and no program of a virtual environment or the like. */
function isScript(path: string): boolean {
  if (/\.(?:sh|bash)$/u.test(path)) return true;
  const folder = path.split('/').at(-2);
  return /^[./~$]/u.test(path) && folder !== undefined && !/^\.?s?bin$/u.test(folder);
}

function call(state: Run, script: string): void {
  const isNone = script === '' || HARMLESS.test(script) || script.startsWith('/usr/lib');
  if (isNone || /[\p{Cc}`=]/u.test(script)) return;
  state.calls.add(script.length > SHOWN ? `${script.slice(0, SHOWN)}…` : script);
}

function readText(state: Run, text: string, depth: number): void {
  if (depth < DEEPEST) readCommands(state, shellCommands(text), depth + 1);
}

/** `sh [-eux] [-o option] -c text`, `sh script`, `sh <<EOT`, and `curl … | sh`. */
function readShell(state: Run, command: ShellCommand, args: readonly ShellWord[], depth: number): void {
  let runs = false;
  for (let at = 0; at < args.length; at += 1) {
    const text = args[at]?.text ?? '';
    if (/^[-+][A-Za-z]+$/u.test(text)) {
      runs ||= text.startsWith('-') && text.includes('c');
      if (text.endsWith('o') || text.endsWith('O')) at += 1;
    } else if (text === '-' || text === '--') break;
    else if (!text.startsWith('--')) {
      if (runs) readText(state, text, depth);
      else call(state, text);
      return;
    }
  }
  for (const text of command.input) readText(state, text, depth);
  if (command.isPiped) call(state, 'what is piped into a shell');
}

/** `xargs -a packages.txt apt-get install -y`. */
function readXargs(state: Run, args: readonly ShellWord[]): void {
  const at = args.findIndex(({ text }) => managerNamed(text) !== null);
  const manager = managerNamed(args[at]?.text ?? '');
  if (manager !== null) readManager(state, manager, [...args.slice(at + 1), { text: '$', isQuoted: true }]);
}

function readManager(state: Run, manager: PackageManager, args: readonly ShellWord[]): void {
  const grammar = grammarOf(manager);
  const options: string[] = [];
  const words: ShellWord[] = [];
  for (let at = 0; at < args.length; at += 1) {
    const word = args[at];
    if (word === undefined || word.text === '--') continue;
    if (!word.text.startsWith('-')) words.push(word);
    else {
      options.push(word.text.split('=', 1)[0] ?? '');
      if (grammar.valued.has(word.text)) at += 1;
    }
  }
  const has = (names: ReadonlySet<string>): boolean => options.some((option) => names.has(option));
  const [verb, ...named] = words;
  const action = grammar.actions.get(verb?.text ?? '');
  if (action === undefined || has(grammar.idle)) return;
  const fetches = grammar.fetches === null || has(grammar.fetches) || action === 'update';
  const { packages, hasUnknown } = requestsOf(manager, named, state.variables);
  state.commands.push({
    manager,
    action: action === 'install' && has(grammar.upgrades) ? 'upgrade' : action,
    packages: action === 'update' ? [] : packages,
    hasUnknown: hasUnknown || (action !== 'install' && has(grammar.narrows)),
    securityOnly: has(grammar.security),
    indexes: indexesOf(state, manager, fetches),
  });
  if (action === 'update') {
    state.fetched.add(manager);
    state.indexes.add(manager);
  }
}

function indexesOf(state: Run, manager: PackageManager, fetches: boolean): PackageCommand['indexes'] {
  if (fetches || state.fetched.has(manager)) return 'same-layer';
  return state.indexes.has(manager) && state.earlier.has(manager) ? 'earlier-layer' : 'none';
}

function forgetIndexes(state: Run, args: readonly ShellWord[]): void {
  if (!args.some(({ text }) => text.startsWith('/var/lib/apt'))) return;
  state.fetched.delete('apt');
  state.indexes.delete('apt');
}
